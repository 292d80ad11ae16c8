"""A GPU is used where asked, and asked for in words where XGBoost was built without one."""

import numpy as np
import pytest
import xgboost as xgb

from clvlens.errors import ModelError
from clvlens.models.store import load_model, save_model
from clvlens.models.training import train_model

HAS_CUDA = bool(xgb.build_info().get("USE_CUDA"))


@pytest.mark.skipif(HAS_CUDA, reason="this XGBoost can use a GPU")
def test_a_gpu_is_refused_where_xgboost_was_built_without_one(make_panel, about, saved):
    words = r"model.device is cuda, but .* install the package xgboost in place of xgboost-cpu"
    with pytest.raises(ModelError, match=words):
        train_model(make_panel(device="cuda"), about)
    with pytest.raises(ModelError, match=words):
        load_model(saved, "cuda")


@pytest.mark.skipif(not HAS_CUDA, reason="needs XGBoost with CUDA, and a GPU")
def test_a_model_of_a_gpu_predicts_the_same_on_the_processor(make_panel, about, tmp_path):
    panel = make_panel(device="cuda")
    model = train_model(panel, about)
    rows = panel.rows("test")
    there = model.predict(rows)
    here = load_model(save_model(model, tmp_path / "model")).predict(rows)
    np.testing.assert_allclose(here, there, rtol=1e-5)
