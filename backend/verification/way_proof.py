"""Making the proof of a way: every step of a bottle or a case with whose device signed it."""

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import Stored
from backend.catalog import service as catalog
from backend.catalog.rules import Unit
from backend.custody import service as custody
from backend.custody.rules import TrailStep
from backend.errors import NotFound, Unavailable
from backend.verification import service
from backend.verification.way_form import Signed, WayProof
from ledger_indexer import queries, tables
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.chain import Node
from ledger_indexer.prove import Place, prove
from ledger_indexer.snapshot import Snapshot
from scanner.device.capture import Step
from scanner.device.events import case_uri, item_uri
from scanner.device.names import unit_of
from scanner.device.reading import read
from scanner.device.signing import device_id

_OF_THE_CASE = frozenset({Step.SHIP, Step.RECEIVE, Step.RETURN, Step.WRITE_OFF})


class Prover:
    """Takes rows' proofs out of one mirror and one node; a key's enrolment is proven once for all its steps."""

    def __init__(self, connection: Connection, node: Node, snapshot: Snapshot, deployment: Deployment) -> None:
        self._connection = connection
        self._source = (node, snapshot, deployment)
        shown = snapshot.tip()
        self._tip = shown[0] if shown else -1

    def signed(self, kept: Stored) -> Signed:
        """One step. Raises Unavailable when it is not on chain yet, and as `ledger_indexer.prove.prove`."""
        where = queries.positions_of(self._connection, [kept.evidence]).get(kept.evidence)
        # The mirror goes on while we read: what it shows beyond the snapshot that proves is not there yet.
        if where is None or where.refused is not None or where.block_number > self._tip:
            raise Unavailable(f"step {kept.evidence.hex()} is not on chain yet; try again in a moment")
        recorded = (where.block_number, where.log_index)
        enrolled, revoked = queries.enrolment(self._connection, device_id(kept.signer), recorded)
        if enrolled is None:
            raise Unavailable(f"the mirror has no enrolment of the device that signed {kept.evidence.hex()}")
        return Signed(
            kept.event,
            "0x" + kept.signer.hex(),
            "0x" + kept.signature.hex(),
            kept.party,
            prove(*self._source, Place(tables.captured.name, *recorded)),
            prove(*self._source, Place(tables.device_enrolled.name, *enrolled)),
            prove(*self._source, Place(tables.device_revoked.name, *revoked))
            if revoked and revoked[0] <= self._tip
            else None,
        )


def bottle_way(session: Session, unit: Unit, prover: Prover, deployment: Deployment) -> WayProof:
    """The way of a bottle since its batch was bottled. Raises as `Prover.signed`."""
    steps = [step for step in custody.trail(session, unit) if (step.batch.gtin, step.batch.batch) == _batch(unit)]
    code = service.proof_text(session, unit, deployment)
    return WayProof(unit=item_uri(unit.gtin, unit.serial), code=code, steps=_signed(session, steps, prover))


def case_way(session: Session, sscc: str, prover: Prover) -> WayProof:
    """The hand-overs of a case: what named it, and what closed those shipments.

    Raises:
        NotFound: no case has this SSCC.
        Unavailable: it was in no hand-over yet; and as `Prover.signed`.
    """
    units = catalog.units_of_case(session, sscc)
    if not units:
        raise NotFound(f"there is no case {sscc}", sscc=sscc)
    key = unit_of(case_uri(sscc)).key
    steps, shipped = [], set()
    for step in custody.trail(session, units[0]):
        reading = read(step.event)
        named = {each.key for each in reading.units}
        if step.step in _OF_THE_CASE and (key in named or (not named and reading.ref in shipped)):
            steps.append(step)
            shipped |= {step.evidence} if step.step is Step.SHIP else set()
    if not steps:
        raise Unavailable(f"case {sscc} was in no hand-over yet", sscc=sscc)
    return WayProof(unit=key, steps=_signed(session, steps, prover))


def _batch(unit: Unit) -> tuple[str, str]:
    return unit.gtin, unit.batch


def _signed(session: Session, steps: list[TrailStep], prover: Prover) -> list[Signed]:
    kept = {each.evidence: each for each in capture.list_by_evidence(session, [step.evidence for step in steps])}
    return [prover.signed(kept[step.evidence]) for step in steps]
