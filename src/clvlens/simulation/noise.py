"""Every random number of a block of customers, by name, whatever is done to them.

A number depends on the seed, the block, the name of what it decides and the customer's place in
the block: not on how many customers there are, which other numbers were drawn or what a lever
does. Two runs that differ in one decision therefore share all their luck (common random numbers).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BLOCK = 5_000

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]


@dataclass(frozen=True)
class Noise:
    """The random numbers of the first `size` customers of a block."""

    seed: int
    block: int = 0
    size: int = BLOCK
    _drawn: dict[str, Floats] = field(default_factory=dict, repr=False)

    def uniform(self, name: str, slots: int = 0) -> Floats:
        """Return numbers in [0, 1): one a customer, or a row of `slots` a customer."""
        return self._once(name, slots, lambda generator, shape: generator.random(shape))

    def normal(self, name: str, slots: int = 0) -> Floats:
        """Return standard normal numbers: one a customer, or a row of `slots` a customer."""
        return self._once(name, slots, lambda generator, shape: generator.standard_normal(shape))

    def _once(self, name: str, slots: int, draw: Draw) -> Floats:
        """Return the numbers of a name, drawn for the whole block so that its size is no matter."""
        if name not in self._drawn:
            key = np.random.SeedSequence([self.seed, self.block, zlib.crc32(name.encode())])
            generator = np.random.Generator(np.random.SFC64(key))
            drawn = draw(generator, (BLOCK, slots) if slots else (BLOCK,))
            self._drawn[name] = drawn[: self.size]
        return self._drawn[name]


def blocks(seed: int, customers: int) -> Iterator[Noise]:
    """Yield the noise of block after block until all customers have theirs."""
    for block, first in enumerate(range(0, customers, BLOCK)):
        yield Noise(seed, block, min(BLOCK, customers - first))
