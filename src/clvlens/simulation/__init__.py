"""A business whose true lever effects are known, because its lives can be lived again.

`write` makes the tables, `draw` those of a few in memory; `measure` says what moving each lever
truly changes. Only tests and the evaluation of levers may read that truth.
"""

from clvlens.simulation.settings import Business, Settings
from clvlens.simulation.truth import measure
from clvlens.simulation.writing import draw, write

__all__ = ["Business", "Settings", "draw", "measure", "write"]
