"""One shop, its model and its evaluation, made once."""

import pytest
from tests.support.shop import make_panel

from clvlens import pipeline
from clvlens.evaluation.backtest import backtest


@pytest.fixture(scope="session")
def panel():
    return make_panel(customers=240)


@pytest.fixture(scope="session")
def model(panel):
    return pipeline.train(panel)


@pytest.fixture(scope="session")
def evaluation(model, panel):
    return backtest(model, panel)
