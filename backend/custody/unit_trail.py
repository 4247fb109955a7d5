"""A bottle's way: what its batch was made of, and whose hands it went through. Read from the record of units."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import BatchKey
from backend.custody import rules, store_consignments, store_movements
from backend.custody.rules import Bottle, Movement, TrailStep
from backend.units import history
from backend.units import service as units
from backend.units.delivering import answers
from backend.units.history import Told
from backend.units.rules import Kind, UnitStep
from backend.units.rules_deliveries import Answer, DeclaredError
from scanner.device.capture import Step
from scanner.device.events import item_uri

ANCESTORS_MAX = 200
"""Batches that are followed back, the bottle's own among them; a solera of decades would otherwise never end."""
_SPEAKING = frozenset({Step.AGE, Step.INSPECT})
_OF_THE_BATCH = frozenset({Step.COMMISSION, Step.RECALL, Step.LIFT})
_HANDED_OVER = frozenset({Kind.RECEIVE, Kind.RETURN})
_MOVED = _HANDED_OVER | {Kind.SHIP, Kind.SELL, Kind.WRITE_OFF, Kind.CONSUME}


@dataclass(frozen=True, slots=True)
class Sale:
    """A party said that it sold a unit, from when that was taken until it was `declared` an error."""

    seller: str
    at: datetime
    declared: DeclaredError | None = None

    def stood(self, at: datetime) -> bool:
        """Whether it was told as sold at a moment, the moment of the sale left out."""
        return self.at < at and (self.declared is None or at < self.declared.at)


def trail(session: Session, unit: Bottle) -> tuple[TrailStep, ...]:
    """The steps of a bottle in the order of capture: making, codes, every hand-over of it or of the case it lay in.

    A hand-over or sale that was declared an error since stays, and says so: somebody answered by it until then. A
    shipment that was taken back before anybody signed anything of it is left out.
    """
    own = BatchKey(unit.gtin, unit.batch)
    ancestors = store_movements.list_ancestors(session, own, ANCESTORS_MAX)
    lines = store_movements.list_movements(session, keys=ancestors, steps=rules.BEARING | _SPEAKING | _OF_THE_BATCH)
    made = [each for line, each in lines if line == 0 and (each.batch == own or each.step not in _OF_THE_BATCH)]
    born = {each.batch: each.number for each in made if each.step in rules.BEARING}
    # What was said of a batch before the birth that counts was said of one that was taken back.
    making = [each for each in made if each.number >= born.get(each.batch, 0)]
    told = _told(session, unit)
    moved = list(dict.fromkeys(each.evidence for each in _way(told, unit) if each.kind in _MOVED))
    moving = store_movements.list_movements(session, evidences=moved, also_declared=True) if moved else []
    handed = [each for line, each in moving if line == 0]
    signed = {each.ref for each in handed if each.step is not Step.SHIP}
    shown = [
        each
        for each in handed
        if each.evidence not in told.errors or each.step is not Step.SHIP or each.evidence in signed
    ]
    return _steps(session, [*making, *shown], told.errors, _answers(session, unit))


def goes_further_back(session: Session, unit: Bottle, steps: Collection[TrailStep]) -> bool:
    """Whether a bottle is made of more batches than its trail, with these steps, follows."""
    own = BatchKey(unit.gtin, unit.batch)
    followed = {each.batch for each in steps if each.step in rules.BEARING}
    return (
        len(followed) >= ANCESTORS_MAX
        and len(store_movements.list_ancestors(session, own, ANCESTORS_MAX + 1)) > ANCESTORS_MAX
    )


def holder_at(session: Session, unit: Bottle, at: datetime) -> str | None:
    """GLN of the party that answered for a bottle at a time: who bore its batch, then whoever signed for receiving it.

    It follows the order in which captures were taken, never a time that a signer chose, and what was known at the time:
    whoever signed and declared that an error later answers for the time until he did. While a bottle is under way
    the sender still answers for it, until he shows that it was delivered: then its addressee does, though he has not
    signed (`answer_at` says so). None before the batch was born.
    """
    told = answer_at(session, unit, at)
    if told is not None:
        return told.gln
    steps = [each for each in _way(_told(session, unit), unit) if each.taken_at <= at]
    return steps[-1].holder if steps else _maker_at(session, BatchKey(unit.gtin, unit.batch), at)


