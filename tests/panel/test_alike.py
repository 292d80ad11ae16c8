"""Texts that people read as the same."""

import pandas as pd
import pytest

from clvlens.panel.engine import connect


@pytest.mark.parametrize("text", ["ann ", "Ann", "an\u200bn", "ann\u00a0", "\ufeffann"])
def test_letters_that_nobody_sees_make_no_other_text(text):
    engine = connect(threads=1)
    rows = engine.hold(pd.DataFrame({"text": [text]}))
    assert engine.row(rows.select(read=engine.alike(rows.text))) == ("ann",)
