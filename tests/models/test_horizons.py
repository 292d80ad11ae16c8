import numpy as np
import pandas as pd
import pytest

from clvlens.models.horizons import agreeing


def rows(value, churn, **more):
    columns = {"predicted_value": value, "value_low_90": [v / 2 for v in value],
               "value_high_90": [v * 2 for v in value], "expected_orders": [v / 10 for v in value],
               "churn_probability": churn, **more}  # fmt: skip
    return pd.DataFrame(columns)


def test_a_longer_horizon_brings_no_less_and_silences_no_more():
    short, long = rows([10.0, 30.0], [0.5, 0.2]), rows([25.0, 20.0], [0.3, 0.4])
    found, moved = agreeing({180: long, 90: short}, contractual=False)
    assert list(found) == [90, 180]
    assert found[180]["predicted_value"].tolist() == [25, 30]
    assert found[180]["value_high_90"].tolist() == [50, 60]
    assert found[180]["expected_orders"].tolist() == [2.5, 3]
    assert found[180]["churn_probability"].tolist() == [0.3, 0.2]
    assert moved == {180: 1}
    assert found[90].equals(short)


def test_a_subscription_ends_no_less_over_a_longer_horizon_and_its_kinds_add_up():
    kinds = {"voluntary_churn_probability": [0.06, np.nan],
             "involuntary_churn_probability": [0.04, np.nan]}  # fmt: skip
    short, long = rows([1.0, 1.0], [0.2, np.nan]), rows([2.0, 2.0], [0.1, np.nan], **kinds)
    found, _ = agreeing({30: short, 90: long}, contractual=True)
    assert found[90]["churn_probability"].tolist() == [0.2, pytest.approx(np.nan, nan_ok=True)]
    assert found[90]["voluntary_churn_probability"][0] == pytest.approx(0.12)
    assert found[90]["involuntary_churn_probability"][0] == pytest.approx(0.08)


def test_one_horizon_is_left_as_it_is():
    only = rows([10.0], [0.5])
    found, moved = agreeing({90: only}, contractual=False)
    assert found[90].equals(only)
    assert moved == {}
