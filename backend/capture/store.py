"""SQL of capture. Rows are only ever added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

import orjson
from sqlalchemy import BigInteger, String, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.capture.rules import Accepted, Stored
from backend.db.prepared import Prepared, PreparedQuery
from backend.db.tables.capture import capture, refused_capture


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was refused, and why."""

    id: int
    kind: str
    message: str
    details: dict[str, object]
    claimed_signer: bytes | None
    body: bytes
    received_at: datetime


_ADD = Prepared(
    upsert(capture).on_conflict_do_nothing(index_elements=["evidence"]),
    [each.name for each in capture.c if each.name != "seq"],
)
_LOCK = Prepared(select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger))))


class EvidenceRow(Protocol):
    """The evidence of a capture."""

    evidence: bytes


_BY_EVENT_ID: PreparedQuery[EvidenceRow] = PreparedQuery(
    select(capture.c.evidence).where(
        capture.c.party == bindparam("party"),
        func.md5(capture.c.event_id) == func.md5(bindparam("event_id", type_=String)),
        capture.c.event_id == bindparam("event_id"),
        capture.c.voids.is_(None),
    )
)


def add_capture(session: Session, accepted: Accepted, body: bytes) -> bool:
    """Append a capture; False when its evidence is there already, also from a transaction that was a moment earlier."""
    batch = accepted.batch
    values = {
        "evidence": accepted.evidence,
        "body": body,
        "signer": accepted.signer,
        "signature": accepted.signature,
        "party": accepted.party,
        "step": int(accepted.capture.step),
        "gtin": batch.gtin if batch else None,
        "batch": batch.batch if batch else None,
        "event_id": accepted.event_id,
        "voids": accepted.reading.voids,
        "event_time": accepted.event_time,
        "captured_at": accepted.captured_at,
    }
    return _ADD.run(session, values) > 0


def lock_event_id(session: Session, party: str, event_id: str) -> None:
    """Let nobody else take an eventID of a party before this transaction ends."""
    number = int.from_bytes(sha256(f"eventID/{party}/{event_id}".encode()).digest()[:8], signed=True)
    _LOCK.run(session, {"number": number})


def find_by_event_id(session: Session, party: str, event_id: str) -> bytes | None:
    """Evidence of a party's event with this eventID; declarations that it was an error do not count."""
    found = _BY_EVENT_ID.one(session, {"party": party, "event_id": event_id})
    return found.evidence if found else None


def find_signature(session: Session, evidence: bytes) -> tuple[bytes, bytes] | None:
    """Who signed this evidence when it was captured, and how; None when it never was."""
    query = select(capture.c.signer, capture.c.signature).where(capture.c.evidence == evidence)
    found = session.execute(query).one_or_none()
    return (found.signer, found.signature) if found else None


def find_party(session: Session, evidence: bytes) -> str | None:
    """GLN of the party that this evidence was captured of; None when it never was."""
    return session.execute(select(capture.c.party).where(capture.c.evidence == evidence)).scalar_one_or_none()


def _stored(row: Row[tuple[object, ...]]) -> Stored:
    return Stored(
        row.seq,
        row.evidence,
        orjson.loads(row.body),
        row.signer,
        row.signature,
        row.party,
        row.step,
        row.event_time,
        row.captured_at,
    )


def list_by_evidence(session: Session, evidences: Collection[bytes]) -> list[Stored]:
    """Captures by their evidence, in the order they came; unknown ones are absent."""
    rows = session.execute(select(capture).where(capture.c.evidence.in_(evidences)).order_by(capture.c.seq))
    return [_stored(row) for row in rows]


def list_captures(
    session: Session,
    *,
    party: str | None = None,
    gtin: str | None = None,
    batch: str | None = None,
    steps: Collection[int] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: int = 0,
    limit: int = 1000,
) -> list[Stored]:
    """Captures in the order they came, after a sequence number; `since` and `until` bound the event's time."""
    query = select(capture).where(capture.c.seq > after).order_by(capture.c.seq).limit(limit)
    for column, value in ((capture.c.party, party), (capture.c.gtin, gtin), (capture.c.batch, batch)):
        if value is not None:
            query = query.where(column == value)
    if steps is not None:
        query = query.where(capture.c.step.in_([int(step) for step in steps]))
    if since is not None:
        query = query.where(capture.c.event_time >= since)
    if until is not None:
        query = query.where(capture.c.event_time < until)
    return [_stored(row) for row in session.execute(query)]


def add_refusal(
    session: Session,
    kind: str,
    message: str,
    details: dict[str, object],
    signer: bytes | None,
    body: bytes,
    at: datetime,
) -> int:
    """Keep a refused message; returns its number."""
    added = session.execute(
        insert(refused_capture)
        .values(kind=kind, message=message, details=details, claimed_signer=signer, body=body, received_at=at)
        .returning(refused_capture.c.id)
    )
    return int(added.scalar_one())


def count_refusals(session: Session, since: datetime, newest: int = 1000) -> dict[str, int]:
    """Messages refused since a time, by kind; of the newest ones alone, so that a flood costs nothing to count."""
    r = refused_capture.c
    last = select(r.kind, r.received_at).order_by(r.id.desc()).limit(newest).subquery()
    query = select(last.c.kind, func.count()).where(last.c.received_at >= since).group_by(last.c.kind)
    return {kind: int(count) for kind, count in session.execute(query)}


def list_refusals(session: Session, *, kind: str | None = None, limit: int = 200) -> Sequence[Refusal]:
    """Refused messages, newest first."""
    query = select(refused_capture).order_by(refused_capture.c.id.desc()).limit(limit)
    if kind is not None:
        query = query.where(refused_capture.c.kind == kind)
    return [
        Refusal(r.id, r.kind, r.message, r.details, r.claimed_signer, r.body, r.received_at)
        for r in session.execute(query)
    ]
