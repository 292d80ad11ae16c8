import numpy as np
import pandas as pd
import pytest

from clvlens.config import Config
from clvlens.errors import ConfigError
from clvlens.evaluation.lifetime import assumption, lifetime_values, unknown_costs


def configure(days: int = 365, **clv) -> Config:
    return Config(
        name="shop",
        currency="EUR",
        data={"orders": {"path": "orders.csv"}},
        target={"horizon_days": days},
        clv=clv,
    )


@pytest.fixture
def rows():
    return pd.DataFrame({"customer_id": ["a", "b"]})


@pytest.fixture
def predicted():
    return pd.DataFrame(
        {
            "predicted_value": [1200.0, 100.0],
            "value_low_90": [600.0, 0.0],
            "value_high_90": [2400.0, 300.0],
            "churn_probability": [0.5, 1.0],
        }
    )


def test_without_continuation_clv_is_the_horizon_discounted_by_the_month(rows, predicted):
    config = configure(annual_discount_rate=0.21, continuation_years=0)
    by_hand = sum(100 / 1.21 ** ((month + 0.5) / 12) for month in range(12))
    assert lifetime_values(config, rows, predicted)["clv"][0] == pytest.approx(by_hand)


def test_two_more_years_bring_a_half_and_a_quarter_of_those_who_stay_with_even_odds(
    rows, predicted
):
    config = configure(annual_discount_rate=0, continuation_years=2)
    assert lifetime_values(config, rows, predicted)["clv"].tolist() == [1200 * 1.75, 100]


def test_bounds_are_carried_through(rows, predicted):
    config = configure(annual_discount_rate=0, continuation_years=1)
    found = lifetime_values(config, rows, predicted)
    assert found.iloc[0].tolist() == [1800, 900, 3600]
    assert found.iloc[1].tolist() == [100, 0, 300]


def test_without_intervals_there_are_no_bounds(rows, predicted):
    found = lifetime_values(configure(), rows, predicted.drop(columns="value_low_90"))
    assert list(found) == ["clv", "clv_high_90"]


def test_clv_is_less_by_what_the_customer_cost_to_win(rows, predicted):
    rows["customers__acquisition_cost"] = [30.0, np.nan]
    config = configure(annual_discount_rate=0, continuation_years=0, subtract_acquisition_cost=True)
    found = lifetime_values(config, rows, predicted)
    assert found["clv"].tolist() == [1170, 100]
    assert found["clv_low_90"].tolist() == [570, 0]


def test_an_acquisition_cost_that_is_not_there_is_not_taken_for_none(rows, predicted):
    with pytest.raises(ConfigError, match=r"needs data\.customers with a column acquisition_cost"):
        lifetime_values(configure(subtract_acquisition_cost=True), rows, predicted)


def test_who_has_no_contract_to_end_stays_as_likely_as_they_order(rows, predicted):
    predicted = predicted.assign(churn_probability=[0.5, np.nan], expected_orders=[9, np.log(4)])
    config = configure(annual_discount_rate=0, continuation_years=1)
    assert lifetime_values(config, rows, predicted)["clv"].tolist() == pytest.approx([1800, 175])


def test_the_assumption_is_said():
    assert assumption(configure(90)) == (
        "value over 90 days, discounted at 10% a year; after them, for 3 years, each 90 days bring "
        "it again × the customer's chance not to churn, taken to stay as it is"
    )
    short = configure(continuation_years=0, subtract_acquisition_cost=True)
    assert assumption(short).endswith("at 10% a year; less the acquisition cost")


def test_costs_that_nobody_recorded_are_told(rows):
    known = rows.assign(customers__acquisition_cost=[10.0, *[np.nan] * (len(rows) - 1)])
    (told,) = unknown_costs(configure(subtract_acquisition_cost=True), known)
    assert told.startswith(
        f"clv: {len(rows) - 1} of {len(rows)} customers have no acquisition cost"
    )
    assert list(unknown_costs(configure(), known)) == []
