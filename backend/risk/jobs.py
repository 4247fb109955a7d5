"""What risk does by itself."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.risk import service


def score_due(session: Session, *, every: timedelta, now: datetime) -> bool:
    """Score when the last run is so old; whether it ran. A person can ask for a run at any time."""
    last = service.find_last_run(session)
    if last is not None and now - last.ran_at < every:
        return False
    service.score(session, now=now)
    return True
