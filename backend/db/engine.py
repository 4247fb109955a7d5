"""Engine and sessions."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

_FRESH_S = 1.0


def make_engine(url: str, *, pool_size: int = 40) -> Engine:
    """An engine for PostgreSQL through psycopg 3; plain `postgresql://` addresses are accepted.

    As many connections are kept as the web server has threads: one beyond the pool would be made and ended for each
    request. The one that came back last goes out first, so that few are in use while few are needed.
    """
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=20,
        pool_use_lifo=True,
        hide_parameters=True,  # what people typed stands in no error, so in no log line
    )
    event.listen(engine, "checkin", _note_return)
    event.listen(engine, "checkout", _check_alive)
    return engine


def _note_return(connection: object, record: ConnectionPoolEntry) -> None:
    record.info["returned"] = time.monotonic()


def _check_alive(connection: object, record: ConnectionPoolEntry, _: object) -> None:
    """A connection that lay about may have lost its server: asked first, as `pool_pre_ping` asks every time."""
    assert isinstance(connection, psycopg.Connection)
    if time.monotonic() - record.info.get("returned", 0.0) < _FRESH_S:
        return
    try:
        connection.execute("select 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions of an engine. One request or job is one session and one transaction."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def snapshot(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One transaction that sees one moment of the whole database (REPEATABLE READ); committed when the block ends."""
    with sessions() as session, session.begin():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


@contextmanager
def transaction(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    with sessions() as session, session.begin():
        yield session
