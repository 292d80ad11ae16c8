from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation.survival import MONTH_DAYS, survival, survival_curves
from clvlens.models.blend import ValueBlend
from clvlens.models.btyd_distributions import ParetoNbd
from clvlens.models.silence import HISTORY

PROCESS = ParetoNbd(r=2.0, alpha=6.0, s=1.0, beta=10.0)
PARTNER = SimpleNamespace(purchases=PROCESS)
SHOP = SimpleNamespace(is_contractual=False, value=ValueBlend({}, {}, PARTNER))


def buyers(*age_days):
    """Customers who ordered once, so many days ago; missing for those who never did."""
    age = np.array(age_days, dtype=float)
    histories = np.column_stack([np.zeros_like(age), np.zeros_like(age), age])
    rows = pd.DataFrame(np.where(np.isnan(age)[:, None], np.nan, histories), columns=list(HISTORY))
    never = np.isnan(age)
    return rows.assign(
        orders__count_ever=np.where(never, 0, 1), orders__days_since_last=age, tenure_days=400.0
    )


def test_whoever_bought_once_is_alive_later_by_bayes():
    """P(alive at T + t | no repeat by T) = P(no order in T, alive at T + t) / P(no repeat by T)."""
    weeks, later = np.array([30.0]), 20.0
    both = (6 / 36) ** 2 * (10 / 60) ** 1
    given = np.exp(PROCESS.log_likelihood(np.zeros(1), np.zeros(1), weeks))
    found = survival(SHOP, buyers(210.0), pd.DataFrame(), later * 7)
    assert found == pytest.approx(both / given)


def test_the_chance_is_halved_when_the_lifetime_that_was_seen_has_doubled():
    rows = buyers(210.0)  # 30 weeks, and beta is 10
    now, later = (survival(SHOP, rows, pd.DataFrame(), days) for days in (0.0, 40 * 7.0))
    assert later == pytest.approx(now / 2)
    weeks = np.array([30.0])
    assert now == pytest.approx(PROCESS.probability_alive(np.zeros(1), np.zeros(1), weeks))


def test_a_contract_ends_at_the_hazard_that_makes_predicted_churn_true():
    model = SimpleNamespace(is_contractual=True, about={"horizon_days": 60})
    said = pd.DataFrame({"churn_probability": [0.36, np.nan]})
    assert survival(model, said, said, 60)[0] == pytest.approx(0.64)
    assert survival(model, said, said, 30)[0] == pytest.approx(0.8)
    assert np.isnan(survival(model, said, said, 30)[1])


def test_curves_begin_now_fall_and_leave_out_who_has_nothing_to_lose():
    curves = survival_curves(SHOP, buyers(30.0, 60.0, 400.0, np.nan), pd.DataFrame())
    assert sorted(set(curves["slice"])) == ["all", "one-time", "silent"]
    whole = curves[curves["slice"] == "all"]
    assert whole["month"].tolist() == list(range(13))
    assert set(whole["customers"]) == {3}
    assert (whole["still_customers"].diff().dropna() < 0).all()
    year = survival(SHOP, buyers(30.0, 60.0, 400.0), pd.DataFrame(), 12 * MONTH_DAYS)
    assert whole["still_customers"].iloc[-1] == pytest.approx(year.mean())


def test_a_model_without_a_purchase_process_has_no_curve():
    alone = SimpleNamespace(is_contractual=False, value=ValueBlend({}, {}))
    assert survival_curves(alone, buyers(30.0), pd.DataFrame()).empty
