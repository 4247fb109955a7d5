"""Databases of tests: each a copy of one with the product's schema, or of one in which a story has been told."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import make_url
from sqlalchemy.orm import Session, sessionmaker

from backend.db import embedded, migrate
from backend.db.engine import make_engine, make_sessions

Tell = Callable[[sessionmaker[Session]], Any]
Once = Callable[[Tell], tuple[str, Any]]

_MEMORY = Path("/dev/shm")
_ENOUGH = 2 * 2**30
_HOME = "jl-pg-"
_CARELESS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "'256MB'",
}
"""A server of tests may lose all when the machine loses power: nobody looks for it then."""


@contextmanager
def embedded_server() -> Iterator[str]:
    """Address of an embedded PostgreSQL of this process, which is gone afterwards.

    It lives in memory where that is to be had: a copy of a database is 700 files, and a disk takes six times the CPU.
    """
    where = _MEMORY if _is_roomy(_MEMORY) else Path(tempfile.gettempdir())
    _remove_abandoned(where)
    home = Path(tempfile.mkdtemp(prefix=f"{_HOME}{os.getpid()}-", dir=where))
    home.chmod(0o755)
    url = embedded.ensure(home)
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        for name, value in _CARELESS.items():
            connection.execute(f"alter system set {name} = {value}")
        connection.execute("select pg_reload_conf()")
    yield url
    embedded.stop(home)
    shutil.rmtree(home, ignore_errors=True)


def _is_roomy(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ENOUGH


def _remove_abandoned(where: Path) -> None:
    """What runs that were killed left behind; memory is not cleaned by a restart of tests."""
    for home in where.glob(f"{_HOME}*-*"):
        owner = home.name.removeprefix(_HOME).split("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)) and home.stat().st_uid == os.getuid():
            embedded.stop(home)
            shutil.rmtree(home, ignore_errors=True)


def address(server: str, name: str) -> str:
    """Where a database of a server is."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _create(server: str, kind: str, template: str | None = None) -> str:
    name = f"{kind}_{uuid.uuid4().hex[:12]}"
    copied = f' template "{template}"' if template else ""
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        if copied and connection.execute("show fsync").fetchone() == ("off",):
            copied += (
                " strategy file_copy"  # half the CPU of writing each block to the log, where a checkpoint is cheap
            )
        connection.execute(f'create database "{name}"{copied}')
    return name


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def create_schema(server: str) -> str:
    """Name of a new database with all migrations applied."""
    name = _create(server, "schema")
    migrate.upgrade(address(server, name))
    return name


@contextmanager
def fresh_database(server: str, template: str) -> Iterator[str]:
    """Address of a copy of a database; dropped afterwards."""
    name = _create(server, "test", template)
    yield address(server, name)
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')


def telling_once(server: str, schema: str) -> Once:
    """A function that tells a story once, and says in which database and what the teller returned.

    No test touches that database: each gets a copy of it.
    """
    told: dict[Tell, tuple[str, Any]] = {}

    def once(tell: Tell) -> tuple[str, Any]:
        if tell not in told:
            name = _create(server, "told", schema)
            engine = make_engine(address(server, name), pool_size=2)
            told[tell] = name, tell(make_sessions(engine))
            engine.dispose()
        return told[tell]

    return once
