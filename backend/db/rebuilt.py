"""SQL of tables made anew: of the same shape, in a schema of their own, and the comparison with the live ones.

Which tables they are their owners say. Numbers of PostgreSQL's (`Identity`) are no part of the comparison: they are
given out in the same order on both sides, but not without gaps.
"""

from collections.abc import Sequence

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from backend.db.base import is_append_only

SCHEMA = "custody_rebuilt"
_SHAPE = "including defaults including identity including indexes including constraints"


def _numbers(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.identity is not None]


def lock(session: Session, tables: Sequence[Table]) -> None:
    """Let nobody change the tables before the transaction ends."""
    session.execute(text(f"lock table {', '.join(each.name for each in tables)} in exclusive mode"))


def create(session: Session, tables: Sequence[Table]) -> None:
    """Make the tables, empty; what `create` finds of an earlier time goes."""
    drop(session)
    session.execute(text(f"create schema {SCHEMA}"))
    for each in tables:
        session.execute(text(f"create table {SCHEMA}.{each.name} (like public.{each.name} {_SHAPE})"))


def enter(session: Session) -> None:
    """Let this transaction see the new tables in the place of the live ones."""
    session.execute(text(f"set local search_path to {SCHEMA}, public"))


def leave(session: Session) -> None:
    """See the live tables again."""
    session.execute(text("set local search_path to public"))


def first_difference(session: Session, tables: Sequence[Table]) -> tuple[str, bool, str] | None:
    """A table, whether the live side has the row, and the row as text; None when all are the same."""
    for table in tables:
        names = session.execute(
            text(
                "select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from "
                "information_schema.columns where table_schema = 'public' and table_name = :table "
                "and not column_name = any(:numbers)"
            ),
            {"table": table.name, "numbers": _numbers(table)},
        ).scalar_one()
        for live, one, other in ((True, "public", SCHEMA), (False, SCHEMA, "public")):
            only = f"select {names} from {one}.{table.name} except all select {names} from {other}.{table.name}"
            row = session.execute(text(f"select x::text from ({only}) x limit 1")).scalar_one_or_none()
            if row is not None:
                return table.name, live, row
    return None


def replace_live(session: Session, tables: Sequence[Table]) -> None:
    """Let the rebuilt rows be the live ones."""
    for table in reversed(tables):
        if is_append_only(table):
            session.execute(text(f"alter table {table.name} disable trigger user"))
        session.execute(text(f"delete from {table.name}"))
    for table in tables:
        _fill(session, table.name)
        if is_append_only(table):
            session.execute(text(f"alter table {table.name} enable trigger user"))
    for table in tables:
        for number in _numbers(table):
            last = f"select coalesce(max({number}), 0) + 1 from {table.name}"
            session.execute(text(f"select setval(pg_get_serial_sequence('{table.name}', '{number}'), ({last}))"))


def _fill(session: Session, table: str) -> None:
    session.execute(text(f"insert into {table} overriding system value select * from {SCHEMA}.{table}"))


def drop(session: Session) -> None:
    """Leave nothing behind."""
    session.execute(text(f"drop schema if exists {SCHEMA} cascade"))
