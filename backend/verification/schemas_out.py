"""JSON of a bottle's proof, which phones check by themselves, and of the proof of its way."""

from typing import Annotated

from pydantic import BaseModel

from backend.capture.rules import EvidenceState
from backend.verification.schemas import PACKING
from backend.web.shapes import SignedEvent, names_of, struct_schema
from ledger_indexer.proving.proof_file import HeadProof, RowProof
from scanner.device.capture import Step

RowOut = Annotated[dict[str, object], struct_schema(RowProof)]
HeadOut = Annotated[dict[str, object], struct_schema(HeadProof)]


class UnitOut(BaseModel):
    """A bottle as its leaf names it; `inner` is the hash of its inner code."""

    gtin: str
    batch: str
    serial: str
    sscc: str
    inner: str


class LeafOut(BaseModel):
    """Where a packing stands in the evidence log: its index under a head of this size, and the path there."""

    index: int
    size: int
    path: list[str]


class SaidArrivedOut(BaseModel):
    """What a sender alone tells of an arrival."""

    evidence: str
    at: str
    late: bool
    signed_by_addressee: bool


class EntryOut(BaseModel):
    """A step or packing with its event as it was signed, how far it is, and where it stands on chain.

    `enrolled` and `revoked` are blocks of its device's key. `leaf` is there for packings that are in the log,
    `delivered` for shipments that nobody has signed for.
    """

    evidence: str
    step: Annotated[str, names_of(Step, *PACKING.values())]
    event: SignedEvent
    state: EvidenceState
    block: int | None
    tx: str | None
    device: str
    enrolled: int | None
    revoked: int | None
    leaf: LeafOut | None = None
    delivered: SaidArrivedOut | None = None


class ChainOut(BaseModel):
    """The contracts that a phone asks."""

    id: int
    ledger: str
    participants: str
    evidence_log: str
    from_block: int


class ProofOut(BaseModel):
    """All that a phone needs to check a bottle against the chain by itself: the bottle's leaf with its path to the
    batch's root, its history, and nodes to ask."""

    unit: UnitOut
    index: int
    size: int
    path: list[str]
    root: str
    goes_further_back: bool
    history: list[EntryOut]
    chain: ChainOut
    nodes: list[str]


class SignedOut(BaseModel):
    """One step of a way: the event as signed, by which key, whose GLN that is, and the proofs of the chain's logs that
    say so, each with its block's header and receipt (docs/proofs.md)."""

    event: SignedEvent
    signer: str
    signature: str
    gln: str
    recorded: RowOut | None
    packed: HeadOut | None
    enrolled: RowOut
    revoked: RowOut | None
    voided: RowOut | None


class WayOut(BaseModel):
    """The file for `jiulian verify`: a bottle by its canonical Digital Link, its own proof file, and its steps."""

    kind: str
    unit: str
    code: str | None
    steps: list[SignedOut]
