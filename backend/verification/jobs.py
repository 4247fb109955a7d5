"""What verification does by itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.settings import Settings
from backend.verification import service


def forget_old_scans(session: Session, settings: Settings, *, now: datetime) -> bool:
    """Delete raw scans past their retention; whether there were any."""
    return service.forget_old_scans(session, days=settings.privacy.scan_retention_days, now=now) > 0
