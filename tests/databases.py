"""Databases of tests: each a copy of one with the product's schema, or of one in which a story has been told."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import make_url
from sqlalchemy.orm import Session, sessionmaker

from backend.db import migrate
from backend.db.engine import make_engine, make_sessions

Tell = Callable[[sessionmaker[Session]], Any]
Once = Callable[[Tell], tuple[str, Any]]


def address(server: str, name: str) -> str:
    """Where a database of a server is."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _create(server: str, kind: str, template: str | None = None) -> str:
    name = f"{kind}_{uuid.uuid4().hex[:12]}"
    copied = f' template "{template}"' if template else ""
    with psycopg.connect(_plain(server), autocommit=True) as connection:
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
