"""Where a phone finds the captures of a way on chain, and the keys that signed them."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.anchoring.rules import AnchorState
from backend.capture.rules import EvidenceState
from backend.verification.rules import Told
from backend.verification.schemas import Mark
from ledger_indexer.mirror import queries
from scanner.device.signing import device_id

_EVER = (2**62, 0)
"""A place in the chain that no log has yet."""


def of(session: Session, told: Sequence[Told]) -> dict[bytes, Mark]:
    """The mark of each capture, by its evidence."""
    states = anchoring.states(session, [each.kept.evidence for each in told])
    keys = {each.kept.signer: _blocks_of_key(session, each.kept.signer) for each in told}
    return {
        each.kept.evidence: _mark(session, each, states.get(each.kept.evidence), keys[each.kept.signer])
        for each in told
    }


def _mark(session: Session, told: Told, state: AnchorState | None, key: tuple[int | None, int | None]) -> Mark:
    device = device_id(told.kept.signer)
    if state is None:
        return Mark(EvidenceState.CAPTURED, None, None, device, *key)
    if told.reading.packing is None:
        return Mark(state.state, state.block_number, state.tx_hash, device, *key)
    cover = anchoring.first_cover(session, told.kept.evidence)
    if cover is None:
        return Mark(EvidenceState.BUNDLED, None, None, device, *key)
    head, index, path = cover
    return Mark(state.state, head.block_number, head.tx_hash, device, *key, (index, head.size, path))


def _blocks_of_key(session: Session, signer: bytes) -> tuple[int | None, int | None]:
    """In which blocks a key was enrolled and, if it was, revoked."""
    enrolled, revoked = queries.enrolment(session.connection(), device_id(signer), _EVER)
    return enrolled and enrolled[0], revoked and revoked[0]
