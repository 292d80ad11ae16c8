"""Predictions of more customers than features fit into memory: a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens.models.customer import CustomerModel
from clvlens.models.encoding import SMALLEST_SHARE


@dataclass(frozen=True)
class Scored:
    """Predictions, one row each row of `rows`, which holds what was kept of the features.

    `unseen` counts, by category, the customers with a value that training did not tell apart.
    """

    rows: pd.DataFrame
    predicted: pd.DataFrame
    unseen: Counter[str]

    def unlike_training(self, model: CustomerModel) -> Iterator[str]:
        """Say how many customers, and which categories, the model did not learn from."""
        total = len(self.rows)
        newest = max(at for cutoffs in model.about["cutoffs"].values() for at in cutoffs)
        since = (self.rows["cutoff"] - pd.Timestamp(newest)) / pd.Timedelta(days=1)
        count = int(np.sum(self.rows["tenure_days"] <= since))
        if count:
            yield (
                f"{count:,} of {total:,} customers were first known after {newest[:10]}, the "
                "newest cutoff that the model learned from; it takes them for the new ones of then"
            )
        for name, count in self.unseen.items():
            if count > SMALLEST_SHARE * total:
                yield (
                    f"{name}: {count:,} of {total:,} customers have a value that was new or rare "
                    "in training; taken for other"
                )


def score(
    model: CustomerModel,
    batches: Iterable[pd.DataFrame],
    keep: Sequence[str] | None = None,
    predict: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Scored:
    """Predict batches of features, each of which is let go before the next is asked for.

    Of features only those named in `keep` stay; without it, all of them. `predict` stands in for
    the model's own where others have predicted.
    """
    predict = predict or model.predict
    kept, predicted, unseen = [], [], Counter()
    for rows in batches:
        kept.append(rows if keep is None else _apart(rows.loc[:, [n for n in keep if n in rows]]))
        predicted.append(predict(rows))
        unseen.update(_unseen(model, rows))
        del rows
    return Scored(_joined(kept), _joined(predicted), unseen)


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a copy to the last byte: a text of Arrow's, copied, keeps its whole batch alive."""
    texts = rows.select_dtypes("str").columns
    return rows.copy().assign(
        **{name: pd.array(rows[name].to_numpy(object), dtype="str") for name in texts}
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all parts, of which nothing is left: a column at a time, to need less."""
    if len(parts) == 1:
        return parts[0].reset_index(drop=True)
    columns = {
        name: pd.concat([part.pop(name) for part in parts], ignore_index=True)
        for name in list(parts[0])
    }
    return pd.DataFrame(columns, copy=False)


def to_explain(
    rows: pd.DataFrame, predicted: pd.DataFrame, asked: int | Collection[str]
) -> np.ndarray:
    """Return whether the reasons of each row are wanted: of so many highest, or of those named."""
    if not isinstance(asked, int):
        return rows["customer_id"].isin(list(asked)).to_numpy()
    ranked = np.argsort(-predicted["predicted_value"].to_numpy(), kind="stable")
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[ranked[:asked]] = True
    return chosen


def not_among(rows: pd.DataFrame, asked: int | Collection[str]) -> Iterator[str]:
    """Say how many of those whose reasons are wanted are not among the rows."""
    if not isinstance(asked, int):
        missing = len(set(asked) - set(rows["customer_id"]))
        if missing:
            yield (
                f"{missing:,} of {len(set(asked)):,} customers whose reasons were asked for are "
                "not known before the cutoff"
            )


def _unseen(model: CustomerModel, rows: pd.DataFrame) -> dict[str, int]:
    return {
        name: int(np.sum(rows[name].notna() & ~rows[name].isin(known)))
        for name, known in model.encoder.categories.items()
        if name in rows
    }
