"""SQL of imports: rows come in with COPY and are kept unless they are known."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from psycopg import sql
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from backend.db.tables.integrations import import_run, sale_line
from backend.integrations.rules import RowError, Sale

_COLUMNS = ("row_hash", "run", "line", "sold_on", "store", "item", "bottles", "amount", "document")
Incoming = tuple[bytes, int, Sale]
"""Hash, line and sale of a row."""


def open_run(
    session: Session, *, file_name: str, encoding: str, delimiter: str, mapping: Mapping[str, str], at: datetime
) -> int:
    """Begin a run of sales; returns its number."""
    statement = insert(import_run).values(
        kind="sales",
        file_name=file_name,
        file_hash=b"",
        encoding=encoding,
        delimiter=delimiter,
        mapping=mapping,
        rows=0,
        accepted=0,
        known=0,
        refused=0,
        errors=[],
        started_at=at,
    )
    return int(session.execute(statement.returning(import_run.c.id)).scalar_one())


def close_run(
    session: Session,
    run: int,
    *,
    file_hash: bytes,
    rows: int,
    accepted: int,
    known: int,
    refused: int,
    errors: Sequence[RowError],
) -> None:
    """Write down how a run ended: the file's SHA-256, and how many of its rows were taken, known before and refused."""
    outcome = {"file_hash": file_hash, "rows": rows, "accepted": accepted, "known": known, "refused": refused}
    reasons = [asdict(each) for each in errors]
    session.execute(update(import_run).where(import_run.c.id == run).values(**outcome, errors=reasons))


def add_sales(session: Session, run: int, rows: Sequence[Incoming]) -> int:
    """Keep rows that are not known; returns how many were new."""
    session.execute(
        text("create temporary table if not exists sale_incoming (like sale_line including defaults) on commit drop")
    )
    driver = session.connection().connection.driver_connection
    assert driver is not None
    names = sql.SQL(", ").join(sql.Identifier(column) for column in _COLUMNS)
    with (
        driver.cursor() as cursor,
        cursor.copy(sql.SQL("copy sale_incoming ({}) from stdin").format(names)) as copy,
    ):
        for hashed, line, sale in rows:
            copy.write_row(
                (hashed, run, line, sale.on, sale.store, sale.item, sale.bottles, sale.amount, sale.document)
            )
    kept = session.execute(text("insert into sale_line select * from sale_incoming on conflict (row_hash) do nothing"))
    session.execute(text("truncate sale_incoming"))
    return int(kept.rowcount)  # type: ignore[attr-defined]  # Result of an INSERT has it


def list_runs(session: Session, *, limit: int = 50) -> list[dict[str, object]]:
    """Runs, the newest first."""
    query = select(import_run).order_by(import_run.c.id.desc()).limit(limit)
    return [dict(row._mapping) for row in session.execute(query)]


def bottles_by_month(session: Session, run: int | None = None) -> dict[str, int]:
    """Bottles of kept lines by month of sale, all or a run's."""
    month = func.to_char(sale_line.c.sold_on, "YYYY-MM")
    query = select(month, func.sum(sale_line.c.bottles)).group_by(month).order_by(month)
    if run is not None:
        query = query.where(sale_line.c.run == run)
    return {name: int(bottles) for name, bottles in session.execute(query)}
