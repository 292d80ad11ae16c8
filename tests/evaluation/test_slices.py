import numpy as np
import pandas as pd

from clvlens.evaluation.slices import slices

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
