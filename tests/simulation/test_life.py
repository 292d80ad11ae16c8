"""What is decided changes what follows, and nothing else."""

from dataclasses import fields, is_dataclass
from itertools import pairwise

import numpy as np
import pytest

from clvlens.simulation.levers import LEVERS, Do
from clvlens.simulation.life import Month
from clvlens.simulation.people import Flags
from clvlens.simulation.settings import MONTH

every_lever = pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)


def happened(month: Month) -> dict[str, np.ndarray]:
    """Return what a month holds beside the state that it starts from, by name."""
    return {
        f"{part.name} {name}": values
        for part in fields(month)
        if part.name != "start"
        for name, values in _arrays(getattr(month, part.name)).items()
    }


def _arrays(part: object) -> dict[str, np.ndarray]:
    if not is_dataclass(part):
        return {"": part}
    return {
        f"{field.name} {name}": values
        for field in fields(part)
        for name, values in _arrays(getattr(part, field.name)).items()
    }


def differs(one: np.ndarray, other: np.ndarray) -> Flags:
    """Return the customers for whom any entry differs; nan equals nan."""
    same = (one == other) | (np.isnan(one * 1.0) & np.isnan(other * 1.0))
    return ~same.reshape(len(same), -1).all(axis=1)


@every_lever
def test_a_moved_lever_changes_nothing_before_its_decision(lives, lever):
    _, usual = lives()
    _, moved = lives(do=Do(lever.name))
    zero = usual[-1].start.arms.zero[lever.name]
    for before, after in zip(usual, moved, strict=True):
        early = ~(zero < before.start.age + MONTH)
        for name, values in happened(before).items():
            assert not (differs(values, happened(after)[name]) & early).any(), name


@every_lever
def test_a_moved_lever_changes_nothing_for_those_who_are_not_eligible(lives, lever):
    _, usual = lives()
    _, moved = lives(do=Do(lever.name))
    untouched = np.isnan(usual[-1].start.arms.zero[lever.name])
    for before, after in zip(usual, moved, strict=True):
        for name, values in happened(before).items():
            assert not (differs(values, happened(after)[name]) & untouched).any(), name


@every_lever
def test_a_moved_lever_leaves_who_is_eligible_and_when(lives, lever):
    _, usual = lives()
    _, moved = lives(do=Do(lever.name))
    zero = usual[-1].start.arms.zero[lever.name]
    assert np.array_equal(zero, moved[-1].start.arms.zero[lever.name], equal_nan=True)


@every_lever
def test_a_moved_lever_moves_no_other_decision_at_its_own_time(lives, lever):
    _, usual = lives()
    _, moved = lives(do=Do(lever.name))
    zero = usual[-1].start.arms.zero
    for other in LEVERS:
        together = zero[other.name] == zero[lever.name]
        if other.name != lever.name:
            one = usual[-1].start.arms.treated[other.name][together]
            assert (one == moved[-1].start.arms.treated[other.name][together]).all(), other.name


def test_everybody_eligible_is_treated_once_a_lever_is_moved(lives):
    _, moved = lives(do=Do("bundle"))
    arms = moved[-1].start.arms
    assert (arms.treated["bundle"] == ~np.isnan(arms.zero["bundle"])).all()
    _, nobody = lives(do=Do("bundle", other=True))
    assert not nobody[-1].start.arms.treated["bundle"].any()


def test_bundles_come_only_with_the_offer_and_make_orders_larger(lives):
    world, usual = lives()
    treated = usual[-1].start.arms.treated["bundle"]
    last = usual[-1].orders
    assert not last.bundle[~treated].any()
    assert last.bundle[treated].mean() == pytest.approx(0.4, abs=0.02)
    _, nobody = lives(do=Do("bundle", other=True))
    held = last.bundle & last.slots.happens & nobody[-1].orders.slots.happens
    ratio = last.amount[held] / nobody[-1].orders.amount[held]
    added = 1 + world.settings.business.bundle_uplift / 0.4
    assert np.median(ratio) == pytest.approx(added, abs=0.001)


def test_a_subscription_that_ended_is_charged_no_more(lives):
    _, usual = lives()
    for month, after in pairwise(usual):
        gone = month.cancels | month.billing.lost | ~month.start.subscribed
        assert not after.billing.due[gone].any()


def test_a_year_is_paid_at_once_and_again_after_a_year(lives):
    world, usual = lives()
    annual = usual[0].start.arms.treated["annual_billing"] & ~world.people.trial
    due = np.array([month.billing.due[annual].sum() for month in usual])
    assert due[0] == annual.sum()
    assert (due[1:12] == 0).all()
    assert 0 < due[12] < due[0]
    assert (due[13:] == 0).all()


def test_carts_are_mailed_in_two_to_three_hours_or_a_day_later_or_never(lives):
    _, usual = lives()
    arms = usual[-1].start.arms
    fast = arms.treated["cart_email"]
    assert 0.3 < fast.mean() < 0.8
    for month in usual:
        hours = 24 * (month.carts.mailed - month.carts.ended)
        own = hours[fast]
        sent = own[~np.isnan(own)]
        assert ((sent >= 2 - 1e-6) & (sent <= 3 + 1e-6)).all()
        rest = hours[~fast]
        assert (rest[~np.isnan(rest)] >= 24 - 1e-6).all()
