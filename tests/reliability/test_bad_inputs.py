"""Every bad input is refused, counted or handled as promised; none ends in a traceback."""

import pytest
from tests.reliability import bad_inputs_files, bad_inputs_runs, bad_inputs_values
from tests.reliability.table import tried

pytestmark = pytest.mark.reliability
MODULES = (bad_inputs_files, bad_inputs_values, bad_inputs_runs)
CASES = [case for module in MODULES for case in module.CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_input(case, tmp_path, record_property):
    record_property(*tried("bad inputs", f"{case.number:02d}"))
    case.hold(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", bad_inputs_files.SLOW_CASES, ids=str)
def test_bad_input_that_takes_long(case, tmp_path, record_property):
    record_property(*tried("bad inputs", f"{case.number:02d}"))
    case.hold(tmp_path)
