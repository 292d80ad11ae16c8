"""Each regime differs from the clean one as it promises, and in nothing else at sign-up."""

import numpy as np
import pytest

from clvlens.simulation.levers import Do, World, chance
from clvlens.simulation.life import begin, live
from clvlens.simulation.noise import Noise
from clvlens.simulation.people import meet
from clvlens.simulation.settings import Settings

ANNUAL = "annual_billing"


def propensity(regime: str) -> tuple[World, np.ndarray]:
    settings, noise = Settings(regime=regime), Noise(seed=11)
    world = World(meet(noise, settings, cohort=True), noise, settings)
    return world, chance(world, ANNUAL, begin(world).seen)


def seen_alike(world: World) -> list[tuple[float, ...]]:
    seen = begin(world).seen
    return list(zip(seen.plan, seen.early_visits, seen.trial, strict=True))


def test_clean_assignment_depends_on_what_the_business_saw_alone():
    world, found = propensity("clean")
    by_seen: dict[tuple[float, ...], set[float]] = {}
    for key, value in zip(seen_alike(world), found, strict=True):
        by_seen.setdefault(key, set()).add(round(value, 12))
    assert len(by_seen) > 10
    assert all(len(values) == 1 for values in by_seen.values())


def test_a_hidden_confounder_decides_among_those_who_look_alike():
    world, found = propensity("hidden")
    keys = seen_alike(world)
    alike = np.array([key == keys[0] for key in keys])
    assert np.corrcoef(world.people.need[alike], found[alike])[0, 1] > 0.7


def test_sharp_rules_leave_few_who_could_have_gone_either_way():
    def undecided(regime: str) -> float:
        _, found = propensity(regime)
        return float(((found > 0.05) & (found < 0.95)).mean())

    assert undecided("clean") > 0.95
    assert undecided("sharp") < 0.35


def test_where_things_drift_later_customers_leave_more_and_pay_more(lives):
    def later_over_earlier(regime: str) -> tuple[float, float]:
        world, months = lives(regime)
        late = world.people.day > np.median(world.people.day)
        monthly = ~months[0].start.arms.treated[ANNUAL]
        share = [
            sum((m.cancels & monthly & which).sum() for m in months)
            / sum((m.start.subscribed & monthly & which).sum() for m in months)
            for which in (late, ~late)
        ]
        paid = [months[0].orders.amount[which].mean() for which in (late, ~late)]
        return share[0] / share[1], paid[0] / paid[1]

    hazard, price = later_over_earlier("drift")
    steady_hazard, steady_price = later_over_earlier("clean")
    assert hazard > 1.15 * steady_hazard
    assert price > 1.03 * steady_price


def test_where_things_drift_assignment_moves_with_the_years():
    world, found = propensity("drift")
    _, steady = propensity("clean")
    late = world.people.day > np.median(world.people.day)
    assert found[late].mean() - found[~late].mean() > 0.05
    assert abs(steady[late].mean() - steady[~late].mean()) < 0.02


def test_heavy_tails_give_few_orders_much_of_the_money(lives):
    def share_of_top_hundredth(regime: str) -> float:
        _, months = lives(regime)
        amounts = np.sort(np.concatenate([m.orders.amount[m.orders.slots.happens] for m in months]))
        return float(amounts[-len(amounts) // 100 :].sum() / amounts.sum())

    assert share_of_top_hundredth("clean") < 0.06
    assert share_of_top_hundredth("heavy") > 0.12


@pytest.mark.parametrize("regime", ["clean", "hidden", "sharp", "drift", "heavy"])
def test_the_null_lever_is_null_in_every_regime(regime):
    settings, noise = Settings(regime=regime), Noise(seed=11, size=500)
    people = meet(noise, settings)
    usual, moved = (
        list(live(World(people, noise, settings, do), 6)) for do in (Do(), Do("newsletter"))
    )
    for one, other in zip(usual, moved, strict=True):
        assert (one.orders.net == other.orders.net).all()
