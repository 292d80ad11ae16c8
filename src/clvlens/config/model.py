"""The part `model` of the YAML: which methods predict, and how their trees grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from clvlens.histories.strict import Strict

Candidate = Literal["hurdle", "tweedie", "anchored", "ziln", "quantile", "linear", "btyd"]


class Trees(Strict):
    """Settings of one model's trees; those that are left out are the ones all models share."""

    trees: int | None = Field(default=None, gt=0, le=100_000)
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    max_depth: int | None = Field(default=None, gt=0, le=12)
    min_child_weight: float | None = Field(default=None, ge=0)


class TweedieTrees(Trees):
    """And the power of the deviance: towards 1 a sum of counts, towards 2 one of amounts."""

    power: float | None = Field(default=None, gt=1, lt=2)


class Slopes(Strict):
    """Settings of the linear method: the penalty on its slopes, beside the mean loss of a row."""

    penalty: float | None = Field(default=None, gt=0)


class Methods(Strict):
    """What single models have of their own, by name."""

    hurdle: Trees = Trees()
    tweedie: TweedieTrees = TweedieTrees()
    anchored: TweedieTrees = TweedieTrees()
    ziln: Trees = Trees()
    quantile: Trees = Trees()
    linear: Slopes = Slopes()
    churn: Trees = Trees()
    orders: Trees = Trees()
    interval: Trees = Trees()


class ModelConfig(Strict):
    """Settings of the models; defaults are good without tuning.

    `candidates` are the methods that value is weighed from: `anchored` has Tweedie's loss and
    begins at what BTYD expects, `linear` is a line of logarithms, `quantile` is there to be asked
    for. `methods` holds what differs for one of them, or for `churn`, `orders` or `interval`.
    `device: cuda` grows and asks trees on a GPU.
    """

    seed: int = 7
    trees: int = Field(default=300, gt=0, le=100_000)
    learning_rate: float = Field(default=0.03, gt=0, le=1)
    max_depth: int = Field(default=4, gt=0, le=12)
    min_child_weight: float = Field(default=10.0, ge=0)
    device: Literal["cpu", "cuda"] = "cpu"
    intervals: bool = True
    candidates: tuple[Candidate, ...] = Field(
        default=("hurdle", "tweedie", "anchored", "ziln", "linear", "btyd"), min_length=1
    )
    methods: Methods = Methods()

    def shape(self, model: str) -> dict:
        """Return the settings of one model's estimator."""
        own = getattr(self.methods, model)
        kept = {"intervals", "candidates", "methods"}
        shared = self.model_dump(exclude=kept) if isinstance(own, Trees) else {}
        return shared | own.model_dump(exclude_none=True)

    def with_method(self, model: str, settings: Mapping[str, object]) -> ModelConfig:
        """Return a copy in which one model has settings of its own."""
        own = getattr(self.methods, model).model_copy(update=dict(settings))
        methods = self.methods.model_copy(update={model: own})
        return self.model_copy(update={"methods": methods})
