"""A block of customers, and the months they live."""

from collections.abc import Callable

import pytest

from clvlens.simulation.levers import Do, World
from clvlens.simulation.life import Month, live
from clvlens.simulation.noise import Noise
from clvlens.simulation.people import meet
from clvlens.simulation.settings import Settings
from clvlens.simulation.truth import MONTHS

Lives = Callable[..., tuple[World, list[Month]]]


@pytest.fixture(scope="session")
def lives() -> Lives:
    """Return a function that lives the lives of 5,000 customers, each way once."""
    lived: dict[tuple[str, Do], tuple[World, list[Month]]] = {}

    def of(regime: str = "clean", do: Do | None = None) -> tuple[World, list[Month]]:
        key = (regime, do or Do())
        if key not in lived:
            settings, noise = Settings(regime=regime), Noise(seed=11)
            world = World(meet(noise, settings, cohort=True), noise, settings, key[1])
            lived[key] = world, list(live(world, MONTHS))
        return lived[key]

    return of
