"""A bottle's way: what its batch was made of, and whose hands it went through."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import BatchKey
from backend.custody import rules, store, store_movements
from backend.custody.rules import Consignment, Movement, TrailStep, Unit
from scanner.device.capture import Step
from scanner.device.events import case_uri, item_uri

ANCESTORS_MAX = 200
"""Batches that are followed back; a solera of decades would otherwise never end."""
_SPEAKING = frozenset({Step.AGE, Step.INSPECT})
_OF_THE_BATCH = frozenset({Step.COMMISSION, Step.RECALL, Step.LIFT})
_CLOSING = (Step.RECEIVE, Step.RETURN, Step.WRITE_OFF)


def trail(session: Session, unit: Unit) -> tuple[TrailStep, ...]:
    """The steps of a bottle in the order they happened: making, codes, every hand-over that names it or its case."""
    own = BatchKey(unit.gtin, unit.batch)
    ancestors = store_movements.list_ancestors(session, own, ANCESTORS_MAX)
    told = store_movements.list_movements(session, keys=ancestors, steps=rules.BEARING | _SPEAKING | _OF_THE_BATCH)
    making = [said for line, said in told if line == 0 and (said.batch == own or said.step not in _OF_THE_BATCH)]
    consignments = _consignments(session, unit)
    moving = _movements_of(session, consignments)
    holders = [each.addressee for each in consignments[-1:]]
    sold = [store_movements.list_movements(session, keys=[own], steps=[Step.SELL], party=each) for each in holders]
    selling = [said for lines in sold for line, said in lines if line == 0]
    return _steps(session, [*making, *moving, *selling], consignments, _epcs(unit))


def holder_at(session: Session, unit: Unit, at: datetime) -> str | None:
    """GLN of the party that answered for a bottle at a time: who bore its batch, then whoever signed for receiving it.

    While it is under way the sender still answers for it. None before the batch was born.
    """
    born = store_movements.list_movements(session, keys=[BatchKey(unit.gtin, unit.batch)], steps=rules.BEARING)
    holder = next((said.party for line, said in born if line == 0 and said.at <= at), None)
    consignments = _consignments(session, unit)
    senders = {each.evidence: each.sender for each in consignments}
    epcs = _epcs(unit)
    for said in _movements_of(session, consignments):
        if said.step not in (Step.RECEIVE, Step.RETURN) or said.at > at or said.ref is None:
            continue
        if _concerns(_epcs_named(session, said), epcs):
            holder = said.party if said.step is Step.RECEIVE else senders[said.ref]
    return holder


def receivers_of_units(session: Session, epcs: Collection[str]) -> dict[str, list[tuple[str, datetime, bytes]]]:
    """Who signed for each of many units or cases, in the order of time: (GLN, at, evidence); unknown ones are absent.

    For whole populations of scanned bottles, where a trail each would be too dear.
    """
    found: dict[str, list[tuple[str, datetime, bytes]]] = {}
    receipts = store_movements.list_receipts(session, epcs)
    doubtful = {evidence for _, _, _, evidence, in_parts in receipts if in_parts}
    named = {each.evidence: set(_listed(each.event)) for each in capture.list_by_evidence(session, doubtful)}
    for epc, party, at, evidence, _ in receipts:
        if not named.get(evidence) or epc in named[evidence]:
            found.setdefault(epc, []).append((party, at, evidence))
    return found


def _epcs(unit: Unit) -> tuple[str, ...]:
    item = item_uri(unit.gtin, unit.serial)
    return (item, case_uri(unit.sscc)) if unit.sscc else (item,)


def _consignments(session: Session, unit: Unit) -> list[Consignment]:
    found = store.list_consignments(session, gtin=unit.gtin, batch=unit.batch, epcs=_epcs(unit))
    return sorted(found, key=lambda each: each.shipped_at)


def _movements_of(session: Session, consignments: Iterable[Consignment]) -> list[Movement]:
    """Shipments and what closed them, by time."""
    evidences = [each.evidence for each in consignments]
    if not evidences:
        return []
    shipped = store_movements.list_movements(session, evidences=evidences)
    closed = store_movements.list_movements(session, refs=evidences, steps=_CLOSING)
    return sorted((said for _, said in [*shipped, *closed]), key=lambda said: (said.at, said.step))


def _epcs_named(session: Session, said: Movement) -> list[str]:
    found = capture.find_event(session, said.evidence)
    return list(found.event.get("epcList", ())) if found else []


def _concerns(named: Iterable[str], epcs: tuple[str, ...]) -> bool:
    """Whether an event is about the unit: it names the unit or its case, or names no unit at all."""
    listed = set(named)
    return not listed or not listed.isdisjoint(epcs)


def _steps(
    session: Session, movements: list[Movement], consignments: list[Consignment], epcs: tuple[str, ...]
) -> tuple[TrailStep, ...]:
    events = {each.evidence: each for each in capture.list_by_evidence(session, [m.evidence for m in movements])}
    ways = {each.evidence: (each.sender, each.addressee) for each in consignments}
    steps = []
    for said in movements:
        stored = events.get(said.evidence)
        if stored is None or (said.step in (*_CLOSING, Step.SELL) and not _concerns(_listed(stored.event), epcs)):
            continue
        if said.step is Step.SELL and not _listed(stored.event):
            continue  # a store's sales of a day, not known to be of this bottle
        sender, addressee = ways.get(said.evidence) or ways.get(said.ref or b"") or (None, None)
        steps.append(
            TrailStep(
                said.evidence,
                said.step,
                said.at,
                said.party,
                said.batch,
                sender,
                addressee,
                said.location,
                said.quantity,
                stored.event,
            )
        )
    return tuple(sorted(steps, key=lambda step: (step.at, events[step.evidence].seq)))


def _listed(event: dict[str, object]) -> list[str]:
    found = event.get("epcList", ())
    return [str(epc) for epc in found] if isinstance(found, list) else []
