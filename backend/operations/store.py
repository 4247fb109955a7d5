"""SQL of how the worker's jobs fare."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.db.tables.operations import job_run
from backend.operations.rules import JobRun


def add_runs(session: Session, runs: Collection[JobRun]) -> None:
    """Add turns to those of the jobs so far; the rest is as it was last. `told_at` is the database's time."""
    if not runs:
        return
    rows = [
        {
            "name": each.name,
            "runs": each.runs,
            "failures": each.failures,
            "last_at": each.last_at,
            "last_ms": each.last_ms,
            "busy": each.busy,
            "trouble": each.trouble,
            "told_at": func.now(),
        }
        for each in runs
    ]
    added = insert(job_run).values(rows)
    so_far = {name: job_run.c[name] + added.excluded[name] for name in ("runs", "failures")}
    newest = {name: added.excluded[name] for name in ("last_at", "last_ms", "busy", "trouble", "told_at")}
    session.execute(added.on_conflict_do_update(index_elements=[job_run.c.name], set_=so_far | newest))


def list_jobs(session: Session) -> list[JobRun]:
    """How each job fares, by name."""
    return [JobRun(*row) for row in session.execute(select(job_run).order_by(job_run.c.name))]


def database_time(session: Session) -> datetime:
    """The database's clock, by which most of what is compared with it was written."""
    return session.execute(select(func.now())).scalar_one()


def limit_time(session: Session, milliseconds: int) -> None:
    """Have each statement of this transaction give up after so long."""
    session.execute(text(f"set local statement_timeout = {milliseconds:d}"))
