# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own history, and your own model
#
# clvlens knows twelve histories. Yours may keep a thirteenth: here, a table of gift cards that
# customers redeemed. It needs no code: a description says what its time column is, what type its
# columns have and which aggregates are wanted. The same lines go into a YAML under
# `data.gift_cards`.

# %%
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import clvlens
from clvlens.errors import ModelError
from clvlens.evaluation.backtest import MODEL
from clvlens.models.store import load_model, save_model
from clvlens.simulation import Settings, draw

tables = draw(Settings(customers=800))
orders = tables["orders"]
rng = np.random.default_rng(1)
some = orders.sample(frac=0.2, random_state=1)
gift_cards = pd.DataFrame({
    "customer_id": some["customer_id"],
    "redeemed_at": some["ordered_at"] + pd.Timedelta(hours=1),
    "worth": rng.choice([10.0, 25.0, 50.0], len(some)),
    "occasion": rng.choice(["birthday", "holiday"], len(some)),
})  # fmt: skip

# %%
config = clvlens.load_config({
    "name": "shop",
    "currency": "USD",
    "data": {
        "orders": orders,
        "customers": tables["customers"],
        "gift_cards": {
            "frame": gift_cards,
            "custom": {
                "noun": "gift cards",
                "time": "redeemed_at",
                "columns": {"worth": "money", "occasion": "category"},
                "aggregates": [
                    {"verb": "count", "windows": [90, "ever"]},
                    {"verb": "total", "of": "worth", "windows": ["ever"]},
                    {"verb": "since_last", "where": {"occasion": "birthday"}, "name": "birthday"},
                ],
            },
        },
    },
    "target": {"horizon_days": 90},
    "cutoffs": {"at_most": 2},
    "model": {"trees": 60},
})  # fmt: skip
panel = clvlens.build_panel(config)
[feature.name for feature in panel.features if feature.history == "gift_cards"]

# %% [markdown]
# A history that others could use too is a file of its own under `src/clvlens/histories/`: see
# `bookings.py`, and the contract that `tests/histories/test_contract.py` holds it to.

# %% [markdown]
# ## A model of your own
#
# Any estimator will do that learns from rows of features and says money. This one is a ridge
# regression on three features. `save` and `load` write JSON: a pickle could run anything when it is
# opened, and clvlens opens none.

# %%
FEATURES = ["orders__count_ever", "orders__days_since_last", "tenure_days"]


@dataclass
class Ridge:
    """Value as a weighted sum of a few features, on the square-root scale."""

    penalty: float = 1.0
    weights: tuple[float, ...] = ()

    def fit(self, rows: pd.DataFrame, money: np.ndarray) -> None:
        """Learn from features and what they brought."""
        X, y = _design(rows), np.sqrt(np.maximum(money, 0))
        gram = X.T @ X + self.penalty * np.eye(X.shape[1])
        self.weights = tuple(np.linalg.solve(gram, X.T @ y))

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return expected money, a value a row."""
        return np.maximum(_design(rows) @ np.array(self.weights), 0) ** 2

    def save(self, folder: Path) -> None:
        """Write what a copy needs."""
        (folder / "ridge.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: Path) -> "Ridge":
        """Return a copy of what was saved."""
        return cls(**json.loads((folder / "ridge.json").read_text()))


def _design(rows: pd.DataFrame) -> np.ndarray:
    known = rows[FEATURES].fillna(1_000.0).to_numpy()
    return np.column_stack([np.ones(len(rows)), np.log1p(known)])


# %% [markdown]
# `train` puts it in the place of clvlens' own methods of value; churn, orders and intervals are
# fitted as ever. It is judged like any model: on later customers, beside the same baselines, and
# here beside clvlens' own too.

# %%
ridge = clvlens.train(panel, model=Ridge())
test = panel.rows("test")
ours = clvlens.train(panel).predict(test)["predicted_value"]
evaluation = clvlens.evaluate(ridge, panel, beside={"clvlens' own methods": ours})
value = evaluation.scores[evaluation.scores["target"] == "value"]
wide = value.pivot_table(index="method", columns="metric", values="estimate").rename(
    {MODEL: "ridge"}
)
wide[["ngini", "spearman", "mae", "total_bias"]].sort_values("ngini", ascending=False).round(3)

# %% [markdown]
# It is kept with the others, behind the same manifest of digests. Who loads it must hand the class
# in: a folder of a model says what it needs, and nothing is imported because it says so. What the
# ridge's predictions are made of is for the ridge to tell: there are no reasons.

# %%
with TemporaryDirectory() as folder:
    kept = save_model(ridge, Path(folder) / "model")
    try:
        load_model(kept)
    except ModelError as error:
        print(str(error).removeprefix(f"{kept}: "))
    copy = load_model(kept, own=Ridge)
assert copy.predict(test).equals(ridge.predict(test))
clvlens.predict(copy, config).head()
