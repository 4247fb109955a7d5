"""What risk does by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend import clock
from backend.db.engine import transaction
from backend.risk import service
from backend.working import AlertReaction, Job, Work


def score_due(session: Session, *, every: timedelta, now: datetime, reactions: Sequence[AlertReaction] = ()) -> bool:
    """Score when the last run is so old; whether it ran. A person can ask for a run at any time."""
    last = service.find_last_run(session)
    if last is not None and now - last.ran_at < every:
        return False
    service.score(session, now=now, reactions=reactions)
    return True


def _score(work: Work) -> bool:
    if work.settings.risk.every_hours == 0:
        return False
    with transaction(work.sessions) as session:
        every = timedelta(hours=work.settings.risk.every_hours)
        return score_due(session, every=every, now=clock.now(), reactions=work.alert_reactions)


JOBS = (Job("score", _score, 60.0),)
