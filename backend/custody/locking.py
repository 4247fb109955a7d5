"""One at a time: what a capture concerns is locked before its place in the order is given out, and read after that.

A unit belongs to a tree: the outermost case or pallet around it, with all that lies in that one. Whoever changes
anything in a tree of one batch holds this batch; a tree that is empty or mixed is held by a name of its own. So who
ships a pallet of a batch needs no more than the batch, and nobody packs into anything on it meanwhile, empty or not.
Batches are taken before trees, for everybody.
"""

from collections.abc import Callable
from hashlib import sha256

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted
from backend.custody import store_consignments, store_movements
from backend.db import locks
from backend.units import correcting
from backend.units import service as units
from backend.units.rules import Tree
from scanner.device.capture import Step

_TREES = 64
"""Names for trees of no batch, so that a capture that names thousands of empty cases does not use up the server's
locks. Two trees of one name only wait for each other."""
_Floors = tuple[set[str], set[str]]


def lock(session: Session, accepted: Accepted) -> None:
    """Let nobody else move what a capture concerns before this transaction ends.

    A proof of delivery concerns its shipment, which may be told just now, and that one's batch; documents of others
    only what the same teller says.
    """
    reading = accepted.reading
    batches = {locks.batch_name(each.gtin, each.batch) for each in (reading.output, *reading.inputs) if each}
    if reading.step is Step.SHIP and reading.voids is None:
        batches.add(_shipment(accepted.evidence))
    if reading.arrival is not None:
        shipment = reading.arrival.shipment
        _until_it_stands(session, lambda: _delivered(session, accepted, batches | _concerned(session, shipment)))
        return
    batches = batches or {f"party/{accepted.party}"}
    if reading.packing is not None or reading.voids is not None:
        _until_it_stands(session, lambda: _around(session, accepted, batches))
        return
    if reading.step is Step.COMMISSION:  # it brings cases of which some may be born by packing just now
        locks.take(session, batches, {_tree(number) for number in range(_TREES)})
        return
    locks.take(session, batches)
    if keys := [each.key for each in reading.units]:
        # What is of another batch is refused, whatever becomes of it; what is of these is held by now.
        _until_it_stands(session, lambda: (set(), _loose(units.list_trees(session, keys))))


def _concerned(session: Session, shipment: bytes) -> set[str]:
    """A shipment, or return, that nobody tells of meanwhile, and its batch once it was told."""
    sent = store_consignments.find_consignment(session, shipment) or store_movements.find_back(session, shipment)
    return {_shipment(shipment)} | ({locks.batch_name(sent.batch.gtin, sent.batch.batch)} if sent else set())


def _delivered(session: Session, accepted: Accepted, batches: set[str]) -> _Floors:
    """All that a proof of delivery, or a declaration that one was an error, speaks of."""
    if accepted.reading.voids is not None:
        return _around(session, accepted, batches)
    keys = [each.key for each in accepted.reading.units]
    return batches, _loose(units.list_trees(session, keys)) if keys else set()


def _around(session: Session, accepted: Accepted, batches: set[str]) -> _Floors:
    """All that packing, or a declaration of error, changes: every tree that it takes from or adds to."""
    reading = accepted.reading
    keys = [each.key for each in reading.units]
    if reading.packing is not None:
        keys += [reading.packing.parent.key, *(each.key for each in reading.packing.children)]
    if reading.voids is not None:
        keys += correcting.list_concerned(session, reading.voids)
    trees = units.list_trees(session, keys)
    pure = {locks.batch_name(each.gtin, each.batch) for each in trees if each.gtin and each.batch}
    born = {_name(reading.packing.parent.key)} if reading.packing is not None else set()
    return batches | pure, _loose(trees) | born


def _loose(trees: list[Tree]) -> set[str]:
    return {_name(each.unit) for each in trees if each.unit is not None}


def _name(unit: str) -> str:
    return _tree(sha256(unit.encode()).digest()[0] % _TREES)


def _shipment(evidence: bytes) -> str:
    return f"shipment/{evidence.hex()}"


def _tree(number: int) -> str:
    return f"tree/{number}"


def _until_it_stands(session: Session, find: Callable[[], _Floors]) -> None:
    """Lock what is found, and look again; when it has changed while we waited, let go of all and begin anew."""
    wanted = find()
    while any(wanted):
        attempt = session.begin_nested()
        locks.take(session, *wanted)
        found = find()
        if found[0] <= wanted[0] and found[1] <= wanted[1]:
            attempt.commit()
            return
        attempt.rollback()
        wanted = found
