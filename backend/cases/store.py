"""SQL of cases."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.cases.rules import Decision, File, FileState, Judgement, Outcome, Reason
from backend.db.paging import By, Columns, Listing
from backend.db.tables.cases import case_file, decision
from backend.db.views.identity import person
from backend.db.views.risk import raised as alert


def open_file(session: Session, alert_id: int) -> None:
    """Give an alert a file; one that has one keeps it."""
    session.execute(upsert(case_file).values(alert=alert_id).on_conflict_do_nothing())


def open_missing_files(session: Session) -> None:
    """Give every alert that has no file one."""
    without = select(alert.c.id).where(~select(case_file).where(case_file.c.alert == alert.c.id).exists())
    session.execute(upsert(case_file).from_select(["alert"], without).on_conflict_do_nothing())


def _tab(now: datetime) -> ColumnElement[str]:
    again = and_(case_file.c.state == FileState.WATCHING, case_file.c.watch_until <= now)
    review = literal(FileState.REVIEW.value)
    return case((again, review), else_=func.coalesce(case_file.c.state, review))


@dataclass(frozen=True)
class Wanted:
    """Which alerts are looked for: those of companies that a query selects (`member`), or the one with a number."""

    dealers: Select[tuple[str, str]] | None = None
    number: int | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL; none: all."""
        if self.dealers is None:
            return []
        members = self.dealers.subquery()
        of_them = alert.c.dealer.in_(select(members.c.member))
        return [of_them if self.number is None else or_(of_them, alert.c.id == self.number)]


ALL = Wanted()


def count_tabs(session: Session, now: datetime, wanted: Wanted = ALL) -> dict[FileState, int]:
    """How many of the alerts that are looked for lie in each tab."""
    tab = _tab(now).label("tab")
    joined = alert.outerjoin(case_file, case_file.c.alert == alert.c.id)
    query = select(tab, func.count().label("number")).select_from(joined).where(*wanted.conditions)
    rows = session.execute(query.group_by(tab))
    return {FileState(row.tab): row.number for row in rows}


def listing(now: datetime, tab: FileState, wanted: Wanted = ALL) -> Listing[int]:
    """Ids of the alerts of a tab that are looked for; sorted by `score` or `age`."""
    joined = alert.outerjoin(case_file, case_file.c.alert == alert.c.id)
    query = select(alert.c.id).select_from(joined).where(_tab(now) == tab, *wanted.conditions)
    sorts: dict[str, Columns] = {
        "score": (By(alert.c.score_hundredths, down=True), alert.c.id),
        "age": (alert.c.opened_at, alert.c.id),
    }
    return Listing(query, sorts, lambda _, keys: [key.id for key in keys])


def find_file(session: Session, alert_id: int, *, locked: bool = False) -> File | None:
    """The file of an alert; `locked` keeps others from deciding until the end of the transaction."""
    query = select(case_file).where(case_file.c.alert == alert_id)
    row = session.execute(query.with_for_update() if locked else query).one_or_none()
    return _file(row) if row else None


def list_files(session: Session, alerts: Collection[int]) -> dict[int, File]:
    """Files by alert."""
    rows = session.execute(select(case_file).where(case_file.c.alert.in_(alerts)))
    return {row.alert: _file(row) for row in rows}


class FileRow(Protocol):
    """A row of the files."""

    alert: int
    state: str
    version: int
    watch_until: datetime | None
    taken_by: int | None
    lease_until: datetime | None


def _file(r: FileRow) -> File:
    return File(r.alert, FileState(r.state), r.version, r.watch_until, r.taken_by, r.lease_until)


def take_next(session: Session, user_id: int, now: datetime, until: datetime) -> int | None:
    """Lease the gravest alert that nobody has on the desk. Two who ask at once get two different ones."""
    free = or_(case_file.c.lease_until.is_(None), case_file.c.lease_until <= now)
    query = (
        select(case_file.c.alert)
        .join(alert, alert.c.id == case_file.c.alert)
        .where(_tab(now) == FileState.REVIEW, free)
        .order_by(alert.c.score_hundredths.desc(), alert.c.id)
        .limit(1)
        .with_for_update(of=case_file, skip_locked=True)
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        return None
    session.execute(
        update(case_file)
        .where(case_file.c.taken_by == user_id, case_file.c.alert != found)
        .values(taken_by=None, lease_until=None)
    )
    session.execute(update(case_file).where(case_file.c.alert == found).values(taken_by=user_id, lease_until=until))
    return int(found)


def find_taken(session: Session, user_id: int, now: datetime) -> int | None:
    """The alert that a person has on the desk."""
    query = select(case_file.c.alert).where(case_file.c.taken_by == user_id, case_file.c.lease_until > now)
    return session.execute(query.limit(1)).scalar_one_or_none()


def save_file(session: Session, file: File) -> None:
    """Write what a decision made of a file."""
    session.execute(
        update(case_file)
        .where(case_file.c.alert == file.alert)
        .values(
            state=file.state,
            version=file.version,
            watch_until=file.watch_until,
            taken_by=file.taken_by,
            lease_until=file.lease_until,
        )
    )


def add_decision(
    session: Session, judgement: Judgement, after: File, user_id: int, at: datetime, evidence: bytes
) -> None:
    """Append a decision, with the file as it is after it."""
    session.execute(
        insert(decision).values(
            alert=after.alert,
            number=after.version,
            outcome=judgement.outcome,
            reasons=list(judgement.reasons),
            note=judgement.note.strip(),
            watch_until=after.watch_until,
            user=user_id,
            decided_at=at,
            alert_version=judgement.alert_version,
            evidence=evidence,
        )
    )


def list_decisions(session: Session, alerts: Collection[int]) -> dict[int, list[Decision]]:
    """Decisions by alert, in their order."""
    found: dict[int, list[Decision]] = {}
    rows = session.execute(
        select(decision, person.c.name.label("by"))
        .join(person, person.c.id == decision.c.user)
        .where(decision.c.alert.in_(alerts))
        .order_by(decision.c.alert, decision.c.number)
    )
    for row in rows:
        found.setdefault(row.alert, []).append(_decision(row))
    return found


class DecisionRow(Protocol):
    """A row of the decisions, with who decided by name."""

    id: int
    alert: int
    number: int
    outcome: str
    reasons: list[str]
    note: str
    watch_until: datetime | None
    user: int
    by: str
    decided_at: datetime
    alert_version: int
    evidence: bytes


def _decision(r: DecisionRow) -> Decision:
    return Decision(
        r.id, r.alert, r.number, Outcome(r.outcome), tuple(Reason(each) for each in r.reasons), r.note, r.watch_until,
        r.user, r.by, r.decided_at, r.alert_version, r.evidence,
    )  # fmt: skip


def user_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Names of people by id."""
    return {row.id: row.name for row in session.execute(select(person).where(person.c.id.in_(ids)))}
