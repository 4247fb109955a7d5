"""What a person may decide on an alert, when, and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.errors import Malformed, Refused

LEASE = timedelta(minutes=15)
"""How long a taken alert is kept for the person who took it."""
DUE = timedelta(hours=72)
"""An alert should be decided so soon after it opened."""
SOON = timedelta(hours=24)
WATCH_MOST = timedelta(days=180)
NOTE_MOST = 2000


class FileState(StrEnum):
    """Where the file of an alert lies."""

    REVIEW = "review"
    WATCHING = "watching"
    FILED = "filed"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What a person decides on an alert."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    WATCH = "watch"
    UNDO = "undo"


class Reason(StrEnum):
    """Why a person decides so."""

    NO_PAPERS = "no_papers"
    TOO_MANY = "too_many"
    PRICE_BELOW = "price_below"
    AGAIN = "again"
    GIFT = "gift"
    TRAVELLERS = "travellers"
    PAPERS_FOUND = "papers_found"
    PLACE_WRONG = "place_wrong"
    TOO_FEW = "too_few"
    ASK_DEALER = "ask_dealer"
    FIELD_VISIT = "field_visit"


STATES: Mapping[Outcome, FileState] = {
    Outcome.CONFIRMED: FileState.FILED,
    Outcome.DISMISSED: FileState.CLOSED,
    Outcome.WATCH: FileState.WATCHING,
    Outcome.UNDO: FileState.REVIEW,
}
"""State of the file after each outcome."""
REASONS: Mapping[Outcome, tuple[Reason, ...]] = {
    Outcome.CONFIRMED: (Reason.NO_PAPERS, Reason.TOO_MANY, Reason.PRICE_BELOW, Reason.AGAIN),
    Outcome.DISMISSED: (Reason.GIFT, Reason.TRAVELLERS, Reason.PAPERS_FOUND, Reason.PLACE_WRONG),
    Outcome.WATCH: (Reason.TOO_FEW, Reason.ASK_DEALER, Reason.FIELD_VISIT),
    Outcome.UNDO: (),
}
"""Reasons that can be chosen for each outcome; a note may stand instead."""


class CaseDecided(Refused):
    """Somebody has decided on this alert since you opened it. Look again."""


class AlertChanged(Refused):
    """New evidence joined this alert since you opened it. Look again."""


class TakenByAnother(Refused):
    """Somebody else has this alert on the desk at the moment."""


class NothingToUndo(Refused):
    """No decision stands on this alert."""


class ReasonMissing(Malformed):
    """A decision needs a reason: choose one or write one."""


class WatchTooLong(Malformed):
    """An alert can be watched from tomorrow to half a year from now."""


@dataclass(frozen=True)
class File:
    """The file of an alert. `version` counts its decisions."""

    alert: int
    state: FileState = FileState.REVIEW
    version: int = 0
    watch_until: datetime | None = None
    taken_by: int | None = None
    lease_until: datetime | None = None

    def tab(self, now: datetime) -> FileState:
        """Where it lies now: what was watched long enough is to be reviewed again."""
        if self.state == FileState.WATCHING and self.watch_until is not None and self.watch_until <= now:
            return FileState.REVIEW
        return self.state

    def taken(self, now: datetime) -> int | None:
        """Who has it on the desk now."""
        return self.taken_by if self.lease_until is not None and self.lease_until > now else None


@dataclass(frozen=True)
class Judgement:
    """What a person says, with the versions that were seen."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    note: str
    watch_until: datetime | None
    alert_version: int
    case_version: int

    def __post_init__(self) -> None:
        if len(self.note) > NOTE_MOST:
            raise Malformed(f"note: at most {NOTE_MOST} characters", field="note")
        _check_reasons(self.outcome, self.reasons)


def judgement_of(
    outcome: str,
    reasons: Sequence[str],
    note: str,
    watch_until: datetime | None,
    *,
    alert_version: int,
    case_version: int,
) -> Judgement:
    """A judgement from the words in which it was sent.

    Raises:
        Malformed: the outcome is none, a reason is none of this outcome, or the note is too long.
    """
    if outcome not in list(Outcome):
        raise Malformed(f"outcome: one of {', '.join(Outcome)}", field="outcome")
    decided = Outcome(outcome)
    _check_reasons(decided, reasons)
    return Judgement(decided, tuple(Reason(each) for each in reasons), note, watch_until, alert_version, case_version)


def _check_reasons(outcome: Outcome, reasons: Sequence[str]) -> None:
    if unknown := set(reasons) - set(REASONS[outcome]):
        raise Malformed("reasons: not a reason for this outcome", field="reasons", unknown=sorted(unknown))


@dataclass(frozen=True)
class Decision:
    """A decision as it stands in the record."""

    id: int
    alert: int
    number: int
    outcome: Outcome
    reasons: tuple[Reason, ...]
    note: str
    watch_until: datetime | None
    user: int
    by: str
    decided_at: datetime
    alert_version: int
    evidence: bytes


class Due(StrEnum):
    """How an open alert stands against the promise to decide it within `DUE`."""

    FINE = "fine"
    SOON = "soon"
    OVER = "over"


def due(opened_at: datetime, now: datetime) -> Due:
    """Whether the promise holds, is near its end, or is broken."""
    left = opened_at + DUE - now
    return Due.OVER if left <= timedelta(0) else Due.SOON if left <= SOON else Due.FINE


def judge(file: File, judgement: Judgement, *, alert_version: int, by: int, now: datetime) -> File:
    """The file after a decision.

    Raises:
        CaseDecided: someone decided since. AlertChanged: evidence joined since.
        TakenByAnother: it is on another's desk.
        NothingToUndo: no decision stands. ReasonMissing, WatchTooLong: the decision is incomplete.
    """
    if judgement.case_version != file.version:
        raise CaseDecided(state=file.state, seen=judgement.case_version, now=file.version)
    if judgement.alert_version != alert_version:
        raise AlertChanged(seen=judgement.alert_version, now=alert_version)
    taken = file.taken(now)
    if taken is not None and taken != by:
        raise TakenByAnother(until=file.lease_until.isoformat() if file.lease_until else None)
    if judgement.outcome == Outcome.UNDO:
        if file.state == FileState.REVIEW:
            raise NothingToUndo()
    elif not judgement.reasons and not judgement.note.strip():
        raise ReasonMissing(field="reasons")
    until = judgement.watch_until if judgement.outcome == Outcome.WATCH else None
    if judgement.outcome == Outcome.WATCH and not (until and now < until <= now + WATCH_MOST):
        raise WatchTooLong(field="watch_until")
    return File(file.alert, STATES[judgement.outcome], file.version + 1, until)


def record(judgement: Judgement, file: File, inputs: bytes, model: str, now: datetime) -> dict[str, object]:
    """What the evidence log keeps of a decision: what and on which evidence; no name and no note, for good."""
    return {
        "kind": "decision",
        "alert": file.alert,
        "number": file.version,
        "outcome": judgement.outcome,
        "reasons": list(judgement.reasons),
        "alert_version": judgement.alert_version,
        "inputs": inputs.hex(),
        "model": model,
        "at": now.isoformat(),
    }


def standing(decisions: Sequence[Decision]) -> Decision | None:
    """The decision that stands: the last, unless it took the one before back."""
    return decisions[-1] if decisions and decisions[-1].outcome != Outcome.UNDO else None