def _maker_at(session: Session, batch: BatchKey, at: datetime) -> str | None:
    """Who had borne a batch by a time and not taken that back by then."""
    lines = store_movements.list_movements(session, keys=[batch], steps=rules.BEARING, also_declared=True)
    births = [each for line, each in lines if line == 0 and (each.taken_at or each.at) <= at]
    errors = units.list_errors(session, [each.evidence for each in births])
    standing = [each for each in births if (error := errors.get(each.evidence)) is None or error.at > at]
    return standing[-1].party if standing else None


def answer_at(session: Session, unit: Bottle, at: datetime) -> Answer | None:
    """Who had got a bottle by a time, whether he signed for it or its sender shows that it was delivered; None while
    nobody had. Where the sender got it back, it is he."""
    return next((each for each in reversed(_answers(session, unit)) if each.since <= at), None)


def _answers(session: Session, unit: Bottle) -> list[Answer]:
    key = item_uri(unit.gtin, unit.serial)
    return answers(session, [key]).get(key, [])


def receivers_of_units(session: Session, epcs: Collection[str]) -> dict[str, list[tuple[str, datetime, bytes]]]:
    """Who got each of many units, in order: (GLN, since when, evidence): of his receipt, or of the sender's proof of
    delivery where he has not signed (`answers` says which).

    A bottle's are those of the cases it lay in at the time too; unknown ones are absent.
    """
    found: dict[str, list[tuple[str, datetime, bytes]]] = {}
    for unit, own in answers(session, epcs).items():
        got = [(each.gln, each.since, each.evidence) for each in own if not each.back]
        if got:
            found[unit] = got
    return found


def sales_of_units(session: Session, epcs: Collection[str]) -> dict[str, tuple[str, datetime]]:
    """Who said last that he sold each of many units, and when that was taken, also where he declared it an error since
    (`list_sales` says when); those not sold by name are absent."""
    return {unit: (own[-1].seller, own[-1].at) for unit, own in list_sales(session, epcs).items()}


def list_sales(session: Session, epcs: Collection[str]) -> dict[str, list[Sale]]:
    """Every sale of each of many units by name, in order, those that were declared errors too; others are absent."""
    told = history.told_ways(session, epcs)
    found: dict[str, list[Sale]] = {}
    for unit, steps in told.ways.items():
        sold = [each for each in steps if each.kind is Kind.SELL]
        if sold:
            found[unit] = [Sale(each.party, each.taken_at, told.errors.get(each.evidence)) for each in sold]
    return found


def _told(session: Session, unit: Bottle) -> Told:
    return history.told_ways(session, [item_uri(unit.gtin, unit.serial)])


def _way(told: Told, unit: Bottle) -> list[UnitStep]:
    return told.ways.get(item_uri(unit.gtin, unit.serial), [])


def _steps(
    session: Session, movements: list[Movement], errors: Mapping[bytes, DeclaredError], own: list[Answer]
) -> tuple[TrailStep, ...]:
    """`own`: who answered for it, and answers now."""
    last = own[-1] if own else None
    delivered = last.delivery if last is not None else None
    word = last.returned.evidence if last is not None and last.returned is not None else None
    events = {each.evidence: each for each in capture.list_by_evidence(session, [m.evidence for m in movements])}
    refs = {each.ref for each in movements if each.ref is not None} | {each.evidence for each in movements}
    ways = {
        each.evidence: (each.sender, each.addressee)
        for each in store_consignments.list_consignments(session, evidences=refs)
    }
    steps = []
    for movement in movements:
        stored = events.get(movement.evidence)
        if stored is None:
            continue
        sender, addressee = ways.get(movement.evidence) or ways.get(movement.ref or b"") or (None, None)
        steps.append(
            TrailStep(
                movement.evidence,
                movement.step,
                movement.at,
                movement.party,
                movement.batch,
                sender,
                addressee,
                movement.location,
                movement.quantity,
                stored.event,
                movement.late,
                delivered if delivered is not None and delivered.consignment == movement.evidence else None,
                error := errors.get(movement.evidence),
                word is not None and word in (movement.evidence, error and error.declaration),
                delivered if last is not None and last.against == movement.evidence else None,
            )
        )
    return tuple(sorted(steps, key=lambda step: events[step.evidence].seq))
