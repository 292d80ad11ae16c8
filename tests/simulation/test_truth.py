"""What the truth file says, and that it is the truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clvlens.simulation.levers import Do, World
from clvlens.simulation.life import live
from clvlens.simulation.noise import Noise
from clvlens.simulation.people import meet
from clvlens.simulation.settings import Business, Settings
from clvlens.simulation.truth import EFFECTS, MONTHS, churned, effects, measure, value


@pytest.fixture(scope="module")
def own(lives) -> pd.DataFrame:
    """Return each customer's own effects in the clean regime."""
    world, _ = lives()
    return effects(world)


def raw_difference(lives, lever: str) -> tuple[float, float]:
    """Return the mean value of the treated less that of the others, and its standard error."""
    _, months = lives()
    arms = months[-1].start.arms
    zero, treated = arms.zero[lever], arms.treated[lever]
    gained = value(months, zero)
    one, other = (gained[~np.isnan(zero) & which] for which in (treated, ~treated))
    error = np.sqrt(one.var() / len(one) + other.var() / len(other))
    return one.mean() - other.mean(), error


def test_the_newsletter_does_nothing_though_its_readers_are_worth_more(lives, own):
    assert (own["newsletter"] == 0).all()
    difference, error = raw_difference(lives, "newsletter")
    assert difference > 10 * error


def test_the_community_stands_for_what_its_members_need_and_does_nothing_itself(lives, own):
    assert (own["community"] == 0).all()
    assert (own["community_churn"] == 0).all()
    difference, error = raw_difference(lives, "community")
    assert difference > 10 * error


@pytest.mark.parametrize("lever", ["dunning", "special_day"])
def test_a_lever_for_those_at_risk_helps_though_they_are_worth_less(lives, own, lever):
    assert own[lever].mean() > 4 * own[lever].std() / len(own) ** 0.5 > 0
    difference, error = raw_difference(lives, lever)
    assert difference < -5 * error


def test_loyalty_is_nearly_null_though_joiners_are_worth_more(lives, own):
    difference, error = raw_difference(lives, "loyalty")
    assert difference > 5 * error
    assert 0 < own["loyalty"].mean() < 0.02 * difference


def test_annual_billing_selects_itself(lives, own):
    difference, error = raw_difference(lives, "annual_billing")
    assert own["annual_billing"].mean() > 0
    assert difference > 2 * own["annual_billing"].mean() + 5 * error


def test_who_is_not_eligible_has_no_effect(lives, own):
    world, _ = lives()
    assert own["onboarding"].notna().equals(pd.Series(world.people.subscriber))


def test_what_is_held_to_the_end_does_more_than_its_window(own):
    for lever in ("no_card_failure", "first_response"):
        assert own[f"{lever}_sustained"].mean() > own[lever].mean() > 0


def test_who_was_at_the_target_already_gains_nothing(lives, own):
    _, months = lives()
    arms = months[-1].start.arms
    for lever in ("annual_billing", "onboarding", "bundle", "dunning", "cart_email", "special_day"):
        assert (own[lever][arms.treated[lever]] == 0).all(), lever


def test_a_year_paid_at_once_brings_what_can_be_added_up_by_hand():
    # Nobody leaves, no card fails: a month of the basic plan is 20, a year 12 × 20 - 8 % = 220.80.
    never = Business(leaving=0.0, card_failing=0.0)
    settings, noise = Settings(business=never), Noise(seed=3)
    world = World(meet(noise, settings), noise, settings)
    plain = world.people.subscriber & ~world.people.trial & (world.people.plan == 0)
    plain &= world.people.card_expires > MONTHS
    usual, moved = (
        list(live(replace(world, do=do), MONTHS))
        for do in (Do("annual_billing", other=True), Do("annual_billing"))
    )
    from_start = np.where(plain, 0.0, np.nan)
    bills = [
        sum(
            np.where((m.billing.paid >= from_start) & (m.billing.paid < 360), m.billing.amount, 0)
            for m in months
        )[plain]
        for months in (usual, moved)
    ]
    assert bills[0] == pytest.approx(240.0)
    assert bills[1] == pytest.approx(220.8)
    change = value(moved, from_start) - value(usual, from_start)
    assert change[plain] == pytest.approx(-19.2)


def test_value_counts_from_the_decision_and_not_at_the_end_of_the_horizon(lives):
    _, months = lives()
    zero = np.full(len(months[0].billing.due), 90.0)
    whole = value(months, zero, 60)
    halves = value(months, zero, 30) + value(months, zero + 30, 30)
    assert whole == pytest.approx(halves)
    assert (value(months, np.full_like(zero, np.nan)) == 0).all()


def test_who_pays_nothing_in_a_window_has_churned_in_it_and_in_every_part_of_it(lives):
    _, months = lives()
    zero = np.full(len(months[0].billing.due), 90.0)
    halves = churned(months, zero, 30) * churned(months, zero + 30, 30)
    assert churned(months, zero, 60).tolist() == halves.tolist()
    assert 0 < halves.mean() < 1
    assert (value(months, zero, 60)[halves == 1] == 0).all()
    assert churned(months, np.full_like(zero, np.nan)).all()


def test_what_does_nothing_to_value_loses_nobody_and_what_keeps_cards_alive_keeps_customers(own):
    assert (own["newsletter_churn"] == 0).all()
    assert set(own["dunning_churn"].dropna()) <= {-1, 0, 1}
    assert own["dunning_churn"].mean() < 0


def test_averages_are_over_the_eligible_and_over_all():
    wanted = [effect for effect in EFFECTS if effect.name in ("onboarding", "newsletter")]
    found = measure(Settings(), 2_000, wanted).set_index("lever")
    share = found["share_eligible"]
    overall = found["per_eligible_usd"] * share
    assert found["per_customer_usd"].to_numpy() == pytest.approx(overall.to_numpy())
    assert share["newsletter"] == 1
    assert 0.6 < share["onboarding"] < 0.75
    for of in ("per_eligible", "churn_per_eligible"):
        name = "per_eligible_usd" if of == "per_eligible" else of
        assert found.loc["newsletter", [name, f"{of}_se"]].to_list() == [0, 0]


def test_truth_is_measured_on_other_customers_than_those_of_the_tables():
    wanted = EFFECTS[:1]
    few, more = (measure(Settings(seed=seed), 1_000, wanted) for seed in (1, 2))
    assert few["per_eligible_usd"][0] != more["per_eligible_usd"][0]
    again = measure(Settings(seed=1), 1_000, wanted)
    pd.testing.assert_frame_equal(few, again)


@pytest.mark.slow
def test_the_truth_of_400_000_customers_is_known_to_a_fiftieth_where_it_is_not_small():
    found = measure(Settings())
    error = found["per_eligible_se"] / found["per_eligible_usd"].abs().clip(lower=5)
    assert (error < 0.02).all()
    effect = found.set_index(["lever", "policy"])["per_eligible_usd"]
    nothing = ["newsletter", "community"]
    assert (effect[nothing] == 0).all()
    assert (effect.drop(nothing) > 0).all()
