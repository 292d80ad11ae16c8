"""A standalone cluster of Spark on loopback: a master and workers, each a process of its own."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 180  # seconds for a process to say that it is ready
LOOPBACK = "127.0.0.1"
BUILT = {"SPARK_SCALA_VERSION": "2.13"}  # else workers look for a source tree of Spark


@dataclass
class Cluster:
    """A running cluster, with the worker that is to be killed in mid-job."""

    master: str
    workers: list[subprocess.Popen]

    @property
    def engine(self) -> dict:
        """The engine of a configuration that runs on it."""
        memory = {"spark.driver.memory": "1g", "spark.executor.memory": "640m"}
        place = {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
        shape = {"spark.executor.cores": 1, "spark.sql.shuffle.partitions": 4}
        settings = {**memory, **place, **shape, "spark.ui.enabled": "false"}
        return {"kind": "spark", "master": self.master, "settings": settings, "parts": 2}

    @contextmanager
    def losing_a_worker(self, session) -> Iterator[list[int]]:
        """Kill a worker and its executor as soon as a stage runs; yield the stages of then."""
        tracker, running, over = session.sparkContext.statusTracker(), [], threading.Event()

        def strike() -> None:
            while not over.wait(0.02):
                if stages := tracker.getActiveStageIds():
                    running.extend(stages)
                    os.killpg(self.workers[0].pid, signal.SIGKILL)
                    return

        striker = threading.Thread(target=strike)
        striker.start()
        try:
            yield running
        finally:
            over.set()
            striker.join()


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a master and workers, and end them with all that they started."""
    port, web = free_port(), free_port()
    begun = []
    try:
        place = ["--host", LOOPBACK, "--port", str(port), "--webui-port", str(web)]
        begun.append(start(folder / "master.log", "master.Master", place, "elected leader"))
        master = f"spark://{LOOPBACK}:{port}"
        for number in range(workers):
            small = ["--host", LOOPBACK, "--cores", "1", "--memory", "700m", "--webui-port", "0"]
            work = ["--work-dir", str(folder / f"work{number}"), master]
            log = folder / f"worker{number}.log"
            begun.append(start(log, "worker.Worker", [*small, *work], "registered with master"))
        yield Cluster(master, begun[1:])
    finally:
        for process in begun:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def start(log: Path, daemon: str, options: list[str], ready: str) -> subprocess.Popen:
    """Start a daemon in a process group of its own, and wait until it says that it is ready."""
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = os.environ | {"SPARK_LOCAL_IP": LOOPBACK, "SPARK_HOME": str(home), **BUILT}
    command = ["java", "-Xmx256m", "-cp", f"{home}/jars/*", f"org.apache.spark.deploy.{daemon}"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, *options], stdout=out, stderr=out, env=environment, start_new_session=True
        )
    for _ in range(PATIENCE * 10):
        if ready in log.read_text():
            return process
        if process.poll() is not None:
            break
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
    raise RuntimeError(f"{daemon} is not ready: {log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        return listening.getsockname()[1]
