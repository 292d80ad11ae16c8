"""clvlens predicts what each customer will be worth, who will leave, and why.

Tables go in as frames, files or database tables; frames come out. A simulated business serves here
for your own:

>>> import clvlens
>>> from clvlens.simulation import Settings, draw
>>> tables = draw(Settings(customers=500))
>>> config = clvlens.load_config({
...     "name": "shop",
...     "currency": "USD",
...     "data": {"orders": tables["orders"], "customers": tables["customers"]},
...     "target": {"horizon_days": 90},
...     "cutoffs": {"at_most": 1},
...     "model": {"trees": 10, "candidates": ["tweedie"]},
... })

A panel has one row a customer and cutoff: features from before it, outcomes from then on. A model
learns from the cutoffs before the test, and predicts rows of features:

>>> panel = clvlens.build_panel(config)
>>> model = clvlens.train(panel)
>>> rows = panel.rows("test")
>>> predicted = model.predict(rows)
>>> list(predicted)[:3]
['predicted_value', 'value_low_90', 'value_high_90']
>>> len(predicted) == len(rows)
True

It is judged on the test alone, beside what you would use instead; and what a prediction is made of
is told in money:

>>> evaluation = clvlens.evaluate(model, panel)
>>> list(evaluation.scores)[:4]
['target', 'method', 'metric', 'estimate']
>>> attribution, customers = clvlens.explain(model, panel, customers=50)

Everybody as of now, in the columns of the CSV:

>>> list(clvlens.predict(model, config, reasons=0))[:5]
['customer_id', 'cutoff', 'horizon_days', 'currency', 'predicted_value']

`clvlens.models.store.save_model` keeps a model as files, without a pickle, and `load_model` reads
them; `clvlens.evaluation.grade.grade` says what an evaluation means. Heavy parts are imported when
they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from clvlens.version import __version__

if TYPE_CHECKING:
    from clvlens.config import load_config
    from clvlens.histories.base import History, Lever
    from clvlens.panel.panel import build_panel
    from clvlens.pipeline import evaluate, explain, predict, train

_HOMES = {
    "load_config": "clvlens.config.run",
    "build_panel": "clvlens.panel.panel",
    "train": "clvlens.pipeline",
    "evaluate": "clvlens.pipeline",
    "explain": "clvlens.pipeline",
    "predict": "clvlens.pipeline",
    "History": "clvlens.histories.base",
    "Lever": "clvlens.histories.base",
}

__all__ = [
    "History",
    "Lever",
    "__version__",
    "build_panel",
    "evaluate",
    "explain",
    "load_config",
    "predict",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'clvlens' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
