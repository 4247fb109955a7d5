"""SQL of intents: transactions as they were written down before they were sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.anchoring.rules import ALIVE, OPEN, SEEN, UNSEEN, Call, Fee, Intent, IntentKind, IntentState, Load, Signed
from backend.db.tables.anchoring import intent


def next_nonce(session: Session, relayer: bytes, chain_nonce: int) -> int:
    """The first nonce that neither the chain nor an intent has used."""
    newest = session.execute(select(func.max(intent.c.nonce)).where(intent.c.relayer == relayer)).scalar_one()
    return chain_nonce if newest is None else max(chain_nonce, int(newest) + 1)


def add_intent(
    session: Session,
    kind: IntentKind,
    key: str,
    relayer: bytes,
    nonce: int,
    call: Call,
    signed: Signed,
    fee: Fee,
    at: datetime,
    batches: Collection[bytes] = (),
) -> int:
    """Write a transaction down; returns its number."""
    added = session.execute(
        insert(intent)
        .values(
            kind=kind,
            key=key,
            relayer=relayer,
            nonce=nonce,
            batches=sorted(batches),
            call=call.to + call.data,
            gas=call.gas,
            raw=signed.raw,
            hashes=[signed.hash],
            fee=fee.most,
            tip=fee.tip,
            state=IntentState.WRITTEN,
            written_at=at,
            signed_at=at,
        )
        .returning(intent.c.id)
    )
    return int(added.scalar_one())


def _intent(r: Row[tuple[object, ...]]) -> Intent:
    return Intent(
        r.id,
        IntentKind(r.kind),
        r.key,
        r.nonce,
        Call(r.call[:20], r.call[20:], r.gas),
        r.raw,
        tuple(r.hashes),
        Fee(r.fee, r.tip),
        IntentState(r.state),
        r.seen_block,
        r.sent_at,
        r.signed_at,
    )


def list_open(session: Session) -> list[Intent]:
    """Intents that are not final yet, in the order in which they were written."""
    query = select(intent).where(intent.c.state.in_(OPEN)).order_by(intent.c.id)
    return [_intent(row) for row in session.execute(query)]


def count_unseen(session: Session, kind: IntentKind) -> int:
    """Intents of a kind that the mirror has not shown yet."""
    query = select(func.count()).select_from(intent).where(intent.c.state.in_(UNSEEN), intent.c.kind == kind)
    return int(session.execute(query).scalar_one())


def last_written(session: Session, kind: IntentKind) -> datetime | None:
    """When the newest intent of a kind was written; None when there is none."""
    found: datetime | None = session.execute(
        select(func.max(intent.c.written_at)).where(intent.c.kind == kind)
    ).scalar()
    return found


def load(session: Session, relayer: bytes) -> Load:
    """What a relayer has under way."""
    query = select(func.count(), func.min(intent.c.written_at).filter(intent.c.state == IntentState.WRITTEN))
    unseen, untaken = session.execute(query.where(intent.c.relayer == relayer, intent.c.state.in_(UNSEEN))).one()
    return Load(unseen, untaken)


def keys_open(session: Session, prefixes: Sequence[str]) -> set[str]:
    """Keys of intents that are not final yet, by their beginnings."""
    query = select(intent.c.key).where(intent.c.state.in_(OPEN))
    return {key for key in session.execute(query).scalars() if key.startswith(tuple(prefixes))}


def list_unsent(session: Session, relayer: bytes, limit: int) -> list[Intent]:
    """A relayer's intents that no node was given yet, in the order of their nonces."""
    query = select(intent).where(intent.c.relayer == relayer, intent.c.state.in_(UNSEEN), intent.c.sent_at.is_(None))
    return [_intent(row) for row in session.execute(query.order_by(intent.c.nonce).limit(limit))]


def is_to_resend(session: Session, relayer: bytes, before: datetime) -> bool:
    """Whether a relayer has intents that were given to a node before a time and that the mirror has not shown since."""
    query = select(intent.c.id).where(
        intent.c.relayer == relayer, intent.c.state.in_(UNSEEN), intent.c.sent_at <= before
    )
    return session.execute(query.limit(1)).first() is not None


