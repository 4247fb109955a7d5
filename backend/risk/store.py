"""SQL of risk."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.db.tables.risk import alert, risk_run
from backend.risk.alert_forms import Carton, PlaceScore
from backend.risk.rules import Alert, AlertKind, Run

_LOCK = 0x7269736B  # "risk": runs follow one another, else two would open the same alert


def lock(session: Session) -> None:
    """Wait until no other run is at work; until the end of the transaction."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


@dataclass(frozen=True)
class Grown:
    """What a run makes of an alert: its score in hundredths, places, carton, when, and the run."""

    score_hundredths: int
    places: list[PlaceScore]
    carton: Carton
    changed_at: datetime
    run: int


def add_run(
    session: Session,
    ran_at: datetime,
    model: str,
    inputs_hash: bytes,
    evidence: bytes,
    scans: int,
    candidates: int,
    findings: int,
) -> Run:
    """Append a run; the last three are counts."""
    values = insert(risk_run).values(
        ran_at=ran_at,
        model=model,
        inputs_hash=inputs_hash,
        evidence=evidence,
        scans=scans,
        candidates=candidates,
        findings=findings,
    )
    return _run(session.execute(values.returning(risk_run)).one())


def find_last_run(session: Session) -> Run | None:
    """The newest run."""
    row = session.execute(select(risk_run).order_by(risk_run.c.id.desc()).limit(1)).one_or_none()
    return _run(row) if row else None


def listing() -> Listing[Run]:
    """Runs; `ran` sorts by when they were made."""
    return Listing(select(risk_run.c.id), {"ran": (risk_run.c.id,)}, _load_runs)


def _load_runs(session: Session, keys: Sequence[Row[tuple[int]]]) -> list[Run]:
    query = select(risk_run).where(risk_run.c.id.in_([key.id for key in keys]))
    found = {row.id: _run(row) for row in session.execute(query)}
    return [found[key.id] for key in keys]


class RunRow(Protocol):
    """A row of the runs."""

    id: int
    ran_at: datetime
    model: str
    inputs_hash: bytes
    evidence: bytes
    scans: int
    candidates: int
    findings: int


class AlertRow(Protocol):
    """A row of the alerts, with that of the run that changed it last."""

    id: int
    dealer: str
    kind: str
    opened_at: datetime
    changed_at: datetime
    version: int
    score_hundredths: int
    places: list[PlaceScore]
    carton: Carton
    run_id: int
    run_ran_at: datetime
    run_model: str
    run_inputs_hash: bytes
    run_evidence: bytes
    run_scans: int
    run_candidates: int
    run_findings: int


def _run(r: RunRow) -> Run:
    return Run(r.id, r.ran_at, r.model, r.inputs_hash, r.evidence, r.scans, r.candidates, r.findings)


_COLUMNS = [column for column in alert.c if column.name != "run"]
_ALERT = select(*_COLUMNS, *(column.label(f"run_{column.name}") for column in risk_run.c)).join(
    risk_run, risk_run.c.id == alert.c.run
)


def _alert(r: AlertRow) -> Alert:
    run = Run(
        r.run_id, r.run_ran_at, r.run_model, r.run_inputs_hash, r.run_evidence, r.run_scans, r.run_candidates,
        r.run_findings,
    )  # fmt: skip
    kind, places = AlertKind(r.kind), tuple(r.places)
    return Alert(r.id, r.dealer, kind, r.opened_at, r.changed_at, r.version, r.score_hundredths, places, r.carton, run)


def find_open(session: Session, dealer: str, kind: str, since: datetime) -> Alert | None:
    """The dealer's newest alert of a kind that opened after `since`."""
    row = session.execute(
        _ALERT.where(alert.c.dealer == dealer, alert.c.kind == kind, alert.c.opened_at > since)
        .order_by(alert.c.opened_at.desc())
        .limit(1)
    ).one_or_none()
    return _alert(row) if row else None


def add_alert(session: Session, dealer: str, kind: AlertKind, window_on: date, first: Grown) -> int:
    """Open an alert; its id. `window_on` is the Monday of its week."""
    values = {"dealer": dealer, "kind": kind, "window_on": window_on, "opened_at": first.changed_at, "version": 1}
    opened = insert(alert).values(**values, **first.__dict__)
    return int(session.execute(opened.returning(alert.c.id)).scalar_one())


def change_alert(session: Session, id: int, grown: Grown) -> None:
    """Let a finding join an alert; its version grows."""
    session.execute(update(alert).where(alert.c.id == id).values(version=alert.c.version + 1, **grown.__dict__))


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
