"""What reconciliation does by itself."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend import clock
from backend.db.engine import snapshot
from backend.reconciliation import service
from backend.working import Job, Work


def reconcile_due(session: Session, *, every: timedelta, patience: timedelta, now: datetime) -> bool:
    """Compare when the last comparison is so old; whether it did."""
    last = service.find_last_run_at(session)
    if last is not None and now - last < every:
        return False
    return service.run(session, now=now, patience=patience).block is not None


def _reconcile(work: Work) -> bool:
    if work.settings.reconciliation.every_minutes == 0:
        return False
    with snapshot(work.sessions) as session:
        every = timedelta(minutes=work.settings.reconciliation.every_minutes)
        patience = timedelta(minutes=work.settings.reconciliation.patience_minutes)
        return reconcile_due(session, every=every, patience=patience, now=clock.now())


JOBS = (Job("reconcile", _reconcile, 60.0),)
