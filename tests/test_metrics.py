from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from clvlens.bootstrap import Interval, bootstrap_difference, bootstrap_interval
from clvlens.metrics import (
    CHURN_METRICS,
    VALUE_METRICS,
    auc,
    auc_pr,
    brier,
    coverage,
    decile_mape,
    expected_calibration_error,
    log_loss,
    mean_absolute_error,
    mean_width,
    misplaced,
    normalised_gini,
    rmse,
    spearman,
    top_decile_capture,
    top_decile_oracle,
    total_bias,
)

ALL_METRICS = {**VALUE_METRICS, **CHURN_METRICS}
every_metric = pytest.mark.parametrize("name", sorted(ALL_METRICS))

SPEND = [0, 0, 10, 30, 60]
FORECAST = [1, 5, 2, 20, 50]

# Whole numbers from a short range, so that ties are common and every sum is exact.
small_values = arrays(float, st.integers(2, 6), elements=st.integers(0, 4).map(float))
value_pairs = st.integers(10, 40).flatmap(
    lambda n: st.tuples(*[arrays(float, n, elements=st.integers(0, 9).map(float))] * 2)
)


def naive_gini(actual, predicted):
    order = sorted(range(len(actual)), key=lambda i: -predicted[i])
    shares = np.cumsum([actual[i] for i in order]) / sum(actual)
    return 2 * np.mean(shares) - 1


def over_all_tie_breaks(score, actual, predicted):
    """The mean of a metric over every order of rows, hence over every way to break ties."""
    rows = list(permutations(range(len(actual))))
    return np.mean([score([actual[i] for i in r], [predicted[i] for i in r]) for r in rows])


# --- ranking value


def test_gini_of_a_nearly_right_order_is_95_percent_of_the_perfect_one():
    # in the order 50, 20, 5, 2, 1 the shares are .6 .9 .9 1 1, whose mean .88 gives G = .76;
    # the perfect order gives .6 .9 1 1 1, mean .90 and G = .80
    assert naive_gini(SPEND, FORECAST) == pytest.approx(0.76)
    assert normalised_gini(SPEND, FORECAST) == pytest.approx(0.95)


def test_gini_of_a_constant_prediction_is_that_of_a_random_order():
    # mean share (.2 + .4 + .6 + .8 + 1) / 5 = .6 gives G = .2; .2 / .8 = .25
    assert normalised_gini(SPEND, [7] * 5) == pytest.approx(0.25)


@given(small_values, st.data())
def test_gini_averages_over_all_ways_to_break_ties(actual, data):
    predicted = data.draw(arrays(float, len(actual), elements=st.integers(0, 2).map(float)))
    assume(np.ptp(actual) > 0)
    expected = over_all_tie_breaks(naive_gini, actual, predicted) / naive_gini(actual, actual)
    assert normalised_gini(actual, predicted) == pytest.approx(expected)


@given(value_pairs, st.floats(0.01, 100), st.floats(0.01, 100))
def test_gini_does_not_depend_on_the_currency_of_either_side(pair, rate, other_rate):
    actual, predicted = pair
    assert normalised_gini(actual * rate, predicted * other_rate) == pytest.approx(
        normalised_gini(actual, predicted), nan_ok=True
    )


def test_spearman_is_the_correlation_of_average_ranks():
    # spend ranks 1.5 1.5 3 4 5, forecast ranks 1 3 2 4 5: deviations multiply to 8 and square
    # to 9.5 and 10; a constant has no ranks to correlate
    assert spearman(SPEND, FORECAST) == pytest.approx(8 / np.sqrt(9.5 * 10))
    assert np.isnan(spearman(SPEND, [3] * 5))


def test_top_decile_capture_is_the_share_of_the_best_tenth():
    spend = [50] + [10] * 5 + [0] * 14
    assert top_decile_capture(spend, range(20, 0, -1)) == pytest.approx(60 / 100)
    assert top_decile_capture(spend, range(20)) == 0


def test_top_decile_shares_a_tie_at_its_edge():
    # a tenth of ten is one customer, and two are tied for that place: half of 30 + 10
    assert top_decile_capture([30, 10, 60] + [0] * 7, [9, 9] + [1] * 8) == pytest.approx(20 / 100)


def test_top_decile_of_fifteen_customers_counts_one_and_a_half():
    spend = [40, 20] + [0] * 11 + [20, 20]
    assert top_decile_capture(spend, range(15, 0, -1)) == pytest.approx((40 + 10) / 100)


def test_top_decile_oracle_takes_the_largest_spenders():
    spend = [0] * 9 + [30] + [0] * 9 + [50, 20]
    assert top_decile_oracle(spend) == pytest.approx((50 + 30 + 0.1 * 20) / 100)


