"""The step that reads the mirror. Nothing else moves evidence past bundled, or back when the chain was rewritten."""

from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from backend.anchoring import calls, store, store_enrolments, store_intents, store_tree
from backend.anchoring.jobs.enrolling import is_party_mirrored
from backend.anchoring.rules import LOG, AnchorState, EvidenceKind, Intent, IntentKind, IntentState
from backend.capture.rules import EvidenceState
from backend.identity.rules import Standing
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.queries import Position
from scanner.device.names import party_id

_UNSEEN: int | None = None


def settle(session: Session, *, finality_depth: int) -> bool:
    """Let every open intent, and what it carries, stand where the mirror shows it."""
    tip = queries.tip(session.connection())
    if tip is None or not store.lock(session):
        return False
    final_block = tip.number - finality_depth
    changed = False
    for intent in store_intents.list_open(session):
        if intent.kind is IntentKind.RECORD:
            seen = _settle_records(session, intent, final_block)
        elif intent.kind is IntentKind.HEAD:
            seen = _settle_head(session, intent, final_block)
        elif intent.key.startswith(("announce:", "withdraw:")):
            logs = store_enrolments.logs_of(session, intent)
            seen = logs[-1].block_number if logs else _UNSEEN
        else:
            done = _is_done(session, intent) or store_intents.is_superseded(session, intent)
            seen = (intent.seen_block or tip.number) if done else _UNSEEN
        changed = _move(session, intent, seen, final_block) or changed
    return changed


def _move(session: Session, intent: Intent, seen: int | None, final_block: int) -> bool:
    """The intent itself: anchored at the block seen, final when deep enough; to be sent again when it vanished."""
    if seen is None:
        if intent.state is IntentState.ANCHORED:
            store_intents.set_intent(session, intent.id, state=IntentState.SENT, seen_block=None, sent_at=None)
        return intent.state is IntentState.ANCHORED
    state = IntentState.FINAL if seen <= final_block else IntentState.ANCHORED
    if (state, seen) != (intent.state, intent.seen_block):
        store_intents.set_intent(session, intent.id, state=state, seen_block=seen)
        return True
    return False


def _settle_records(session: Session, intent: Intent, final_block: int) -> int | None:
    """Captures one by one: recorded, refused, or not there. The newest block of them all, or None while one misses."""
    anchors = store.anchors_of(session, intent.id)
    positions = queries.positions_of(session.connection(), [each.evidence for each in anchors])
    stand = [_stand(each, positions.get(each.evidence), final_block) for each in anchors]
    store.set_states(session, [new for old, new in zip(anchors, stand, strict=True) if new != old])
    if len(positions) < len(anchors) or not anchors:
        return _UNSEEN
    return max(position.block_number for position in positions.values())


def _stand(anchor: AnchorState, position: Position | None, final_block: int) -> AnchorState:
    if position is None:
        return AnchorState(anchor.evidence, anchor.kind, EvidenceState.BUNDLED)
    state = EvidenceState.FINAL if position.block_number <= final_block else EvidenceState.ANCHORED
    refusal = None if position.refused is None else calls.refusal_of(position.refused)
    return AnchorState(
        anchor.evidence,
        anchor.kind,
        EvidenceState.REFUSED if refusal else state,
        refusal,
        position.block_number,
        position.tx_hash,
        position.log_index,
    )


def _settle_head(session: Session, intent: Intent, final_block: int) -> int | None:
    """All leaves of a head stand where the first head stands that covers them."""
    position = queries.head_position(session.connection(), LOG, store_tree.size_of_head(session, intent.id))
    seen = position.block_number if position else _UNSEEN
    if seen is None:
        state = EvidenceState.BUNDLED
    else:
        state = EvidenceState.FINAL if seen <= final_block else EvidenceState.ANCHORED
    is_new = (seen, str(state)) != (intent.seen_block, str(intent.state))
    if is_new and (seen is not None or intent.state is IntentState.ANCHORED):
        like = AnchorState(b"", EvidenceKind.LEAF, state)
        if position is not None:
            like = replace(like, block_number=seen, tx_hash=position.tx_hash, log_index=position.log_index)
        store.set_states_of(session, intent.id, like)
    return seen


def _is_done(session: Session, intent: Intent) -> bool:
    """Whether the mirror shows what an enrolment or a sanction asked for."""
    connection: Connection = session.connection()
    what, subject, *rest = intent.key.split(":")
    if what == "party":
        return is_party_mirrored(session, subject, int(rest[0]), rest[1])
    if what == "standing":
        found = queries.party(connection, party_id(subject))
        return found is not None and found.standing == calls.STANDINGS[Standing(rest[0])]
    if what == "invite":
        return any(each.invitation.hex() == rest[0] for each in queries.invitations(connection, party_id(subject)))
    known = queries.device(connection, bytes.fromhex(subject))
    return known is not None and (what == "device" or known.revoked)
