import numpy as np
import pandas as pd
import pytest

from clvlens.config.finance import Segments
from clvlens.evaluation.totals import (
    judge_totals,
    predicted_totals,
    seen_misses,
    total_interval,
    totals,
)
from clvlens.models.spread import Spread

STUDENT = {4: 2.131847, 8: 1.859548}  # its 95 % quantiles, from the tables
EXACT = Spread((), (0.0,), False)


def windows(*rows):
    columns = ["cutoff", "group", "predicted", "actual"]
    return pd.DataFrame(rows, columns=columns)


def test_a_total_misses_by_its_level_and_by_what_customers_do_each():
    low, high = total_interval(np.array([60.0, 40.0]), np.array([9.0, 7.0]), 100.0)
    # 10 % of 100 squared, and 9 + 7: 116. The prior is worth four windows.
    half = STUDENT[4] * np.sqrt(116)
    assert (low, high) == pytest.approx((100 - half, 100 + half))


def test_half_of_all_money_may_also_miss_on_its_own():
    low, high = total_interval(np.array([50.0]), np.zeros(1), 100.0)
    # 50² × (0.1² + 0.1² × (1 - 50 / 100)) = 37.5
    assert (high - low) / 2 == pytest.approx(STUDENT[4] * np.sqrt(37.5))


def test_windows_that_were_seen_widen_or_narrow_the_level():
    far, near = (
        total_interval(np.array([100.0]), np.zeros(1), 100.0, misses=misses)
        for misses in ((0.2, -0.2, 0.2, -0.2), (0.0, 0.0, 0.0, 0.0))
    )
    # (4 × 0.1² + 4 × 0.2²) / 8 = 0.025, and (4 × 0.1² + 0) / 8 = 0.005
    assert far[1] == pytest.approx(100 + STUDENT[8] * np.sqrt(250))
    assert near[1] == pytest.approx(100 + STUDENT[8] * np.sqrt(50))


def test_nobody_falls_below_0_unless_there_are_losses():
    rows = np.array([1.0]), np.array([100.0]), 1.0
    assert total_interval(*rows)[0] == 0
    assert total_interval(*rows, has_losses=True)[0] < -20


def test_the_same_spread_matters_less_the_more_customers_there_are():
    spread = Spread((), (4.0,), False)
    everybody = [("all", np.ones(10_000, dtype=bool)), ("a few", np.arange(10_000) < 25)]
    table = totals(everybody, np.ones(10_000), spread, 1.0).set_index("group")
    relative = (table["high_90"] - table["predicted"]) / table["predicted"]
    # √(0.01 + 4 / 10,000) of all, √(0.01 + 0.01 × (1 - 25 / 10,000) + 4 / 25) of a few.
    assert relative["all"] == pytest.approx(STUDENT[4] * np.sqrt(0.0104))
    assert relative["a few"] == pytest.approx(STUDENT[4] * np.sqrt(0.179975))


def test_nine_in_ten_totals_fall_inside_where_levels_miss_as_the_prior_says():
    random = np.random.default_rng(1)
    expected = np.full(100, 10.0)
    low, high = total_interval(expected, np.full(100, 25.0), 1000.0)
    # Student's, not the normal, as the prior is a guess: more than 90 % where it is right.
    levels = 1 + 0.1 * random.normal(size=2000)
    drawn = random.gamma(4.0, 2.5, size=(2000, 100)).sum(axis=1) * levels
    assert np.mean((low <= drawn) & (drawn <= high)) == pytest.approx(0.965, abs=0.015)


def test_fewer_than_20_customers_have_a_sum_but_no_bounds():
    groups = [("few", np.arange(30) < 19), ("enough", np.arange(30) < 20)]
    few, enough = totals(groups, np.ones(30), EXACT, 1.0).to_dict("records")
    assert (few["customers"], few["predicted"]) == (19, 19.0)
    assert np.isnan(few["low_90"])
    assert enough["low_90"] < 20 < enough["high_90"]


def test_totals_are_judged_by_cutoff_slice_and_segment():
    count = 40
    cutoffs = pd.to_datetime(["2024-01-01", "2024-02-01"], utc=True)
    test = pd.DataFrame({
        "cutoff": np.repeat(cutoffs, count),
        "orders__count_ever": np.tile(np.repeat([1, 5], count // 2), 2),
        "orders__days_since_last": 10.0,
        "tenure_days": 400.0,
        "target_value": np.repeat([10.0, 14.0], count),
    })  # fmt: skip
    value = np.tile(np.repeat([9.0, 11.0], count // 2), 2)
    said = pd.DataFrame({"predicted_value": value, "churn_probability": 0.1})
    found = judge_totals(test, said, EXACT, 1.0, Segments(valuable=0.5))
    whole = found[found["group"] == "all"]
    assert whole["predicted"].tolist() == [400.0, 400.0]
    assert whole["actual"].tolist() == [400.0, 560.0]
    assert whole["held"].tolist() == [1.0, 0.0]  # 40 % more is further than 21 %
    grown = found[(found["group"] == "grow") & (found["cutoff"] == cutoffs[0])].iloc[0]
    assert (grown["customers"], grown["predicted"], grown["actual"]) == (20, 220.0, 200.0)
    assert found.loc[found["group"] == "never-buyer", "held"].isna().all()
    assert seen_misses(found, cutoffs[1], days=31) == (0.0,)


def test_a_miss_counts_once_its_horizon_is_over():
    judged = windows(
        ("2024-01-01", "all", 100.0, 90.0),
        ("2024-01-01", "grow", 60.0, 90.0),
        ("2024-02-01", "all", 100.0, 120.0),
    )
    ended = pd.Timestamp("2024-03-02", tz="UTC")
    assert seen_misses(judged, ended, days=30) == pytest.approx((-0.1, 0.2))
    assert seen_misses(judged, ended - pd.Timedelta(hours=1), days=30) == pytest.approx((-0.1,))


def test_predictions_add_up_by_segment():
    table = pd.DataFrame({"predicted_value": [1.0, 2.0] * 20, "segment": ["grow", "let be"] * 20})
    found = predicted_totals(table, EXACT, 1.0, ()).set_index("group")
    assert found["predicted"].to_dict() == {
        "all": 60.0, "protect": 0.0, "grow": 20.0, "win back": 0.0, "let be": 40.0,
    }  # fmt: skip


def test_a_model_that_knows_no_spread_still_adds_up():
    table = pd.DataFrame({"predicted_value": [1.0] * 30, "segment": ["grow"] * 30})
    found = predicted_totals(table, None, 1.0, ())
    assert found["predicted"].iloc[0] == 30
    assert found["low_90"].isna().all()
