"""How parts go with values, panel by panel."""

import numpy as np
import pandas as pd
import pytest

from clvlens.levers.attribution import Attribution
from clvlens.output.dependence import dependence
from clvlens.panel.panel import FeatureInfo

NAMES = ("orders__count", "orders__gap", "customers__age", "customers__home")


@pytest.fixture
def attribution() -> Attribution:
    """A hundred customers: the part of orders is orders × age, that of gap is gap, age has none."""
    rng = np.random.default_rng(7)
    data = pd.DataFrame(rng.integers(1, 9, (100, 3)).astype(float), columns=list(NAMES[:3]))
    data["customers__home"] = ["owner", "tenant"] * 50
    parts = pd.DataFrame(
        {
            "orders__count": (data["orders__count"] - 4.5) * data["customers__age"],
            "orders__gap": data["orders__gap"] - 4.5,
            "customers__age": 0.0,
            "customers__home": 50.0,
        }
    )
    data.loc[0, "orders__count"] = np.nan
    features = tuple(FeatureInfo(n, f"the {n}", "", "", "", n == NAMES[3]) for n in NAMES)
    return Attribution(parts, data, parts.sum(axis=1).to_numpy(), 0.0, features, 0.0)


def test_each_panel_is_a_number_and_the_one_that_matters_most_comes_first(attribution):
    figure = dependence(attribution, "EUR revenue over 90 days")
    panels = [axes for axes in figure.axes if axes.get_xlabel()]
    assert [axes.get_xlabel() for axes in panels] == [f"the {name}" for name in NAMES[:3]]
    assert all("EUR revenue" in axes.get_ylabel() for axes in panels)
    assert "not: what would change it" in figure.get_suptitle()


def test_the_colour_is_the_feature_on_which_the_part_depends_too(attribution):
    figure = dependence(attribution, "EUR")
    bars = [axes.get_ylabel() for axes in figure.axes if axes.get_label() == "<colorbar>"]
    assert bars[0] == "the customers__age"


def test_a_customer_whose_value_is_unknown_is_not_drawn(attribution):
    orders, gap, *_ = dependence(attribution, "EUR").axes
    assert len(orders.collections[0].get_offsets()) == 99
    assert len(gap.collections[0].get_offsets()) == 100


def test_where_nothing_is_a_number_no_panel_is_drawn(attribution):
    home = attribution.features[3]
    only = Attribution(
        attribution.parts[[home.name]], attribution.data[[home.name]],
        attribution.prediction, 0.0, (home,), 0.0,
    )  # fmt: skip
    assert not [axes for axes in dependence(only, "EUR").axes if axes.axison]
