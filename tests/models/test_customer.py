import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clvlens.errors import ModelError
from clvlens.models.intervals import ValueInterval
from clvlens.models.season import Season, Swing
from clvlens.models.store import check_manifest, save_model
from clvlens.models.training import train_model


def with_frame(panel, frame):
    return replace(panel, frame=frame.reset_index(drop=True))


def digest(panel, about, folder):
    """The digest of every byte that is saved of a model trained on a panel."""
    return check_manifest(save_model(train_model(panel, about), folder))


# --- what is predicted


def test_predictions_are_those_of_the_parts(model, panel):
    test = panel.rows("test")
    predicted = model.predict(test)
    X = model.encoder.encode(test).to_numpy()
    assert predicted["predicted_value"].tolist() == model.value.predict(X).tolist()
    assert predicted["churn_probability"].tolist() == model.churn.predict_proba(X)[:, 1].tolist()
    assert predicted["expected_orders"].tolist() == model.orders.predict(X).tolist()


def test_predictions_keep_the_rows_index_so_that_they_can_be_joined(model, panel):
    rows = panel.rows("test").iloc[[5, 2]]
    assert model.predict(rows).index.tolist() == [5, 2]


def test_a_longer_horizon_stretches_money_orders_and_the_chance_of_buying(model, panel):
    test = panel.rows("test")
    longer = replace(model, about={**model.about, "horizon_days": 270})
    once, thrice = model.predict(test), longer.predict(test)
    for column in ("predicted_value", "value_low_90", "value_high_90", "expected_orders"):
        assert thrice[column].to_numpy() == pytest.approx(3 * once[column].to_numpy())
    # Who buys within 90 days with probability p does so within 270 with 1 - (1 - p)³.
    buys = 1 - once["churn_probability"]
    assert 1 - thrice["churn_probability"].to_numpy() == pytest.approx(1 - (1 - buys) ** 3)


@pytest.mark.parametrize(("shift", "bound"), [(9, "value_low_90"), (-9, "value_high_90")])
def test_bounds_are_widened_to_hold_the_expected_value(shift, bound, model, panel):
    # Where a few large orders make the mean, it can be above nine values in ten.
    beside = ValueInterval.restored({}, model.interval.boosters_, {"offsets": [shift, shift]})
    predicted = replace(model, interval=beside).predict(panel.rows("test"))
    assert predicted[bound].tolist() == predicted["predicted_value"].tolist()
    assert (predicted["value_low_90"] < predicted["value_high_90"]).all()


def test_bounds_hold_nine_new_values_in_ten(model, panel):
    test = panel.rows("test")
    predicted = model.predict(test)
    inside = test["target_value"].between(predicted["value_low_90"], predicted["value_high_90"])
    # 400 customers calibrated it and 400 judge it: 90 % within three standard errors of both.
    assert inside.mean() == pytest.approx(0.9, abs=3 * np.sqrt(2 * 0.9 * 0.1 / 400))


def test_without_intervals_there_are_no_bounds(make_panel, about):
    panel = make_panel(intervals=False)
    predicted = train_model(panel, about).predict(panel.rows("test"))
    assert [*predicted] == ["predicted_value", "churn_probability", "expected_orders"]


def test_what_is_fitted_is_said_as_it_begins(panel, about):
    said = []
    train_model(panel, about, said.append)
    assert said == ["fit value", "fit churn", "fit orders", "fit intervals"]


# --- what is learned from


def test_test_rows_change_no_byte_of_the_model(panel, about, tmp_path):
    frame, is_test = panel.frame, panel.frame["role"] == "test"
    changed = frame.assign(
        target_value=frame["target_value"].mask(is_test, 1e6),
        target_churned=frame["target_churned"].mask(is_test, 1.0),
        orders__count_90d=frame["orders__count_90d"].mask(is_test, -1.0),
        orders__currency_count=frame["orders__currency_count"].mask(is_test, 2.0),
        customers__channel=frame["customers__channel"].mask(is_test, "letter"),
    )
    more = pd.concat([frame, frame[is_test].assign(customer_id="a-customer-of-test-alone")])
    none = frame[~is_test]
    digests = {
        digest(with_frame(panel, rows), about, tmp_path / str(number))
        for number, rows in enumerate((frame, changed, more, none))
    }
    assert len(digests) == 1


@pytest.mark.parametrize("role", ["fit", "select", "calibrate"])
def test_rows_of_every_other_role_count(role, panel, model, about, tmp_path):
    frame = panel.frame
    targets = ["target_value", "target_orders", "target_churned"]
    rows = frame.index[frame["role"] == role]
    changed = frame.copy()
    changed.loc[rows, targets] = frame.loc[rows[::-1], targets].to_numpy()
    before = check_manifest(save_model(model, tmp_path / "before"))
    assert digest(with_frame(panel, changed), about, tmp_path / "after") != before


