"""What holds for every test."""

import os

from hypothesis import settings
from tests.reliability.table import pytest_terminal_summary  # noqa: F401  which is a hook

# The same examples at every run, and no deadline: a busy machine is no failure.
settings.load_profile("ci")

# Read when XGBoost is loaded: threads that wait for a core of their own, beside the workers that
# run other tests, make trees of a few hundred rows crawl.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Read when MLflow is imported, by whichever test comes first in a worker.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")
