"""SQL of anchors: how far evidence is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Executable, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.anchoring.rules import OPEN, AnchorState, EvidenceKind, IntentKind
from backend.capture.rules import EvidenceState
from backend.db.prepared import Prepared
from backend.db.tables.anchoring import anchor, intent, leaf_record

_LOCK = 0x616E6368  # "anch"


def lock(session: Session) -> bool:
    """Keep other workers away until this transaction ends; False when another one is at it."""
    return bool(session.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar_one())


_ADD_ANCHOR = Prepared(upsert(anchor).on_conflict_do_nothing(), ["evidence", "kind", "state"])


def add_anchor(session: Session, evidence: bytes, kind: EvidenceKind) -> None:
    """Queue an evidence; the same again changes nothing."""
    _ADD_ANCHOR.run(session, {"evidence": evidence, "kind": kind, "state": EvidenceState.CAPTURED})


def add_leaf_record(session: Session, evidence: bytes, kind: str, body: bytes, at: datetime) -> None:
    """Keep the record behind a leaf; the same again changes nothing."""
    values = {"evidence": evidence, "kind": kind, "body": body, "added_at": at}
    session.execute(upsert(leaf_record).values(values).on_conflict_do_nothing())


def find_leaf_record(session: Session, evidence: bytes) -> tuple[str, bytes] | None:
    """Kind and canonical bytes of the record behind a leaf."""
    found = session.execute(
        select(leaf_record.c.kind, leaf_record.c.body).where(leaf_record.c.evidence == evidence)
    ).one_or_none()
    return (found.kind, found.body) if found else None


def list_waiting(session: Session, kind: EvidenceKind, limit: int) -> list[bytes]:
    """Evidences that no transaction carries yet, in the order they were captured."""
    query = select(anchor.c.evidence).where(anchor.c.kind == kind, anchor.c.state == EvidenceState.CAPTURED)
    return list(session.execute(query.order_by(anchor.c.seq).limit(limit)).scalars())


def seqs_of(session: Session, evidences: Collection[bytes]) -> dict[bytes, int]:
    """Numbers of evidences in the one order of captures and changes."""
    query = select(anchor.c.evidence, anchor.c.seq).where(anchor.c.evidence.in_(evidences))
    return {row.evidence: row.seq for row in session.execute(query)}


def bundle(session: Session, evidences: Collection[bytes], intent_id: int) -> None:
    """Evidences are carried by this intent from now on."""
    session.execute(
        update(anchor).where(anchor.c.evidence.in_(evidences)).values(state=EvidenceState.BUNDLED, intent=intent_id)
    )


def states(session: Session, evidences: Collection[bytes]) -> dict[bytes, AnchorState]:
    """How far each evidence is; unknown ones are absent."""
    return {each.evidence: each for each in _anchors(session, select(anchor).where(anchor.c.evidence.in_(evidences)))}


def anchors_of(session: Session, intent_id: int) -> list[AnchorState]:
    """What an intent carries."""
    return _anchors(session, select(anchor).where(anchor.c.intent == intent_id).order_by(anchor.c.seq))


def _anchors(session: Session, query: Executable) -> list[AnchorState]:
    return [_anchor(row) for row in session.execute(query)]


class AnchorRow(Protocol):
    """A row of the anchors."""

    evidence: bytes
    kind: str
    state: str
    refusal: dict[str, object] | None
    block_number: int | None
    tx_hash: bytes | None
    log_index: int | None


def _anchor(r: AnchorRow) -> AnchorState:
    kind, state = EvidenceKind(r.kind), EvidenceState(r.state)
    return AnchorState(r.evidence, kind, state, r.refusal, r.block_number, r.tx_hash, r.log_index)


def count_states(session: Session) -> dict[tuple[str, str], int]:
    """How many evidences are in each state, by (kind, state)."""
    query = select(anchor.c.kind, anchor.c.state, func.count()).group_by(anchor.c.kind, anchor.c.state)
    return {(kind, state): count for kind, state, count in session.execute(query)}


def set_states(session: Session, changed: Sequence[AnchorState]) -> None:
    """Write where evidences stand now."""
    if changed:
        places = ("state", "refusal", "block_number", "tx_hash", "log_index")
        session.connection().execute(
            update(anchor)
            .where(anchor.c.evidence == bindparam("key"))
            .values({name: bindparam(f"new_{name}", type_=anchor.c[name].type) for name in places}),
            [{"key": a.evidence} | {f"new_{name}": getattr(a, name) for name in places} for a in changed],
        )


def set_states_of(session: Session, intent_id: int, like: AnchorState) -> None:
    """All that an intent carries stands where `like` says."""
    session.execute(
        update(anchor)
        .where(anchor.c.intent == intent_id)
        .values(state=like.state, block_number=like.block_number, tx_hash=like.tx_hash, log_index=like.log_index)
    )


def count_reverts(session: Session, evidences: Collection[bytes]) -> dict[bytes, int]:
    """How many transactions with an evidence reverted; those of which none did are absent."""
    query = select(anchor.c.evidence, anchor.c.reverts).where(anchor.c.evidence.in_(evidences), anchor.c.reverts > 0)
    return {row.evidence: row.reverts for row in session.execute(query)}


def refuse(session: Session, evidence: bytes, refusal: Mapping[str, object]) -> None:
    """An evidence will not reach the chain: no transaction is made for it any more."""
    session.execute(
        update(anchor).where(anchor.c.evidence == evidence).values(state=EvidenceState.REFUSED, refusal=refusal)
    )


def release(session: Session, intent_id: int, *, reverted: bool) -> None:
    """An intent died: its records wait again, and so do later ones that were refused for want of them; of an enrolment,
    those that were refused for want of the party or the device, and later ones."""
    if reverted:
        session.execute(update(anchor).where(anchor.c.intent == intent_id).values(reverts=anchor.c.reverts + 1))
    first = select(func.min(anchor.c.seq)).where(anchor.c.intent == intent_id, anchor.c.kind == EvidenceKind.RECORD)
    after = session.execute(first).scalar_one_or_none()
    if (
        after is None
        and session.execute(select(intent.c.kind).where(intent.c.id == intent_id)).scalar_one() == IntentKind.ENROL
    ):
        unknown = anchor.c.refusal["kind"].astext.in_(("DeviceUnknown", "PartyUnknown"))
        after = session.execute(
            select(func.min(anchor.c.seq)).where(anchor.c.state == EvidenceState.REFUSED, unknown)
        ).scalar_one()
    if after is None:
        return
    session.execute(
        update(anchor)
        .where(anchor.c.kind == EvidenceKind.RECORD, anchor.c.seq >= after)
        .where((anchor.c.intent == intent_id) | (anchor.c.state == EvidenceState.REFUSED))
        .values(
            state=EvidenceState.CAPTURED, intent=None, refusal=None, block_number=None, tx_hash=None, log_index=None
        )
    )


def batches_under_way(session: Session) -> dict[bytes, set[bytes]]:
    """Batches of captures that are not final yet, each with the relayers that carry them."""
    query = select(func.unnest(intent.c.batches).label("batch"), intent.c.relayer)
    found: dict[bytes, set[bytes]] = {}
    for batch, relayer in session.execute(
        query.where(intent.c.state.in_(OPEN), intent.c.kind == IntentKind.RECORD).distinct()
    ):
        found.setdefault(batch, set()).add(relayer)
    return found