@pytest.mark.parametrize("merged", [(), ("select",), ("select", "calibrate")])
def test_rows_in_another_order_change_no_byte_of_the_model(merged, panel, about, tmp_path):
    frame = panel.frame[~panel.frame["role"].isin(merged)]
    shuffled = frame.sample(frac=1, random_state=1)
    assert digest(with_frame(panel, shuffled), about, tmp_path / "after") == digest(
        with_frame(panel, frame), about, tmp_path / "before"
    )


def test_features_are_learned_from_fit_rows_alone(panel, model):
    later = panel.frame["role"] != "fit"
    assert panel.frame.loc[later, "orders__currency_count"].nunique() == 1
    assert model.encoder.numbers == ("orders__count_90d", "orders__days_since_last")
    assert model.encoder.categories == {"customers__channel": ("e-mail", "search", "shop")}


def test_merged_roles_leave_growth_and_calibration_to_cross_fitting(make_panel, about):
    panel = make_panel(roles={"fit": (0, 30), "test": (210,)})
    model = train_model(panel, about)
    test = panel.rows("test")
    predicted = model.predict(test)
    inside = test["target_value"].between(predicted["value_low_90"], predicted["value_high_90"])
    assert inside.mean() == pytest.approx(0.9, abs=3 * np.sqrt(2 * 0.9 * 0.1 / 400))
    assert model.churn.state_["log_loss"].keys() == {"none", "platt", "isotonic", "venn-abers"}


# --- what is refused


def test_too_few_customers_are_refused(make_panel, about):
    with pytest.raises(ModelError, match=r"99 customers are too few .* at least 100"):
        train_model(make_panel(customers=99), about)


@pytest.mark.parametrize(
    ("churned", "message"), [(1.0, "0 of 800 rows bought"), (0.0, "0 of 800 rows left")]
)
def test_a_window_in_which_all_did_the_same_is_refused(churned, message, panel, about):
    frame = panel.frame.assign(target_churned=churned)
    with pytest.raises(ModelError, match=f"only {message} .* change target.horizon_days"):
        train_model(with_frame(panel, frame), about)


def test_a_panel_in_which_no_feature_differs_is_refused(panel, about):
    constant = dict.fromkeys(panel.feature_names, 1.0)
    with pytest.raises(ModelError, match="no feature differs between fit rows"):
        train_model(with_frame(panel, panel.frame.assign(**constant)), about)


# --- the season


@pytest.fixture
def seasonal(model):
    """The model where, a year before 2024, its last ten weeks sold twice what others did."""
    ends = int(pd.Timestamp("2024-01-01", tz="UTC").value // 1000)
    season = Season(ends, (5e3,) * 134 + (1e4,) * 10, (5e3,) * 144)
    return replace(model, about={**model.about, "swing": Swing(season, 0.0, 1.0).to_dict()})


def test_rows_of_a_cutoff_have_its_season_and_rows_of_none_have_none(seasonal, model, panel):
    rows = panel.rows("test").head(5)
    dated = seasonal.predict(rows.assign(cutoff=pd.Timestamp("2024-09-30", tz="UTC")))
    usual = model.predict(rows)
    (factor,) = seasonal.swing([pd.Timestamp("2024-09-30", tz="UTC")])
    assert factor > 1.2
    for name in ("predicted_value", "value_low_90", "value_high_90", "expected_orders"):
        assert dated[name].to_numpy() == pytest.approx(factor * usual[name].to_numpy())
    silent = usual["churn_probability"].to_numpy() ** factor
    assert dated["churn_probability"].to_numpy() == pytest.approx(silent)
    undated = seasonal.predict(rows.drop(columns="cutoff"))
    pd.testing.assert_frame_equal(undated, usual)


def test_a_time_of_the_year_that_is_a_number_is_refused(seasonal):
    with pytest.raises(ModelError, match=r"^cutoff holds numbers such as 1714953600000000; give"):
        seasonal.swing(pd.Series([1_714_953_600_000_000]))


def test_a_season_that_moves_values_is_told_with_its_size(seasonal, model):
    days = [pd.Timestamp("2024-09-30", tz="UTC")]
    (line,) = seasonal.season_told(days)
    assert re.match(r"the season moves values by \+\d\d % from 2024-09-30 on, as the same", line)
    assert list(model.season_told(days)) == []
