"""A method of the user's own is judged as one more baseline."""

import numpy as np
import pytest

from clvlens import pipeline
from clvlens.errors import ModelError


def test_what_is_right_about_everybody_is_the_best_baseline(panel, model):
    truth = panel.rows("test")["target_value"]
    judged = pipeline.evaluate(model, panel, beside={"an oracle": truth})
    assert judged.best_baseline == "an oracle"
    assert judged.score("an oracle", "mae") == 0
    assert judged.score("an oracle", "ngini") == pytest.approx(1)
    against = judged.differences[judged.differences["method"] == "an oracle"].set_index("metric")
    assert against.loc["mae", "estimate"] == pytest.approx(judged.score("clvlens", "mae"))


@pytest.mark.parametrize("wrong", [[1.0, 2.0], np.nan])
def test_what_is_silent_about_some_is_refused(panel, model, wrong):
    expected = np.broadcast_to(wrong, len(panel.rows("test"))) if wrong is np.nan else wrong
    with pytest.raises(ModelError, match="beside: 'mine' has no finite value for each of the"):
        pipeline.evaluate(model, panel, beside={"mine": expected})
