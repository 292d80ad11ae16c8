import re
from dataclasses import replace
from types import SimpleNamespace

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest

from clvlens.errors import ModelError
from clvlens.models.season import Season, Swing
from clvlens.output.serving import ServedModel, package


@pytest.fixture
def packed(tmp_path, model_folder, customer_model):
    return package(tmp_path, model_folder, customer_model.encoder.columns, "a run")


@pytest.fixture
def served(model_folder):
    """The model as it is once MLflow has loaded it."""
    served = ServedModel()
    served.load_context(SimpleNamespace(artifacts={"model_folder": str(model_folder)}))
    return served


@pytest.fixture
def rows(customer_model) -> pd.DataFrame:
    """Two customers: of eight orders in the north, and of one in the south."""
    columns = customer_model.encoder.columns
    return pd.DataFrame([[8.0, 3.0, 1.0, 0.0], [1.0, 80.0, 0.0, 1.0]], columns=columns)


def test_mlflow_predicts_what_the_model_predicts(packed, customer_model, rows):
    predicted = mlflow.pyfunc.load_model(str(packed)).predict(rows)
    assert predicted["predicted_value"][0] > predicted["predicted_value"][1]
    pd.testing.assert_frame_equal(predicted, customer_model.predict_encoded(rows.to_numpy()))


def test_columns_are_matched_by_name(served, customer_model, rows):
    backwards = rows[rows.columns[::-1]].assign(another=1.0)
    expected = customer_model.predict_encoded(rows.to_numpy())
    pd.testing.assert_frame_equal(served.predict(None, backwards), expected)


def test_a_missing_column_is_named_with_the_nearest_that_came(served, rows):
    misspelt = rows.rename(columns={"orders__count": "order__count"})
    expected = "1 columns .* missing, first 'orders__count'; .* did you mean 'order__count'"
    with pytest.raises(ModelError, match=expected):
        served.predict(None, misspelt)


def test_a_missing_value_is_a_value(served, customer_model, rows):
    rows.loc[0, "orders__recency_days"] = np.nan
    expected = customer_model.predict_encoded(rows.to_numpy())
    pd.testing.assert_frame_equal(served.predict(None, rows), expected)


def test_a_damaged_model_is_not_loaded(packed):
    (damaged,) = packed.rglob("orders-orders.ubj")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"orders-orders\.ubj was changed or damaged"):
        mlflow.pyfunc.load_model(str(packed))


def test_a_model_is_code_and_our_own_files(packed, model_folder):
    names = {path.name for path in packed.iterdir()}
    assert names == {"MLmodel", "artifacts", "conda.yaml", "python_env.yaml", "requirements.txt",
                     "serving.py"}  # fmt: skip
    saved = {path.name for path in (packed / "artifacts" / "model_folder").iterdir()}
    assert saved == {path.name for path in model_folder.iterdir()}


def test_a_model_names_the_packages_that_it_was_made_with(packed):
    lines = (packed / "requirements.txt").read_text().split()
    pinned = re.compile(r"(clvlens|mlflow|numpy|pandas|scikit-learn|xgboost(-cpu)?)==[\d.]+\S*")
    assert len(lines) == 6
    assert all(map(pinned.fullmatch, lines))


def test_a_model_tells_no_path_of_the_computer_that_made_it(packed, model_folder, tmp_path):
    from clvlens.output import serving

    told = (packed / "MLmodel").read_text()
    assert str(model_folder.parent) not in told
    assert serving.__file__ not in told


def test_the_cutoff_says_which_season_is_ahead(served, customer_model, rows):
    """Of ninety days a year ago, seventy sold twice what was expected: 1143 orders for 643.

    The year around them sold 3100 for 2600. It is believed but for 0.04² and 2 in 1143.
    """
    bought = (50.0,) * 92 + (100.0,) * 10 + (50.0,) * 42
    season = Season(int(pd.Timestamp("2024-01-01").value // 1000), bought, (50.0,) * 144)
    about = {**customer_model.about, "swing": Swing(season, 0.0, 1.0).to_dict()}
    served.model = replace(customer_model, about=about)
    usual, found = (served.predict(None, rows, asked) for asked in (None, {"cutoff": "2024-01-01"}))
    index = np.log(1143 / 643 * 2600 / 3100)
    times = np.exp(index**3 / (index**2 + 0.04**2 + 2 / 1143))
    more = found["predicted_value"] / usual["predicted_value"]
    assert more.tolist() == pytest.approx([times, times], rel=1e-3)
    silent = np.log(found["churn_probability"]) / np.log(usual["churn_probability"])
    assert silent.tolist() == pytest.approx([times, times], rel=1e-3)


def test_a_cutoff_that_is_no_date_is_refused(served, rows):
    with pytest.raises(ModelError, match="cutoff 'soon' is no date; write it as 2024-01-31"):
        served.predict(None, rows, {"cutoff": "soon"})
