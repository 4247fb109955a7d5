"""SQL of keys: devices come and go, each change in one order with the captures, refused attempts beside them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol, TypedDict, Unpack

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from backend.db.prepared import Prepared
from backend.db.tables.identity import device, key_attempt, key_change, party
from backend.db.views.anchoring import chain_order
from backend.identity.rules import Standing
from backend.identity.rules_keys import Change, ChangeKind, change_from

_LOCK = 7_301
_SHARE = Prepared(select(func.pg_advisory_xact_lock_shared(_LOCK)))


def share_order(session: Session) -> None:
    """A capture is about to be judged: nobody's right to speak changes until this transaction ends."""
    _SHARE.run(session, {})


def take_order(session: Session) -> None:
    """Somebody's right to speak is about to change: waits for every capture that was judged before."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


class ChangeDetails(TypedDict, total=False):
    """What a change holds beside its kind, party and time, as `Change` has it."""

    signer: bytes | None
    by: bytes | None
    possession: bytes | None
    signature: bytes | None
    standing: Standing | None
    person: str | None


def add_change(
    session: Session, kind: ChangeKind, party_gln: str, subject: str, at: datetime, **values: Unpack[ChangeDetails]
) -> int:
    """Write a change down, to be told to the chain; `take_order` comes before it."""
    seq = session.execute(select(chain_order.next_value())).scalar_one()
    key = f"{subject}:{seq}" if kind in (ChangeKind.STANDING, ChangeKind.INVITE) else subject
    session.execute(insert(key_change).values(seq=seq, key=key, kind=kind, party=party_gln, at=at, **values))
    return seq


def list_changes(session: Session, party_gln: str) -> list[Change]:
    """What became of a party's keys, in its order."""
    query = select(key_change).where(key_change.c.party == party_gln, key_change.c.kind != ChangeKind.STANDING)
    return [change_from(row) for row in session.execute(query.order_by(key_change.c.seq))]


def list_standings(session: Session, glns: Collection[str]) -> dict[str, list[tuple[datetime, str]]]:
    """Each change of standing of parties, with when it was in force, in its order; a party without one is absent."""
    wanted = (key_change.c.kind == ChangeKind.STANDING) & key_change.c.party.in_(glns)
    query = select(key_change.c.party, key_change.c.at, key_change.c.standing).where(wanted)
    found: dict[str, list[tuple[datetime, str]]] = {}
    for row in session.execute(query.order_by(key_change.c.seq)) if glns else ():
        found.setdefault(row.party, []).append((row.at, row.standing))
    return found


def find_invitation(session: Session, party_gln: str) -> bytes | None:
    """Address of the invitation that is open for a party, or None."""
    wanted = key_change.c.kind.in_((ChangeKind.INVITE, ChangeKind.REDEEM))
    query = select(key_change).where(key_change.c.party == party_gln, wanted)
    row = session.execute(query.order_by(key_change.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None or row.kind == ChangeKind.REDEEM else bytes(row.by)


def silence(session: Session, signer: bytes, silenced_by: str, at: datetime) -> None:
    """A device speaks no more."""
    session.execute(
        update(device)
        .where(device.c.signer == signer, device.c.silenced_by.is_(None))
        .values(silenced_by=silenced_by, revoked_at=at)
    )


def unsilence(session: Session, signer: bytes) -> None:
    """A device speaks again."""
    session.execute(update(device).where(device.c.signer == signer).values(silenced_by=None, revoked_at=None))


def revoked_by_us(session: Session, signers: Collection[bytes]) -> set[bytes]:
    """Those devices that somebody revoked at our desk."""
    query = select(key_change.c.signer).where(key_change.c.kind == ChangeKind.REVOKE, key_change.c.signer.in_(signers))
    return set(session.execute(query).scalars())


def set_since(session: Session, signer: bytes, since: datetime) -> None:
    """The end of a device's notice is known."""
    session.execute(update(device).where(device.c.signer == signer).values(since=since))


def add_attempt(
    session: Session,
    party_gln: str,
    kind: ChangeKind,
    reason: str,
    message: str,
    details: Mapping[str, object],
    *,
    person: str | None,
    at: datetime,
) -> None:
    """Keep an attempt that was refused."""
    session.execute(
        insert(key_attempt).values(
            party=party_gln, kind=kind, reason=reason, message=message, details=dict(details), person=person, at=at
        )
    )


class AttemptRow(Protocol):
    """The newest of a sort of refused attempts, with how many there were and when the first was."""

    at: datetime
    kind: str
    reason: str
    message: str
    details: dict[str, object]
    person: str | None
    times: int
    since: datetime


def list_attempts(session: Session, party_gln: str, limit: int = 200) -> list[AttemptRow]:
    """Refused attempts on a party's keys: the newest of each person, kind and reason, with how many there were
    (`times`) and when the first was (`since`); persons' before those of nobody who is known."""
    order = (key_attempt.c.person, key_attempt.c.kind, key_attempt.c.reason)
    many, first = func.count().over(partition_by=order), func.min(key_attempt.c.at).over(partition_by=order)
    query = select(key_attempt, many.label("times"), first.label("since")).where(key_attempt.c.party == party_gln)
    newest = query.ext(distinct_on(*order)).order_by(*order, key_attempt.c.id.desc()).subquery()
    shown = select(newest).order_by(newest.c.person.is_(None), newest.c.id.desc()).limit(limit)
    rows: Iterable[AttemptRow] = session.execute(shown)
    return list(rows)


def glns_by_id(session: Session) -> dict[bytes, str]:
    """GLNs of all parties by their id on chain."""
    query = select(func.sha256(func.convert_to(party.c.gln, "UTF8")), party.c.gln)
    return {bytes(key): gln for key, gln in session.execute(query)}