def oldest_unseen(session: Session, relayer: bytes) -> datetime | None:
    """When the oldest of a relayer's intents that the mirror has not shown was signed; None without any."""
    query = select(func.min(intent.c.signed_at)).where(intent.c.relayer == relayer, intent.c.state.in_(UNSEEN))
    found: datetime | None = session.execute(query).scalar_one()
    return found


def list_unmined(session: Session, relayer: bytes, confirmed: int, limit: int) -> list[Intent]:
    """Intents of nonces that no block has used, in their order; among them what a deep rewind took back."""
    query = select(intent).where(intent.c.relayer == relayer, intent.c.nonce >= confirmed)
    query = query.where(intent.c.state.in_(ALIVE))
    return [_intent(row) for row in session.execute(query.order_by(intent.c.nonce).limit(limit))]


def list_unseen_below(session: Session, relayer: bytes, confirmed: int, before: datetime) -> list[Intent]:
    """Intents whose nonce a block has used, sent before a time, that the mirror does not show."""
    query = select(intent).where(
        intent.c.relayer == relayer,
        intent.c.nonce < confirmed,
        intent.c.state.in_(UNSEEN),
        intent.c.signed_at < before,
    )
    return [_intent(row) for row in session.execute(query.order_by(intent.c.nonce))]


def find_intents(session: Session, prefix: str) -> list[Intent]:
    """Intents that are not dead, by the beginning of their key, in the order in which they were written."""
    query = select(intent).where(intent.c.key.startswith(prefix), intent.c.state.in_(ALIVE)).order_by(intent.c.id)
    return [_intent(row) for row in session.execute(query)]


def last_seen_block(session: Session, later: Intent) -> int:
    """A block before which an intent cannot be: of the same relayer's newest one before it; 0 when there is none."""
    relayer = select(intent.c.relayer).where(intent.c.id == later.id).scalar_subquery()
    query = select(func.max(intent.c.seen_block)).where(intent.c.relayer == relayer, intent.c.nonce < later.nonce)
    return int(session.execute(query.where(intent.c.state.in_(SEEN))).scalar_one() or 0)


def keys_alive(session: Session, prefixes: Sequence[str]) -> set[str]:
    """Keys of intents that are not dead, by their beginnings."""
    found: set[str] = set()
    for prefix in prefixes:
        query = select(intent.c.key).where(intent.c.key.startswith(prefix), intent.c.state.in_(ALIVE))
        found.update(session.execute(query).scalars())
    return found


def count_dead(session: Session, key: str) -> int:
    """How often an intent with this key died."""
    query = select(func.count()).select_from(intent).where(intent.c.key == key, intent.c.state.not_in(ALIVE))
    return int(session.execute(query).scalar_one())


def is_superseded(session: Session, older: Intent) -> bool:
    """Whether a later intent about the same party or device was seen, so that the mirror shows that one's word."""
    about = ":".join(older.key.split(":")[:2]) + ":"
    query = select(func.count()).select_from(intent).where(intent.c.key.startswith(about), intent.c.id > older.id)
    return bool(session.execute(query.where(intent.c.state.in_(SEEN))).scalar_one())


def count_reverted_lately(session: Session, most: int, kind: IntentKind = IntentKind.RECORD) -> int:
    """How many of the newest transactions of a kind reverted, one after the other; `most` are looked at."""
    query = select(intent.c.state).where(intent.c.kind == kind).order_by(intent.c.id.desc()).limit(most)
    newest = list(session.execute(query).scalars())
    return next((count for count, state in enumerate(newest) if state != IntentState.REVERTED), len(newest))


class IntentChange(TypedDict, total=False):
    """What may become known of an intent."""

    state: IntentState
    sent_at: datetime | None
    seen_block: int | None


def set_intent(session: Session, intent_id: int, **values: Unpack[IntentChange]) -> None:
    """Change what is known of an intent."""
    session.execute(update(intent).where(intent.c.id == intent_id).values(**values))


def resign(session: Session, intent_id: int, signed: Signed, fee: Fee, at: datetime) -> None:
    """Write a new version of a transaction down: the same nonce, a higher fee; to be sent."""
    session.execute(
        update(intent)
        .where(intent.c.id == intent_id)
        .values(
            raw=signed.raw,
            hashes=func.array_append(intent.c.hashes, signed.hash),
            fee=fee.most,
            tip=fee.tip,
            signed_at=at,
            sent_at=None,
        )
    )