# --- the size of value


def test_errors_of_three_customers_by_hand():
    actual, predicted = [0, 10, 20], [3, 10, 16]
    assert mean_absolute_error(actual, predicted) == pytest.approx((3 + 0 + 4) / 3)
    assert rmse(actual, predicted) == pytest.approx(np.sqrt((9 + 0 + 16) / 3))
    assert total_bias(actual, predicted) == pytest.approx(29 / 30 - 1)


def test_decile_mape_averages_the_relative_error_of_ten_groups():
    # nine customers are foreseen exactly, the best is promised 150 and brings 100
    actual = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert decile_mape(actual, [*actual[:-1], 150]) == pytest.approx(0.5 / 10)


def test_decile_mape_leaves_out_groups_that_brought_nothing():
    actual = [0, 0, 0, 0, 0, 0, 0, 0, 10, 100]
    predicted = [1, 2, 3, 4, 5, 6, 7, 8, 15, 110]
    assert decile_mape(actual, predicted) == pytest.approx((0.5 + 0.1) / 2)


def test_decile_mape_of_a_constant_prediction_is_the_total_bias():
    actual = np.arange(1, 21)
    assert decile_mape(actual, np.full(20, 21.0)) == pytest.approx(1.0)
    assert total_bias(actual, np.full(20, 21.0)) == pytest.approx(1.0)


# --- churn

CHURNED = [1, 1, 0, 1, 0, 0]
SCORES = [0.9, 0.6, 0.6, 0.4, 0.3, 0.1]


def test_auc_counts_pairs_and_half_of_each_tie():
    # .9 beats all three stayers; .6 beats two and ties one; .4 beats two: 3 + 2.5 + 2 of 9 pairs
    assert auc(CHURNED, SCORES) == pytest.approx(7.5 / 9)


def test_auc_pr_adds_the_precision_where_recall_grows():
    # .9 finds one of one, the tie at .6 one more of three, .4 the third of four
    expected = 1 / 3 * 1 + 1 / 3 * 2 / 3 + 1 / 3 * 3 / 4
    assert auc_pr(CHURNED, SCORES) == pytest.approx(expected)


def test_log_loss_and_brier_of_two_customers_and_of_a_certain_error():
    assert log_loss([1, 0], [0.5, 0.25]) == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)
    assert brier([1, 0], [0.5, 0.25]) == pytest.approx((0.25 + 0.0625) / 2)
    assert log_loss([1], [0]) == pytest.approx(15 * np.log(10))


def test_calibration_error_averages_ten_groups():
    # every group of two holds one churner, and is promised .5 but for one group at .9
    churned, promised = [0, 1] * 10, [0.5] * 18 + [0.9] * 2
    assert expected_calibration_error(churned, promised) == pytest.approx(0.4 / 10)


@given(
    arrays(float, 30, elements=st.sampled_from([0.0, 1.0])),
    arrays(float, 30, elements=st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.8])),
)
def test_churn_metrics_agree_with_scikit_learn(churned, scores):
    assert log_loss(churned, scores) == pytest.approx(
        sklearn_log_loss(churned, scores, labels=[0, 1])
    )
    if 0 < churned.sum() < 30:
        assert auc(churned, scores) == pytest.approx(roc_auc_score(churned, scores))
        assert auc_pr(churned, scores) == pytest.approx(average_precision_score(churned, scores))


# --- intervals


def test_coverage_counts_both_bounds_as_inside_and_width_is_their_mean_distance():
    actual, low, high = [1, 2, 3, 4], [1, 0, 4, 0], [5, 2, 5, 3]
    assert coverage(actual, low, high) == pytest.approx(2 / 4)
    assert mean_width(low, high) == pytest.approx((4 + 2 + 1 + 3) / 4)


# --- what all metrics share


@given(value_pairs, st.randoms(use_true_random=False))
def test_no_metric_depends_on_the_order_of_rows(pair, random):
    rows = list(range(len(pair[0])))
    random.shuffle(rows)
    churn_pair = (pair[0] > 4, pair[1] / 9)
    for table, (actual, predicted) in ((VALUE_METRICS, pair), (CHURN_METRICS, churn_pair)):
        for metric in table.values():
            assert metric.function(actual[rows], predicted[rows]) == pytest.approx(
                metric.function(actual, predicted), nan_ok=True
            )


@every_metric
def test_no_customers_or_a_missing_prediction_give_nan(name):
    metric = ALL_METRICS[name].function
    assert np.isnan(metric([], []))
    assert np.isnan(metric([0, 1] * 10, [np.nan] + [0.5] * 19))


