import numpy as np
import pandas as pd
import pytest
from tests.support.shop import HORIZON
from tests.support.shop import make_panel as make_shop

from clvlens.models.baselines import forecast_baselines
from clvlens.models.btyd import fit_btyd

NAN = np.nan
BTYD = {"bg_nbd": "BG/NBD × Gamma-Gamma", "pareto_nbd": "Pareto/NBD × Gamma-Gamma"}

# Anna bought thrice, Ben twice, Cleo yesterday, Dora long ago; Emil never did.
TEST = pd.DataFrame(
    {
        "customer_id": ["Anna", "Ben", "Cleo", "Dora", "Emil"],
        "cutoff": pd.Timestamp("2024-06-01", tz="UTC"),
        "orders__count_60d": [2.0, 1.0, 1.0, 0.0, 0.0],
        "orders__count_ever": [3.0, 2.0, 1.0, 1.0, 0.0],
        "orders__total_revenue_60d": [30.0, 20.0, 5.0, 0.0, 0.0],
        "orders__total_margin_60d": [12.0, 8.0, 2.0, 0.0, 0.0],
        "orders__total_revenue_ever": [60.0, 100.0, 5.0, 8.0, 0.0],
        "orders__total_margin_ever": [24.0, 40.0, 2.0, 3.2, 0.0],
        "orders__days_since_last": [10.0, 20.0, 1.0, 200.0, NAN],
        "orders__days_since_first": [120.0, 50.0, 1.0, 200.0, NAN],
        "orders__first_to_last": [110.0, 30.0, 0.0, 0.0, NAN],
        "orders__repeat_days": [0.0, 0.0, 0.0, 0.0, 0.0],  # so that BTYD cannot be fitted
        "orders__repeat_day_amount": NAN,
    }
)
FIT = pd.DataFrame({"target_value": [0.0, 10.0, 0.0, 30.0], "target_churned": [1.0, 0.0, 1.0, 0.0]})


def forecasts(fit=FIT, test=TEST, value="revenue", horizon_days=60, label_days=60):
    """The forecasts by name; what is left out is not among them."""
    found, _ = forecast_baselines(
        fit, test, value=value, horizon_days=horizon_days, label_days=label_days
    )
    return {forecast.name: forecast for forecast in found}


@pytest.fixture(scope="module")
def shop():
    return make_shop()


# --- what anybody could work out


def test_carry_forward_repeats_the_last_period_of_the_horizons_length():
    carried = forecasts()["carry forward"]
    assert carried.value.tolist() == [30, 20, 5, 0, 0]
    assert forecasts(value="margin")["carry forward"].value.tolist() == [12, 8, 2, 0, 0]


def test_carry_forward_holds_those_with_more_orders_for_less_likely_to_churn():
    carried = forecasts()["carry forward"]
    assert carried.churn.tolist() == [-2, -1, -1, 0, 0]
    assert carried.value_is_money
    assert not carried.churn_is_probability


def test_past_rate_is_value_a_day_since_the_first_order_times_the_horizon():
    rate = forecasts()["past rate × horizon"].value
    assert rate[0] == pytest.approx(60 / 120 * 60)
    assert rate[1] == pytest.approx(100 / 50 * 60)
    assert rate[3] == pytest.approx(8 / 200 * 60)


def test_past_rate_of_a_customer_of_yesterday_is_over_thirty_days():
    assert forecasts()["past rate × horizon"].value[2] == pytest.approx(5 / 30 * 60)


def test_past_rate_of_margin_reads_margin():
    rate = forecasts(value="margin")["past rate × horizon"].value
    assert rate == pytest.approx([12, 48, 4, 0.96, 0])


def test_rfm_score_adds_the_fifths_by_recency_frequency_and_money():
    score = forecasts()["RFM score"]
    # Recency ranks Emil 1, Dora 2, Ben 3, Anna 4, Cleo 5; frequency Cleo and Dora both 2.5, of
    # five, which is in the third fifth; money Emil 1, Cleo 2, Dora 3, Anna 4, Ben 5.
    assert score.value.tolist() == [4 + 5 + 4, 3 + 4 + 5, 5 + 3 + 2, 2 + 3 + 3, 1 + 1 + 1]
    assert score.churn.tolist() == [-13, -12, -10, -8, -3]
    assert not score.value_is_money
    assert not score.churn_is_probability


def test_rfm_fifths_are_those_of_a_cutoff_whatever_the_others_hold():
    richer = TEST.assign(
        cutoff=TEST["cutoff"] + pd.Timedelta(days=60),
        orders__count_ever=TEST["orders__count_ever"] + 9,
    )
    both = pd.concat([TEST, richer], ignore_index=True)
    alone = forecasts()["RFM score"].value.tolist()
    assert forecasts(test=both)["RFM score"].value.tolist() == alone * 2


def test_rfm_fifths_hold_as_many_customers_each():
    ranks = np.arange(1.0, 51.0)
    many = pd.concat([TEST.iloc[[0]]] * 50, ignore_index=True).assign(
        orders__days_since_last=-ranks,
        orders__count_ever=ranks,
        orders__total_revenue_ever=ranks,
    )
    values, sizes = np.unique(forecasts(test=many)["RFM score"].value, return_counts=True)
    assert values.tolist() == [3, 6, 9, 12, 15]
    assert sizes.tolist() == [10] * 5


