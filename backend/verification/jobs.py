"""What verification does by itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend import clock
from backend.db.engine import transaction
from backend.settings import Settings
from backend.verification import service
from backend.working import Job, Work


def forget_old_scans(session: Session, settings: Settings, *, now: datetime) -> bool:
    """Delete raw scans past their retention; whether there were any."""
    return service.forget_old_scans(session, days=settings.privacy.scan_retention_days, now=now) > 0


def _forget(work: Work) -> bool:
    with transaction(work.sessions) as session:
        return forget_old_scans(session, work.settings, now=clock.now())


JOBS = (Job("forget old scans", _forget, 3600.0),)
