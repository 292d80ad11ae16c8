import pandas as pd
import pytest

from clvlens.evaluation.snapshot_drift import snapshot_drift

MONTH = pd.Timedelta(days=30)


@pytest.fixture
def rows(panel):
    """The same customers at six cutoffs, so that nothing moves."""
    test = panel.rows("test")
    first = test[test["cutoff"] == test["cutoff"].min()]
    return pd.concat([first.assign(cutoff=first["cutoff"] + i * MONTH) for i in range(6)],
                     ignore_index=True)  # fmt: skip


def test_the_same_customers_again_have_not_moved(model, rows):
    found = snapshot_drift(model, rows)
    assert not found["moved"].any()
    assert found["index"].max() == pytest.approx(0, abs=1e-3)
    assert set(found.loc[found["kind"] == "prediction", "what"]) == {
        "predicted_value", "churn_probability", "expected_orders",
    }  # fmt: skip


def test_a_feature_that_changed_for_all_is_named_first_with_what_it_was(model, rows):
    newest = rows["cutoff"] == rows["cutoff"].max()
    recent = "orders__total_revenue_60d"
    rows.loc[newest, recent] = rows.loc[newest, recent] + 500
    found = snapshot_drift(model, rows)
    assert found["what"].iloc[0] == recent
    assert found["moved"].iloc[0]
    assert found["meaning"].iloc[0].endswith("in the last 60 days")
    assert found["now"].iloc[0] == pytest.approx(found["before"].iloc[0] + 500)
