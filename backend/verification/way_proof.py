"""Making the proof of a way: every step of a bottle or a case with whose device signed it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.capture.rules import BatchKey
from backend.catalog.rules import Unit
from backend.custody import service as custody
from backend.errors import NotFound, Unavailable
from backend.units import history
from backend.units.rules import Kind
from backend.verification import service, way_history
from backend.verification.line import HANDING
from backend.verification.rules import Told
from backend.verification.way_form import Signed, WayProof, order_of
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.proving.proof_file import HeadProof, Leaf, RowProof
from ledger_indexer.proving.prove import key_of, prove_row
from scanner.device.events import case_uri, item_uri
from scanner.device.signing import device_id

_HANDING = frozenset({Kind.SHIP, Kind.RECEIVE, Kind.RETURN, Kind.SELL, Kind.WRITE_OFF})


class Prover:
    """Takes rows' proofs out of one mirror and one node; a key's enrolment is proven once for all its steps."""

    def __init__(self, session: Session, node: Node, snapshot: Snapshot, deployment: Deployment) -> None:
        self._session = session
        self._connection = session.connection()
        self._source = (node, snapshot, deployment)
        shown = snapshot.tip()
        self._tip = shown[0] if shown else -1

    def tell(self, told: list[Told]) -> list[Signed]:
        """All steps; what was declared an error before the chain took it never was one there. Raises as `signed`."""
        voided = [each.kept.evidence for each in told if each.voided]
        taken = {key for key, at in queries.positions_of(self._connection, voided).items() if at.refused is None}
        return in_chain_order([self.signed(each) for each in told if not each.voided or each.kept.evidence in taken])

    def signed(self, told: Told) -> Signed:
        """One step. Raises Unavailable when it is not on chain yet, and as `ledger_indexer.proving.prove.prove_row`."""
        kept = told.kept
        recorded, packed = None, None
        if told.reading.packing is not None:
            place, packed = self._packed(kept.evidence)
        else:
            place = self._recorded(kept.evidence)
            recorded = self._row("Captured", place)
        enrolled, revoked = queries.enrolment(self._connection, device_id(kept.signer), place)
        if enrolled is None:
            raise Unavailable(f"the mirror has no enrolment of the device that signed {kept.evidence.hex()}")
        gone = revoked if revoked and revoked[0] <= self._tip else None
        return Signed(
            event=kept.event,
            signer="0x" + kept.signer.hex(),
            signature="0x" + kept.signature.hex(),
            gln=kept.party,
            recorded=recorded,
            packed=packed,
            enrolled=self._row("DeviceEnrolled", enrolled),
            revoked=self._row("DeviceRevoked", gone) if gone else None,
            voided=self._row("CaptureVoided", self._declared(kept.evidence)) if told.voided else None,
        )

    def _row(self, log: str, place: tuple[int, int]) -> RowProof:
        return prove_row(*self._source, key_of(log, place))

    def _recorded(self, evidence: bytes) -> tuple[int, int]:
        return self._place(evidence, queries.positions_of(self._connection, [evidence]).get(evidence))

    def _place(self, evidence: bytes, where: queries.Position | None) -> tuple[int, int]:
        # The mirror goes on while we read: what it shows beyond the snapshot that proves is not there yet.
        if where is None or where.refused is not None or where.block_number > self._tip:
            raise Unavailable(f"step {evidence.hex()} is not on chain yet; try again in a moment")
        return where.block_number, where.log_index

    def _declared(self, evidence: bytes) -> tuple[int, int]:
        declaration = queries.voided_by(self._connection, [evidence]).get(evidence)
        return self._place(evidence, None) if declaration is None else self._recorded(declaration)

    def _packed(self, evidence: bytes) -> tuple[tuple[int, int], HeadProof]:
        """Under the first head that covers it: so its place among enrolments and revocations is the nearest."""
        cover = anchoring.first_cover(self._session, evidence)
        if cover is None or cover[0].block_number > self._tip:
            raise Unavailable(f"packing {evidence.hex()} is not under a head on chain yet; try again in a moment")
        head, index, path = cover
        place = (head.block_number, head.log_index)
        leaf = Leaf("0x" + evidence.hex(), index, ["0x" + each.hex() for each in path])
        return place, HeadProof(anchored=self._row("HeadAccepted", place), leaf=leaf)


def in_chain_order(steps: Sequence[Signed]) -> list[Signed]:
    """The steps with records in the order of their places on chain, and packings in that of their leaves.

    Between the two there is no order on chain, so that each packing keeps its place among the records by the order of
    capture. Records of one batch were written in that order too, but for one whose first transaction failed.
    """
    records = iter(sorted((each for each in steps if each.packed is None), key=lambda each: order_of(each.stands)))
    leaves = iter(sorted((each for each in steps if each.packed is not None), key=_leaf))
    return [next(records if each.packed is None else leaves) for each in steps]


def _leaf(step: Signed) -> int:
    assert step.packed is not None  # only packings are asked
    assert step.packed.leaf is not None  # `Prover` writes none without
    return step.packed.leaf.index


def bottle_way(session: Session, unit: Unit, prover: Prover, deployment: Deployment) -> WayProof:
    """The way of a bottle since its batch was bottled. Raises as `Prover.signed`."""
    own = BatchKey(unit.gtin, unit.batch)
    steps = [each.evidence for each in custody.trail(session, unit) if each.batch == own]
    code = service.proof_text(session, unit, deployment)
    told = [each for each in way_history.of_bottle(session, unit, steps) if each.batch in (None, own)]
    return WayProof(unit=item_uri(unit.gtin, unit.serial), code=code, steps=prover.tell(told))


def case_way(session: Session, sscc: str, prover: Prover) -> WayProof:
    """The hand-overs of a case or a pallet: what moved it, or what it lay in at the time.

    Raises:
        NotFound: no case has this SSCC.
        Unavailable: it was in no hand-over yet; and as `Prover.signed`.
    """
    key = case_uri(sscc)
    way = history.ways(session, [key]).get(key)
    if way is None:
        raise NotFound(f"there is no case {sscc}", sscc=sscc)
    told = way_history.of_unit(session, key, {each.evidence for each in way if each.kind in _HANDING})
    if not any(each.reading.step in HANDING and not each.voided for each in told):
        raise Unavailable(f"case {sscc} was in no hand-over yet", sscc=sscc)
    return WayProof(unit=key, steps=prover.tell(told))
