"""Statements that every capture runs: put together once, and given to the driver as text.

SQLAlchemy's own way from a statement to rows costs several times what driver and socket cost. A statement that runs
thousands of times a minute is written with SQLAlchemy as all others are, compiled when its module is read, and runs in
the session's transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar, cast

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_KEY = "prepared"
Cursor = psycopg.Cursor[NamedTuple]
R = TypeVar("R", covariant=True)


class Prepared:
    """A statement with named parameters (`bindparam`), or the rows of an insert (`columns`)."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        """Compile. What the statement itself holds as values stays as it is."""
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=_DIALECT, column_keys=columns)
        self.sql = str(compiled)
        self._given = {name: each.value for name, each in compiled.binds.items() if not each.required}  # type: ignore[attr-defined]

    def run(self, session: Session, params: Mapping[str, object]) -> int:
        """Run and return how many rows it touched.

        Raises:
            sqlalchemy.exc.DBAPIError: as of any statement of the session.
        """
        return self._run(session, params).rowcount

    def many(self, session: Session, rows: Sequence[Mapping[str, object]]) -> None:
        """Run once for each of `rows`; raises as `run`."""
        if len(rows) == 1:  # without the pipeline that many rows go through
            self._run(session, rows[0])
            return
        try:
            _cursor(session).executemany(self.sql, [{**self._given, **row} for row in rows])
        except psycopg.Error as error:
            raise self._as_sqlalchemy(error) from error

    def _run(self, session: Session, params: Mapping[str, object]) -> Cursor:
        try:
            return _cursor(session).execute(self.sql, {**self._given, **params})
        except psycopg.Error as error:
            raise self._as_sqlalchemy(error) from error

    def _as_sqlalchemy(self, error: psycopg.Error) -> Exception:
        found = exc.DBAPIError.instance(self.sql, {}, error, psycopg.Error, hide_parameters=True, dialect=_DIALECT)
        assert isinstance(found, Exception)
        return found


class PreparedQuery(Prepared, Generic[R]):
    """A statement that gives rows. `R` says which attributes a row has: the columns of the statement."""

    def all(self, session: Session, params: Mapping[str, object]) -> list[R]:
        """Run and return the rows; raises as `run`."""
        return cast("list[R]", self._run(session, params).fetchall())

    def one(self, session: Session, params: Mapping[str, object]) -> R | None:
        """Run and return the one row, or None; raises as `run`."""
        return cast("R | None", self._run(session, params).fetchone())


def _cursor(session: Session) -> Cursor:
    """The one cursor of the session's transaction: results are fetched before the next statement runs."""
    # The innermost one: SQLAlchemy sends a savepoint when its transaction is first asked for the connection.
    within = session.get_nested_transaction() or session.get_transaction()
    known = session.info.get(_KEY)
    if known is not None and known[0] is within and within is not None:
        cursor: Cursor = known[1]
        return cursor
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    cursor = driver.cursor(row_factory=namedtuple_row)
    session.info[_KEY] = (session.get_nested_transaction() or session.get_transaction(), cursor)
    return cursor