def test_the_constant_is_the_mean_of_the_fit_rows_for_everybody():
    constant = forecasts()["constant mean"]
    assert constant.value.tolist() == [10] * 5
    assert constant.churn.tolist() == [0.5] * 5


def test_the_constant_is_stretched_from_the_label_window_to_the_horizon():
    constant = forecasts(label_days=20)["constant mean"]
    assert constant.value == pytest.approx([30] * 5)
    # Half bought within 20 days; within three times as long all but 0.5³ do.
    assert constant.churn == pytest.approx([0.125] * 5)


@pytest.mark.parametrize("name", ["carry forward", "past rate × horizon", "RFM score"])
def test_a_shorter_label_changes_no_other_baseline(name):
    plain, stretched = forecasts()[name], forecasts(label_days=20)[name]
    assert stretched.value.tolist() == plain.value.tolist()


def test_never_buyers_are_expected_to_bring_nothing(shop):
    test = shop.rows("test")
    never = (test["orders__count_ever"] == 0).to_numpy()
    assert never.sum() > 20
    found = forecasts(shop.rows("fit"), test)
    for name in ("carry forward", "past rate × horizon", *BTYD.values()):
        assert found[name].value[never].tolist() == [0.0] * never.sum()
    for name in BTYD.values():
        assert found[name].churn[never].tolist() == [1.0] * never.sum()


# --- buy till you die


def by_hand(kind, rows):
    """The forecast of one cutoff, told again: times in weeks, never-buyers without an age."""
    return fit_btyd(
        kind,
        frequency=rows["orders__repeat_days"],
        recency_span=rows["orders__first_to_last"].fillna(0) / 7,
        age=rows["orders__days_since_first"] / 7,
        mean_spend=rows["orders__repeat_day_amount"].fillna(0),
    ).predict(HORIZON / 7)


@pytest.mark.parametrize("kind", BTYD)
def test_buy_till_you_die_is_fitted_at_each_cutoff_on_its_own(kind, shop):
    test = shop.rows("test")
    forecast = forecasts(shop.rows("fit"), test)[BTYD[kind]]
    assert test["cutoff"].nunique() == 2
    for _, rows in test.groupby("cutoff"):
        told = by_hand(kind, rows)
        assert forecast.value[rows.index].tolist() == told.expected_value.tolist()
        assert forecast.churn[rows.index].tolist() == (1 - told.probability_active).tolist()


@pytest.mark.parametrize("kind", BTYD)
def test_who_bought_on_the_day_of_the_cutoff_is_as_old_as_their_last_order(kind, shop):
    # Ages are counted to the hour and spans in days, so that an age may fall short of the span.
    test = shop.rows("test").assign(orders__days_since_last=0.0)
    whole = test.assign(orders__days_since_first=test["orders__first_to_last"])
    hours = test.assign(orders__days_since_first=test["orders__first_to_last"] - 0.6)
    told, expected = (forecasts(test=rows)[BTYD[kind]].value for rows in (hours, whole))
    assert told.tolist() == expected.tolist()


def test_rows_need_not_be_numbered_from_zero(shop):
    test = shop.rows("test")
    moved = test.set_index(test.index + 1000)
    plain, shifted = forecasts(test=test), forecasts(test=moved)
    for name in plain:
        assert shifted[name].value.tolist() == plain[name].value.tolist()


def test_buy_till_you_die_turns_revenue_into_margin_at_the_customers_mean_rate(shop):
    test = shop.rows("test")
    # Four tenths of each euro are margin, so that the mean rate is 0.4 at every cutoff.
    test = test.assign(
        orders__total_margin_60d=0.4 * test["orders__total_revenue_60d"],
        orders__total_margin_ever=0.4 * test["orders__total_revenue_ever"],
    )
    revenue, margin = forecasts(test=test), forecasts(test=test, value="margin")
    for name in BTYD.values():
        assert margin[name].value == pytest.approx(0.4 * revenue[name].value)
        assert margin[name].churn.tolist() == revenue[name].churn.tolist()


def test_a_baseline_that_cannot_be_fitted_is_left_out_with_a_note():
    found, notes = forecast_baselines(FIT, TEST, value="revenue", horizon_days=60, label_days=60)
    assert [f.name for f in found] == [
        "constant mean", "carry forward", "past rate × horizon", "RFM score",
    ]  # fmt: skip
    assert len(notes) == 2
    for name, note in zip(BTYD.values(), notes, strict=True):
        assert note.startswith(f"{name} is left out: ")
        assert "none of 4 customers has a repeat purchase" in note


def test_no_baseline_reads_what_happened_after_the_cutoff(shop):
    test = shop.rows("test")
    shuffled = test.assign(
        **{name: test[name].to_numpy()[::-1] for name in test if name.startswith("target_")}
    )
    before, after = (forecasts(shop.rows("fit"), rows) for rows in (test, shuffled))
    for name in before:
        assert after[name].value.tolist() == before[name].value.tolist()
