"""Statements given straight to the driver run in the session's transaction, savepoints and errors included."""

import time

import psycopg
import pytest
from sqlalchemy import Engine, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from backend.db.prepared import Prepared, PreparedQuery
from backend.db.tables.units import unnamed_sale
from ledger_indexer.mirror.listening import plain_url

_ADD = Prepared(insert(unnamed_sale), ["gtin", "batch", "party", "bottles"])
_FIND: PreparedQuery[object] = PreparedQuery(
    select(unnamed_sale).where(unnamed_sale.c.batch == bindparam("batch"), unnamed_sale.c.bottles > 0)
)


def row(batch: str, bottles: int = 1) -> dict[str, object]:
    return {"gtin": "06900000000014", "batch": batch, "party": "6900000000014", "bottles": bottles}


def test_rows_come_with_their_names_and_the_statements_own_values_stay(session: Session) -> None:
    _ADD.many(session, [row("B1", 3), row("B2", 0)])
    assert _FIND.one(session, {"batch": "B1"}).bottles == 3
    assert _FIND.one(session, {"batch": "B2"}) is None
    assert _FIND.all(session, {"batch": "B9"}) == []


def test_a_savepoint_takes_back_what_ran_in_it_and_nothing_else(session: Session) -> None:
    _ADD.run(session, row("B1"))
    within = session.begin_nested()
    _ADD.run(session, row("B2"))
    within.rollback()
    with session.begin_nested():
        _ADD.run(session, row("B3"))
    assert [_FIND.one(session, {"batch": batch}) is not None for batch in ("B1", "B2", "B3")] == [True, False, True]


def test_an_error_of_the_database_is_the_session_s_own(session: Session) -> None:
    with pytest.raises(IntegrityError), session.begin_nested():
        _ADD.run(session, row("B1", -1))
    with pytest.raises(DBAPIError), session.begin_nested():
        _ADD.many(session, [row("B1"), row("B1")])
    assert _FIND.one(session, {"batch": "B1"}) is None


def test_a_connection_that_lost_its_server_while_it_lay_about_is_replaced(engine: Engine) -> None:
    with engine.connect() as held:
        pid = held.execute(text("select pg_backend_pid()")).scalar_one()
    with psycopg.connect(plain_url(engine.url.render_as_string(hide_password=False)), autocommit=True) as killer:
        killer.execute("select pg_terminate_backend(%s)", (pid,))
    time.sleep(1.1)  # long enough at rest to be asked first
    with engine.connect() as fresh:
        assert fresh.execute(text("select pg_backend_pid()")).scalar_one() != pid
