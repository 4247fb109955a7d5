"""SQL of risk."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.db.tables.risk import alert, risk_run
from backend.risk.rules import Alert, Run

_LOCK = 0x7269736B  # "risk": runs follow one another, else two would open the same alert


def lock(session: Session) -> None:
    """Wait until no other run is at work; until the end of the transaction."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def add_run(session: Session, **values: Any) -> Run:
    """Append a run."""
    return _run(session.execute(insert(risk_run).values(**values).returning(risk_run)).one())


def find_last_run(session: Session) -> Run | None:
    """The newest run."""
    row = session.execute(select(risk_run).order_by(risk_run.c.id.desc()).limit(1)).one_or_none()
    return _run(row) if row else None


def listing() -> Listing[Run]:
    """Runs; `ran` sorts by when they were made."""
    return Listing(select(risk_run.c.id), {"ran": (risk_run.c.id,)}, _load_runs)


def _load_runs(session: Session, keys: Sequence[Row[Any]]) -> list[Run]:
    query = select(risk_run).where(risk_run.c.id.in_([key.id for key in keys]))
    found = {row.id: _run(row) for row in session.execute(query)}
    return [found[key.id] for key in keys]


def _run(row: Row[Any]) -> Run:
    return Run(**row._mapping)


_COLUMNS = [column for column in alert.c if column.name != "run"]
_ALERT = select(*_COLUMNS, *(column.label(f"run_{column.name}") for column in risk_run.c)).join(
    risk_run, risk_run.c.id == alert.c.run
)


def _alert(row: Row[Any]) -> Alert:
    values = dict(row._mapping)
    run = Run(**{column.name: values.pop(f"run_{column.name}") for column in risk_run.c})
    del values["window_on"]
    return Alert(**{**values, "places": tuple(values["places"])}, run=run)


def find_open(session: Session, dealer: str, kind: str, since: datetime) -> Alert | None:
    """The dealer's newest alert of a kind that opened after `since`."""
    row = session.execute(
        _ALERT.where(alert.c.dealer == dealer, alert.c.kind == kind, alert.c.opened_at > since)
        .order_by(alert.c.opened_at.desc())
        .limit(1)
    ).one_or_none()
    return _alert(row) if row else None


def add_alert(session: Session, window_on: date, **values: Any) -> int:
    """Open an alert; its id."""
    return int(session.execute(insert(alert).values(window_on=window_on, **values).returning(alert.c.id)).scalar_one())


def change_alert(session: Session, id: int, **values: Any) -> None:
    """What joined an alert; its version grows."""
    session.execute(update(alert).where(alert.c.id == id).values(version=alert.c.version + 1, **values))


def find_alert(session: Session, id: int, *, locked: bool = False) -> Alert | None:
    """An alert; `locked` keeps runs from changing it until the end of the transaction."""
    if locked:
        session.execute(text("select 1 from alert where id = :id for update"), {"id": id})
    row = session.execute(_ALERT.where(alert.c.id == id)).one_or_none()
    return _alert(row) if row else None


def list_alerts(session: Session, *, dealer: str | None = None, ids: Collection[int] | None = None) -> list[Alert]:
    """Alerts, the gravest first: all, a dealer's, or some."""
    query = _ALERT.order_by(alert.c.score_hundredths.desc(), alert.c.id)
    if dealer is not None:
        query = query.where(alert.c.dealer == dealer)
    if ids is not None:
        query = query.where(alert.c.id.in_(ids))
    return [_alert(row) for row in session.execute(query)]
