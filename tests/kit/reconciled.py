"""What every story and every crash must end in: the books and the chain say the same."""

from sqlalchemy.orm import Session, sessionmaker

from backend.db.engine import snapshot
from backend.reconciliation import service
from backend.reconciliation.rules import Report


def assert_reconciled(sessions: sessionmaker[Session]) -> Report:
    """Custody and the mirror agree on every capture, batch, holder and consignment."""
    with snapshot(sessions) as session:
        report = service.reconcile(session)
    assert report.block is not None, "there is a mirror"
    assert not report.differences, "\n".join(each.sentence for each in report.differences[:10])
    return report
