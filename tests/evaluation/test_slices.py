import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation import slices as module
from clvlens.evaluation.slices import leads, slices
from clvlens.models.baselines import Forecast

# Anna never bought, Ben once yesterday, Cleo once long ago, Dora often, Emil often and long ago.
ROWS = pd.DataFrame(
    {
        "orders__count_ever": [0.0, 1.0, 1.0, 7.0, 2.0],
        "orders__days_since_last": [np.nan, 1.0, 181.0, 180.0, 400.0],
        "tenure_days": [90.0, 1.0, 200.0, 91.0, np.nan],
    }
)


def members(rows=ROWS):
    return {name: np.flatnonzero(inside).tolist() for name, inside in slices(rows)}


def test_customers_are_sliced_by_what_was_known_at_the_cutoff():
    assert members() == {
        "all": [0, 1, 2, 3, 4],
        "never-buyer": [0],
        "one-time": [1, 2],
        "repeat": [3, 4],
        "new": [0, 1],  # known for at most 90 days; nobody knows since when Emil is
        "silent": [2, 4],  # bought, but not in the last 180 days
    }


def test_never_one_time_and_repeat_buyers_share_everybody_out():
    found = members()
    assert sorted(found["never-buyer"] + found["one-time"] + found["repeat"]) == found["all"]


def test_a_business_without_customers_has_every_slice_empty():
    assert all(inside == [] for inside in members(ROWS.iloc[:0]).values())


def forecast(name, *value):
    return Forecast(name, np.array(value, dtype=float) if value else np.zeros(5))


def test_a_slice_is_compared_with_the_baseline_that_ranks_it_best(monkeypatch):
    """Among the buyers once, 'short memory' is right and 'long memory' the wrong way round."""
    monkeypatch.setattr(module, "FEWEST", 2)
    test = ROWS.assign(customer_id=list("abcde"), target_value=[0.0, 10.0, 0.0, 30.0, 60.0])
    own = forecast("clvlens", 0, 10, 0, 60, 40)
    rivals = [forecast("long memory", 0, 1, 2, 3, 4), forecast("short memory", 9, 2, 1, 0, 0)]
    found = leads(own, rivals, test, draws=20).set_index("slice")
    assert found["best_baseline"].fillna("–").to_dict() == {
        "all": "long memory",
        "never-buyer": "–",  # one customer is too few
        "one-time": "short memory",
        "repeat": "long memory",
        "new": "long memory",
        "silent": "long memory",
    }
    once, repeat = found.loc["one-time"], found.loc["repeat"]
    assert (once["ngini"], once["ngini_baseline"], once["gain"]) == (1, 1, 0)
    assert (repeat["ngini"], repeat["gain"]) == (pytest.approx(0.5), pytest.approx(-0.5))
    assert repeat["total_bias"] == pytest.approx(100 / 90 - 1)
    assert found["customers"].tolist() == [5, 1, 2, 2, 2, 2]
    assert np.isnan(found.loc["never-buyer", "gain"])
