"""What reconciliation does by itself."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.reconciliation import service


def reconcile_due(session: Session, *, every: timedelta, patience: timedelta, now: datetime) -> bool:
    """Compare when the last comparison is so old; whether it did."""
    last = service.find_last_run_at(session)
    if last is not None and now - last < every:
        return False
    return service.run(session, now=now, patience=patience).block is not None
