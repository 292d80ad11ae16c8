"""The facts that the business was set to, and those that come out by themselves.

Measured on customers that neither the tables nor the calibration saw. Tolerances are three
standard errors or more at these numbers.
"""

from dataclasses import fields

import pytest

from clvlens.simulation import facts
from clvlens.simulation.calibration import FACTS, calibrate
from clvlens.simulation.settings import Business, Settings

SEEN = Settings(seed=21)


def test_four_fifths_of_carts_are_abandoned():
    assert facts.abandoned_carts(SEEN, 10_000) == pytest.approx(0.80, abs=0.01)


def test_two_in_five_return_five_times_after_a_first_online_booking():
    assert facts.returning_bookers(SEEN, 20_000) == pytest.approx(0.42, abs=0.02)


def test_a_quarter_of_bookings_fall_outside_office_hours():
    assert facts.bookings_out_of_hours(SEEN, 10_000) == pytest.approx(0.25, abs=0.01)


def test_bad_onboarding_accounts_for_23_percent_of_churn_in_the_first_year():
    assert facts.churn_from_bad_onboarding(SEEN, 20_000) == pytest.approx(0.23, abs=0.02)


def test_bundles_for_everybody_add_a_tenth_to_the_value_of_the_eligible():
    assert facts.value_from_bundles(SEEN, 20_000) == pytest.approx(0.10, abs=0.01)


def test_a_third_of_subscriptions_end_because_a_charge_failed():
    assert facts.involuntary_churn(SEEN, 10_000) == pytest.approx(1 / 3, abs=0.03)


def test_only_what_no_source_states_is_calibrated():
    assert set(FACTS) <= {field.name for field in fields(Business)}
    assert [fact.stated for fact in FACTS.values()] == [0.80, 0.42, 0.23, 0.10]


@pytest.mark.slow
def test_the_calibration_finds_the_strengths_that_are_set():
    found = calibrate(Settings(seed=2), 60_000, 10)
    for name in FACTS:
        assert getattr(found, name) == pytest.approx(getattr(Business(), name), rel=0.05), name
