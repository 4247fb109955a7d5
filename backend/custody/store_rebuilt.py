"""SQL of the record made anew: tables of the same shape in a schema of their own, and the comparison with the live."""

from sqlalchemy import text
from sqlalchemy.orm import Session

SCHEMA = "custody_rebuilt"
# Numbers are given out in the order of capture on both sides, but not without gaps.
TABLES = {
    "batch_account": (),
    "holding": (),
    "consignment": (),
    "movement": ("number",),
    "recall": ("seq",),
    "unit_custody": (),
    "unit_step": ("id",),
    "unnamed_sale": (),
    "correction": (),
    "delivery": (),
    "delivered_unit": (),
    "objection": (),
    "told_unit": (),
    "told_name": (),
    "told_shipment": (),
    "told_error": (),
    "unit_finding": ("id",),
    "withdrawn_finding": (),
}
_EMPTY = ("unit_opening", "product")
"""Openings are no captures: a bottle that was opened since was not when it moved. And what the catalogue wants of goods
was asked when a capture was taken; products and code runs of later cannot make wrong what was right then."""
_APPEND_ONLY = (
    "movement", "recall", "unit_step", "correction", "delivery", "delivered_unit", "objection", "told_name",
    "told_error", "unit_finding", "withdrawn_finding",
)  # fmt: skip


def lock(session: Session) -> None:
    """Let no capture change the record before the transaction ends."""
    session.execute(text(f"lock table {', '.join(TABLES)} in exclusive mode"))


def create(session: Session) -> None:
    """Make the tables, empty, and let this transaction see them in the place of the live ones."""
    drop(session)
    session.execute(text(f"create schema {SCHEMA}"))
    for table in (*TABLES, *_EMPTY):
        shape = "including defaults including identity including indexes including constraints"
        session.execute(text(f"create table {SCHEMA}.{table} (like public.{table} {shape})"))
    session.execute(text(f"create table {SCHEMA}.party as select * from public.party"))  # noqa: S608
    session.execute(text(f"update {SCHEMA}.party set standing = 'active'"))  # noqa: S608
    session.execute(text(f"set local search_path to {SCHEMA}, public"))


def leave(session: Session) -> None:
    """See the live tables again."""
    session.execute(text("set local search_path to public"))


def first_difference(session: Session) -> tuple[str, bool, str] | None:
    """A table, whether the live side has the row, and the row as text; None when all are the same."""
    for table, numbers in TABLES.items():
        names = session.execute(
            text(
                "select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from "
                "information_schema.columns where table_schema = 'public' and table_name = :table "
                "and not column_name = any(:numbers)"
            ),
            {"table": table, "numbers": list(numbers)},
        ).scalar_one()
        for live, one, other in ((True, "public", SCHEMA), (False, SCHEMA, "public")):
            only = f"select {names} from {one}.{table} except all select {names} from {other}.{table}"  # noqa: S608
            row = session.execute(text(f"select x::text from ({only}) x limit 1")).scalar_one_or_none()  # noqa: S608
            if row is not None:
                return table, live, row
    return None


def replace_live(session: Session) -> None:
    """Let the rebuilt rows be the live ones."""
    for table in reversed(TABLES):
        if table in _APPEND_ONLY:
            session.execute(text(f"alter table {table} disable trigger user"))
        session.execute(text(f"delete from {table}"))  # noqa: S608
    for table in TABLES:
        session.execute(text(f"insert into {table} overriding system value select * from {SCHEMA}.{table}"))  # noqa: S608
        if table in _APPEND_ONLY:
            session.execute(text(f"alter table {table} enable trigger user"))
    for table, numbers in TABLES.items():
        for number in numbers:
            last = f"select coalesce(max({number}), 0) + 1 from {table}"  # noqa: S608
            session.execute(text(f"select setval(pg_get_serial_sequence('{table}', '{number}'), ({last}))"))


def drop(session: Session) -> None:
    """Leave nothing behind."""
    session.execute(text(f"drop schema if exists {SCHEMA} cascade"))
