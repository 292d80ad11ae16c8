"""A PostgreSQL server of a test's own, on loopback, with a password."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "shopkeeper", "open sesame"
SERVERS = Path("/usr/lib/postgresql").glob("*/bin")  # where Debian puts them, out of the way


def binaries() -> Path | None:
    """Return the folder of the server's programs, or nothing where there is none."""
    found = shutil.which("pg_ctl")
    return Path(found).parent if found else max(SERVERS, default=None)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a fresh server from these programs, and give its URL; all of it is gone afterwards."""
    as_whom = {"user": "postgres"} if os.name == "posix" and os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="clvlens-postgres-"))
    secret = home / "secret"
    secret.write_text(PASSWORD)
    if as_whom:  # the server refuses to run as root
        for path in (home, secret):
            shutil.chown(path, **as_whom)

    def call(program: str, *words: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([folder / program, *words], check=True, cwd=home, **quiet, **as_whom)

    port, data = _free_port(), str(home / "data")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    try:
        access = (f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={secret}")
        call("initdb", "--pgdata", data, *access, "--no-sync", "--encoding=UTF8", "--locale=C")
        call("pg_ctl", "--pgdata", data, "--options", options, "--wait", "start")
        try:
            yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "--pgdata", data, "--mode=immediate", "stop")
    finally:
        shutil.rmtree(home)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
