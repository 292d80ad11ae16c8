import numpy as np
import pytest
from tests.support.shop import make_panel

from clvlens.models.encoding import fit_encoder
from clvlens.models.partner import INPUTS, BtydPartner, fit_partner


@pytest.fixture(scope="module")
def panel():
    return make_panel(600, label_days=30)


@pytest.fixture(scope="module")
def encoder(panel):
    return fit_encoder(panel.rows("fit"), panel.features)


@pytest.fixture(scope="module")
def partner(panel, encoder):
    return fit_partner(panel.rows("fit"), encoder.columns, "revenue", 30, 60)


@pytest.fixture(scope="module")
def rows(panel, encoder):
    return encoder.encode(panel.rows("test")).to_numpy()


def test_the_total_of_the_labels_is_about_what_came(partner, panel, encoder):
    fit = panel.rows("fit")
    newest = fit[fit["cutoff"] == fit["cutoff"].max()]
    expected = np.exp(partner.log_value(encoder.encode(newest).to_numpy(), 30)).sum()
    assert expected == pytest.approx(newest["target_value"].sum(), rel=0.15)


def test_a_label_window_of_the_horizon_brings_less_than_the_first_one(partner, rows):
    assert (partner.log_value(rows, 60) <= partner.log_value(rows, 30) + 1e-9).all()
    assert partner.value(rows).sum() < np.exp(partner.log_value(rows, 30)).sum()


def test_who_never_bought_is_worth_what_such_customers_brought(partner, panel, encoder, rows):
    fit = panel.rows("fit")
    newest = fit[fit["cutoff"] == fit["cutoff"].max()]
    never = newest["orders__days_since_first"].isna()
    mean = newest.loc[never, "target_value"].mean()
    column = encoder.columns.index("orders__days_since_first")
    assert partner.value(rows)[np.isnan(rows[:, column])] == pytest.approx(mean)


def test_parts_of_the_four_inputs_add_up_and_others_get_nothing(partner, encoder, rows):
    share = partner.share(rows)
    assert share.sum(axis=1) == pytest.approx(partner.log_value(rows))
    told = {encoder.columns[i] for i in np.flatnonzero(np.abs(share[:, :-1]).max(axis=0))}
    assert told == set(INPUTS)
    assert np.ptp(share[:, -1]) == 0


def test_a_copy_from_json_values_says_the_same(partner, rows):
    copy = BtydPartner.from_dict(partner.to_dict())
    assert copy.value(rows).tolist() == partner.value(rows).tolist()


def test_without_an_input_or_repeats_there_is_no_partner(panel, encoder):
    fit = panel.rows("fit")
    columns = [name for name in encoder.columns if name != "orders__repeat_days"]
    assert fit_partner(fit, columns, "revenue", 30, 60) is None
    nobody = fit.assign(orders__repeat_days=0.0)
    assert fit_partner(nobody, encoder.columns, "revenue", 30, 60) is None


def test_labels_of_other_cutoffs_and_later_rows_change_nothing(partner, panel, encoder):
    fit = panel.rows("fit")
    old = fit["cutoff"] < fit["cutoff"].max()
    changed = fit.assign(target_orders=fit["target_orders"].where(~old, 9.0))
    assert fit_partner(changed, encoder.columns, "revenue", 30, 60) == partner
