"""Use cases of cases: the queue, take the next, decide, and everything one screen shows."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.cases import rules, store
from backend.cases.rules import Decision, File, FileState, Judgement, Outcome
from backend.db.paging import Asked, Listing
from backend.db.searching import typed
from backend.identity import service as identity
from backend.identity.rules import Party, Principal
from backend.risk import service as risk
from backend.risk.rules import Alert

QUEUE_MOST, QUEUE_SHOWN = 200, 30
"""Alerts of a tab that one can step through from one alert to the next, and those that stand beside it."""
_NUMBER = re.compile(r"(?:#|第|no\.)?\s*([0-9]{1,12})\s*号?", re.IGNORECASE)
"""An alert's number as people write it; a GLN has 13 digits."""


@dataclass(frozen=True)
class Row:
    """One alert in the queue."""

    alert: Alert
    file: File
    dealer: Party | None
    decision: Decision | None
    taken_by: str | None
    due: rules.Due


@dataclass(frozen=True)
class Queue:
    """A tab as it stands beside one of its alerts: how many lie in it, the gravest by id, and the first as rows."""

    total: int
    ids: tuple[int, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Record:
    """A dealer's past: alerts decided, how many of them were false, and those alerts themselves."""

    decided: int
    dismissed: int
    alerts: tuple[tuple[Alert, Decision | None], ...]


def listing(tab: FileState, *, now: datetime, words: str = "") -> Listing[Row]:
    """The alerts of a tab; all or those that words mean: by name of the dealer, GLN, number."""
    return store.listing(now, tab, _wanted(words)).turned(partial(_rows, now=now))


def count_tabs(session: Session, now: datetime, words: str = "") -> dict[FileState, int]:
    """How many alerts lie in each tab, all or those that some words mean."""
    return store.count_tabs(session, now, _wanted(words))


def _wanted(words: str) -> store.Wanted:
    found = _NUMBER.fullmatch(typed(words))
    number = int(found[1]) if found else None
    return store.Wanted(identity.Members(words=words).select(), number)


def get_queue(session: Session, tab: FileState, *, now: datetime) -> Queue:
    """The gravest alerts of a tab, the first of them as rows."""
    found = store.listing(now, tab).page(session, Asked(1, QUEUE_MOST, "score"))
    return Queue(found.total, tuple(found.items), tuple(_rows(session, found.items[:QUEUE_SHOWN], now=now)))


def _rows(session: Session, ids: Sequence[int], *, now: datetime) -> list[Row]:
    alerts = {alert.id: alert for alert in risk.list_alerts(session, ids=ids)}
    files, decisions = store.list_files(session, ids), store.list_decisions(session, ids)
    names = store.user_names(session, {f.taken_by for f in files.values() if f.taken_by})
    parties = identity.parties_of(session, {alert.dealer for alert in alerts.values()})
    rows = []
    for id in ids:
        file = files.get(id, File(id))
        taken = file.taken(now)
        decision = rules.standing(decisions.get(id, ()))
        due = rules.due(alerts[id].opened_at, now)
        taker = names.get(taken) if taken else None
        rows.append(Row(alerts[id], file, parties.get(alerts[id].dealer), decision, taker, due))
    return rows


def open_file(session: Session, alert_id: int) -> None:
    """Give a new alert its file: what follows when risk raises one."""
    store.open_file(session, alert_id)


def take_next(session: Session, by: Principal, *, now: datetime) -> int | None:
    """Lease the gravest alert nobody has on the desk; when there is none, the one that is on one's own; or None."""
    store.open_missing_files(session)  # a worker of an earlier release raises alerts without, until it is restarted
    return store.take_next(session, by.user_id, now, now + rules.LEASE) or store.find_taken(session, by.user_id, now)


def decide(
    session: Session, alert_id: int, judgement: Judgement, *, by: Principal, now: datetime
) -> tuple[File, bytes]:
    """Take a decision; the file after it, and its leaf of the evidence log.

    Raises:
        NotFound: no such alert.
        CaseDecided, AlertChanged, TakenByAnother, NothingToUndo: it is not as the person saw it.
        ReasonMissing, WatchTooLong: the decision is incomplete.
    """
    alert = risk.get_alert(session, alert_id, locked=True)
    store.open_file(session, alert_id)  # as it was when the alert was raised, unless by a worker of an earlier release
    file = store.find_file(session, alert_id, locked=True)
    assert file is not None
    after = rules.judge(file, judgement, alert_version=alert.version, by=by.user_id, now=now)
    leaf = rules.record(judgement, after, alert.run.inputs_hash, alert.run.model, now)
    evidence = anchoring.add_leaf(session, "decision", leaf, now=now)
    store.save_file(session, after)
    store.add_decision(session, judgement, after, by.user_id, now, evidence)
    return after, evidence


def get_file(session: Session, alert_id: int) -> File:
    """The file of an alert; an alert nobody has touched has an empty one."""
    return store.find_file(session, alert_id) or File(alert_id)


def list_decisions(session: Session, alert_id: int) -> list[Decision]:
    """All decisions on an alert, in their order."""
    return store.list_decisions(session, [alert_id]).get(alert_id, [])


def taker(session: Session, file: File, now: datetime) -> str | None:
    """Name of the person who has the alert on the desk now."""
    taken = file.taken(now)
    return store.user_names(session, [taken]).get(taken) if taken else None


def record_of(session: Session, alert: Alert) -> Record:
    """The dealer's other alerts with their outcomes."""
    others = [each for each in risk.list_alerts(session, dealer=alert.dealer) if each.id != alert.id]
    decisions = store.list_decisions(session, [each.id for each in others])
    judged = tuple((each, rules.standing(decisions.get(each.id, ()))) for each in others)
    outcomes = Counter(decision.outcome for _, decision in judged if decision)
    return Record(outcomes[Outcome.CONFIRMED] + outcomes[Outcome.DISMISSED], outcomes[Outcome.DISMISSED], judged)
