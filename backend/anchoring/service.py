"""Use cases of anchoring: queue evidence, tell how far it is, prove that it is there."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from backend.anchoring import store, store_figures, store_tree
from backend.anchoring.rules import LOG, AnchorState, EvidenceKind, LeafProof
from backend.capture.rules import Accepted, EvidenceState
from ledger_indexer.mirror import queries
from scanner.device.capture import Step
from scanner.epcis.canonical import canonical
from scanner.evidence.proof import consistency_path, inclusion_path
from scanner.evidence.tree import root_at

states = store.states
count_states = store.count_states
find_leaf_record = store.find_leaf_record
count_not_final = store_figures.count_not_final
count_final = store_figures.count_final
oldest_waiting = store_figures.oldest_waiting
lanes = store_figures.lanes
open_intents = store_figures.open_intents
captures_under_way = store_figures.captures_under_way


def enqueue(session: Session, accepted: Accepted) -> None:
    """A capture waits for the chain: with a step as a record of its own, without one as a leaf of the evidence log.

    Called last among the reactions: whoever depends on another capture waited for its locks in custody, so the order
    of this queue is an order in which the contract can take them.
    """
    store.add_anchor(
        session, accepted.evidence, EvidenceKind.LEAF if accepted.capture.step is Step.NONE else EvidenceKind.RECORD
    )


def add_leaf(session: Session, kind: str, record: Mapping[str, object], *, now: datetime) -> bytes:
    """Keep a record (a scan, a price report, a decision) as evidence; returns its hash. The same again changes nothing.

    The record must hold no personal data: its canonical bytes are kept for ever and its hash stands on chain.

    Raises:
        scanner.errors.Malformed: a value that JSON cannot carry exactly.
    """
    body = canonical(dict(record))
    evidence = sha256(body).digest()
    store.add_leaf_record(session, evidence, kind, body, now)
    store.add_anchor(session, evidence, EvidenceKind.LEAF)
    return evidence


def find_state(session: Session, evidence: bytes) -> AnchorState | None:
    """How far an evidence is, or None when we never had it."""
    return store.states(session, [evidence]).get(evidence)


def how_far(session: Session, evidence: bytes) -> EvidenceState:
    """How far an evidence that was taken is; what we have not looked at yet is captured."""
    found = find_state(session, evidence)
    return found.state if found else EvidenceState.CAPTURED


def leaf_proof(session: Session, evidence: bytes) -> LeafProof | None:
    """Proof of a leaf against the newest head that the mirror shows; None while no accepted head covers it."""
    index = store_tree.find_index(session, evidence)
    head = queries.head(session.connection(), LOG)
    if index is None or head is None or index >= head.size:
        return None
    path = inclusion_path(index, head.size, store_tree.get_node(session))
    return LeafProof(evidence, index, head.size, head.root, tuple(path), head.block_number, head.tx_hash)


def path_under(session: Session, evidence: bytes, size: int) -> tuple[int, tuple[bytes, ...]] | None:
    """Place and inclusion path of a leaf under the head of a size; None when it is not among that head's leaves."""
    index = store_tree.find_index(session, evidence)
    if index is None or index >= size:
        return None
    return index, tuple(inclusion_path(index, size, store_tree.get_node(session)))


def first_cover(session: Session, evidence: bytes) -> tuple[queries.HeadRow, int, tuple[bytes, ...]] | None:
    """The first accepted head over a leaf, with the leaf's place and path under it; None while there is none."""
    index = store_tree.find_index(session, evidence)
    head = None if index is None else queries.first_head(session.connection(), LOG, index + 1)
    if index is None or head is None:
        return None
    return head, index, tuple(inclusion_path(index, head.size, store_tree.get_node(session)))


def growth(session: Session, first: int, second: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Root of the log at an earlier size, and the consistency proof from there; IndexError when it was never of it."""
    look = store_tree.get_node(session)
    path = consistency_path(first, second, look)
    return root_at(first, look), tuple(path)
