"""A tracking store made ready: its schema, the experiment in it, and its errors in one line."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.exc import SQLAlchemyError

from clvlens.errors import TrackingError
from clvlens.output.location import without_password

DATABASE_LOG = "mlflow.store.db.utils"


@contextmanager
def told(uri: str) -> Iterator[None]:
    """Turn whatever MLflow raises into one line that says where and what to do.

    MLflow's log of its database would print the traceback of what fails, and name every step of
    making a schema: it is not heard.
    """
    logging.getLogger(DATABASE_LOG).setLevel(logging.CRITICAL)
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        problem = " ".join(str(error).split())
        problem = problem if len(problem) < 400 else f"{problem[:400]} …"
        message = f"the tracking store {uri} failed: {problem}; mend it or change tracking.uri"
        raise TrackingError(without_password(message)) from error


def create_database(database: Path) -> None:
    """Make the schema under another name, so that being killed meanwhile leaves no half of it.

    Where two processes do so at once, the second leaves the file of the first alone.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".new-") as folder:
        temporary = Path(folder) / database.name
        artifacts = database.parent / "artifacts"
        SqlAlchemyStore(f"sqlite:///{temporary}", str(artifacts)).engine.dispose()
        try:
            database.hardlink_to(temporary)
        except OSError:  # the other process's file, or a file system without links
            if not database.exists():
                temporary.replace(database)


def experiment_of(client: MlflowClient, name: str, artifacts: Path | None) -> str:
    """Return the id of an experiment, made if need be; its runs' files go below `artifacts`."""
    known = client.get_experiment_by_name(name)
    if known is not None:
        return known.experiment_id
    try:
        return client.create_experiment(name, artifacts and artifacts.as_uri())
    except MlflowException:
        known = client.get_experiment_by_name(name)  # another process may have been faster
        if known is None:
            raise
        return known.experiment_id
