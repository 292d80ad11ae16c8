"""Every random number of a block of customers, by name, whatever is done to them.

A number depends on the seed, the block, the name of what it decides and the customer's place in
the block: not on how many customers there are, which other numbers were drawn or what a lever
does. Two runs that differ in one decision therefore share all their luck (common random numbers).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BLOCK = 5_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """The random numbers of the first `size` customers of a block."""

    seed: int
    block: int = 0
    size: int = BLOCK
    _drawn: dict[tuple[str, int], Floats] = field(default_factory=dict, repr=False)

    def uniform(self, name: str, slots: int = 0) -> Floats:
        """Return numbers in [0, 1): one a customer, or a row of `slots` a customer."""
        return self._kept(name, slots, np.random.Generator.random)

    def normal(self, name: str, slots: int = 0) -> Floats:
        """Return standard normal numbers: one a customer, or a row of `slots` a customer."""
        return self._kept(name, slots, np.random.Generator.standard_normal)

    def _kept(self, name: str, slots: int, draw: object) -> Floats:
        key = (name, slots)
        if key not in self._drawn:
            key_of = np.random.SeedSequence([self.seed, self.block, zlib.crc32(name.encode())])
            generator = np.random.Generator(np.random.Philox(key_of))
            shape = (BLOCK, slots) if slots else (BLOCK,)
            self._drawn[key] = draw(generator, shape)[: self.size]
        return self._drawn[key]


def blocks(seed: int, customers: int) -> Iterator[Noise]:
    """Yield the noise of block after block until all customers have theirs."""
    for block, first in enumerate(range(0, customers, BLOCK)):
        yield Noise(seed, block, min(BLOCK, customers - first))
