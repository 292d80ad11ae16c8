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
from clvlens.evaluation.backtest import MODEL
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
# Any estimator will do that takes rows of features and returns money over the horizon. This one is
# a ridge regression on three features. `save` and `load` write JSON: a pickle could run anything
# when it is opened, and clvlens opens none.

# %%
FEATURES = ("orders__count_ever", "orders__days_since_last", "tenure_days")


@dataclass(frozen=True)
class Ridge:
    """Value as a weighted sum of a few features, on the square-root scale."""

    weights: tuple[float, ...]

    @classmethod
    def fit(cls, rows: pd.DataFrame, penalty: float = 1.0) -> "Ridge":
        """Learn from rows of a panel: features, and `target_value`."""
        X = _design(rows)
        y = np.sqrt(rows["target_value"].clip(lower=0))
        gram = X.T @ X + penalty * np.eye(X.shape[1])
        return cls(tuple(np.linalg.solve(gram, X.T @ y)))

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return money over the horizon, a value a row."""
        return np.maximum(_design(rows) @ np.array(self.weights), 0) ** 2

    def save(self, folder: Path) -> None:
        """Write what a copy needs."""
        (folder / "ridge.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: Path) -> "Ridge":
        """Return a copy of what was saved."""
        return cls(tuple(json.loads((folder / "ridge.json").read_text())["weights"]))


def _design(rows: pd.DataFrame) -> np.ndarray:
    known = rows[list(FEATURES)].fillna(1_000.0).to_numpy()
    return np.column_stack([np.ones(len(rows)), np.log1p(known)])


ridge = Ridge.fit(panel.rows("fit"))
with TemporaryDirectory() as folder:
    ridge.save(Path(folder))
    copy = Ridge.load(Path(folder))
test = panel.rows("test")
assert (copy.predict(test) == ridge.predict(test)).all()

# %% [markdown]
# It learned from the `fit` rows alone, and is judged on the `test` rows like everybody else: on
# the same customers, beside the same baselines, with the same intervals.

# %%
model = clvlens.train(panel)
evaluation = clvlens.evaluate(model, panel, beside={"my ridge": ridge.predict(test)})
value = evaluation.scores[evaluation.scores["target"] == "value"]
wide = value.pivot_table(index="method", columns="metric", values="estimate")
wide[["ngini", "spearman", "mae", "total_bias"]].sort_values("ngini", ascending=False).round(3)

# %%
assert {"my ridge", MODEL} <= set(wide.index)
difference = evaluation.differences.query("method == 'my ridge' and metric == 'ngini'")
difference.round(3)