@every_metric
def test_sides_of_different_length_are_refused(name):
    with pytest.raises(ValueError, match="one of each per customer, in the same order"):
        ALL_METRICS[name].function([0, 1], [0.5])


@pytest.mark.parametrize("name", sorted(VALUE_METRICS.keys() - {"mae", "rmse"}))
def test_metrics_relative_to_the_actual_value_are_nan_when_nobody_bought(name):
    assert np.isnan(VALUE_METRICS[name].function([0] * 20, range(20)))


@pytest.mark.parametrize("outcome", [0, 1])
def test_ranking_churn_is_nan_when_only_one_class_is_present(outcome):
    assert np.isnan(auc([outcome] * 4, [0.1, 0.2, 0.3, 0.4]))
    assert np.isnan(auc_pr([outcome] * 4, [0.1, 0.2, 0.3, 0.4]))


@pytest.mark.parametrize("metric", [decile_mape, expected_calibration_error])
def test_nine_customers_do_not_fill_ten_groups(metric):
    assert np.isnan(metric([0, 1, 1] * 3, [0.5] * 9))


@every_metric
def test_a_perfect_prediction_is_never_beaten_in_the_stated_direction(name):
    perfect, poor = [0, 1] * 10, [0.6, 0.4] * 10
    metric, _, higher_is_better = ALL_METRICS[name]
    gain = metric(perfect, perfect) - metric(perfect, poor)
    assert gain == 0 if higher_is_better is None else gain > 0 if higher_is_better else gain < 0


def test_interval_of_a_mean_error_agrees_with_the_normal_formula():
    errors = np.random.default_rng(1).gamma(2, 10, size=400)
    interval = bootstrap_interval(mean_absolute_error, errors, np.zeros(400), draws=2000)
    half = 1.645 * errors.std() / np.sqrt(400)
    assert interval.estimate == pytest.approx(errors.mean())
    assert interval.low == pytest.approx(errors.mean() - half, abs=0.1 * half)
    assert interval.high == pytest.approx(errors.mean() + half, abs=0.1 * half)


def test_rows_of_one_customer_are_drawn_together():
    # 100 customers seen at four cutoffs with the same error: no more is known than from one
    errors = np.random.default_rng(2).gamma(2, 10, size=100)
    ids = [f"customer {i}" for i in range(100)] * 4
    once = bootstrap_interval(mean_absolute_error, errors, np.zeros(100))
    often = np.tile(errors, 4), np.zeros(400)
    together = bootstrap_interval(mean_absolute_error, *often, groups=ids)
    apart = bootstrap_interval(mean_absolute_error, *often)
    assert together.high - together.low == pytest.approx(once.high - once.low, rel=0.15)
    assert apart.high - apart.low == pytest.approx((once.high - once.low) / 2, rel=0.15)


def test_a_rival_that_errs_by_the_same_luck_differs_without_doubt():
    # the rival errs by exactly one more on every customer, however much these vary
    actual = np.random.default_rng(3).gamma(1, 50, size=50)
    interval = bootstrap_difference(mean_absolute_error, actual, actual + 5, actual + 6)
    assert interval == Interval(*[pytest.approx(-1)] * 3)


def test_difference_is_prediction_less_rival():
    difference = bootstrap_difference(normalised_gini, SPEND * 20, FORECAST * 20, [7] * 100)
    assert difference.estimate == pytest.approx(
        normalised_gini(SPEND * 20, FORECAST * 20) - normalised_gini(SPEND * 20, [7] * 100)
    )
    assert difference.low > 0


def test_draws_with_one_class_are_left_out():
    interval = bootstrap_interval(auc, [1, 0, 0, 0], [0.9, 0.5, 0.2, 0.1])
    assert interval == Interval(1, 1, 1)


def test_an_undefined_metric_has_an_undefined_interval():
    interval = bootstrap_interval(auc, [1, 1], [0.4, 0.5])
    assert np.isnan([interval.estimate, interval.low, interval.high]).all()


def test_the_seed_decides_the_draws():
    first, same, other = (bootstrap_interval(rmse, SPEND, FORECAST, seed=s) for s in (1, 1, 2))
    assert first == same
    assert first != other


def test_misplaced_money_is_that_of_the_tenths_which_are_off():
    """Nine tenths bring 0 and are promised 1, the last brings 100 and is promised 91."""
    actual, predicted = [0] * 9 + [100], [1] * 9 + [91]
    assert misplaced(actual, predicted) == pytest.approx((9 + 9) / 100)
    assert total_bias(actual, predicted) == 0
    assert np.isnan(misplaced([0] * 10, [1] * 10))
