import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation.segments import deciles, summary, top_share


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "predicted_value": [60.0, 20.0, 15.0, 5.0],
            "clv": [100.0, 30.0, 20.0, 10.0],
            "churn_probability": [0.1, 0.2, 0.7, 0.9],
            "segment": ["grow", "let be", "win back", "win back"],
            "value_decile": [10, 8, 5, 3],
        }
    )


def test_each_segment_has_its_share_of_customers_and_value(table):
    found = summary(table).set_index("segment")
    assert found.loc["win back", ["customers", "customer_share", "value_share"]].tolist() == [
        2, 0.5, 0.2,
    ]  # fmt: skip
    assert found.loc["win back", "churn_probability"] == pytest.approx(0.8)
    assert found.loc["grow", "clv"] == 100


def test_an_empty_segment_stays_in_the_table(table):
    assert summary(table).set_index("segment").loc["protect", "customers"] == 0


def test_deciles_are_listed_from_the_highest(table):
    found = deciles(table)
    assert found["value_decile"].tolist() == [10, 8, 5, 3]
    assert found["value_share"].tolist() == [0.6, 0.2, 0.15, 0.05]


def test_the_top_fifth_of_ten_is_the_two_who_hold_most():
    value = np.array([40.0, 20, 10, 10, 5, 5, 5, 3, 1, 1])
    assert top_share(value) == pytest.approx(0.6)
    assert top_share(value, ranked_by=-value) == pytest.approx(0.02)


def test_the_top_fifth_of_four_is_four_fifths_of_the_first():
    assert top_share(np.array([50.0, 30, 20, 0])) == pytest.approx(0.4)


def test_where_nothing_is_held_there_is_no_share():
    assert np.isnan(top_share(np.zeros(5)))
