"""What risk does by itself."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.risk import service

EVERY = timedelta(hours=24)
"""The trade is scored once a day; a person can ask for a run at any time."""


def score_due(session: Session, now: datetime) -> bool:
    """Score when the last run is a day old; whether it ran."""
    last = service.find_last_run(session)
    if last is not None and now - last.ran_at < EVERY:
        return False
    service.score(session, now=now)
    return True
