"""A sender's proof of delivery: judged beside the consignment, kept as told by him, moving nothing."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted, BatchKey
from backend.custody import checks, rules, store, store_movements
from backend.custody.rules import Consignment, Movement
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.units import delivering
from backend.units import service as units
from backend.units.rules import Asked, Kind
from backend.units.rules_deliveries import Closing, Delivery
from scanner.device.capture import Step
from scanner.device.reading import Arrival

_CLOSING = frozenset({Step.RECEIVE, Step.RETURN, Step.WRITE_OFF})


def deliver(session: Session, accepted: Accepted, party: Party) -> None:
    """Keep what a sender tells to have arrived of his consignment. No balance and no unit moves.

    Raises:
        UnknownConsignment, NotAddressee, NotItsSender, SignForIt, NothingUnderWay, BeforeShipment, Recalled,
        PartyNotActive, and what `units.delivering` raises of the units.
    """
    arrival = accepted.reading.arrival
    assert arrival is not None
    consigned = store.find_consignment(session, arrival.shipment)
    lot = arrival.lot
    if consigned is None or (lot is not None and BatchKey(lot.gtin, lot.batch) != consigned.batch):
        raise rules.UnknownConsignment(consignment=arrival.shipment.hex(), party=party.gln)
    _check_dealing(session, accepted, arrival, consigned, party)
    told = _told(accepted, arrival, consigned)
    key = consigned.batch
    account = store.find_account(session, key)
    named = _named(accepted, arrival, key)
    if account is not None:
        checks.check_measure(named, key, account)
    if account is None or account.units is None or not units.is_serialised(session, key.gtin, key.batch):
        asked = lot.quantity if lot is not None else None
        closed = _closed(session, [consigned.evidence]).get(consigned.evidence, [])
        delivering.deliver_uncounted(session, told, consigned.open, closed, asked)
        return
    checks.check_names(named)
    stamp = (accepted.event_time, accepted.captured_at, accepted.late)
    quantity = lot.quantity if lot is not None else 0
    asked_of = Asked(accepted.evidence, Kind.RECEIVE, party.gln, key.gtin, key.batch, quantity, *stamp)
    keys = [each.key for each in arrival.units]
    delivering.deliver(session, asked_of, told, keys, counted=lot is not None)


def list_unsigned(session: Session, consignments: Collection[bytes]) -> list[Delivery]:
    """What consignments are told to have delivered and is still open, a line a consignment (`units.delivering`)."""
    told = {each.consignment for each in delivering.list_standing(session, consignments)}
    return delivering.list_unsigned(session, told, _closed(session, told)) if told else []


def _closed(session: Session, consignments: Collection[bytes]) -> dict[bytes, list[Closing]]:
    """What was signed for, sent back or written off of consignments, and when that was taken."""
    found: dict[bytes, list[Closing]] = {}
    for line, each in store_movements.list_movements(session, refs=consignments, steps=_CLOSING):
        if line == 0 and each.ref is not None:
            found.setdefault(each.ref, []).append((each.taken_at or each.at, each.quantity))
    return found


def _check_dealing(
    session: Session, accepted: Accepted, arrival: Arrival, consigned: Consignment, party: Party
) -> None:
    said = {"consignment": consigned.evidence.hex(), "sender": consigned.sender, "addressee": consigned.addressee}
    if party.gln == consigned.addressee:
        raise rules.SignForIt(**said)
    if party.gln != consigned.sender or arrival.sender not in (None, consigned.sender):
        raise rules.NotItsSender(party=party.gln, says=arrival.sender, **said)
    if arrival.receiver not in (None, consigned.addressee):
        raise rules.NotAddressee(says=arrival.receiver, **said)
    for each in (party, identity.get_party(session, consigned.addressee)):
        if each.standing != "active":  # a party that may not sign is not made to answer
            raise rules.PartyNotActive(party=each.gln, standing=each.standing)
    if consigned.open == 0:
        closed = store_movements.list_movements(session, refs=[consigned.evidence])
        raise rules.NothingUnderWay(against=closed[-1][1].evidence.hex() if closed else None, **said)
    if accepted.event_time < consigned.shipped_at:
        times = {"event_time": accepted.event_time.isoformat(), "shipped_at": consigned.shipped_at.isoformat()}
        raise rules.BeforeShipment(**said, **times)
    account = store.find_account(session, consigned.batch)
    if account is not None and account.recalled:
        raise rules.Recalled(_RECALLED, gtin=consigned.batch.gtin, batch=consigned.batch.batch, **said)


_RECALLED = "The batch is recalled, so its addressee may not sign for it: he sends it back."


def _told(accepted: Accepted, arrival: Arrival, consigned: Consignment) -> Delivery:
    return Delivery(
        accepted.evidence,
        consigned.evidence,
        consigned.sender,
        consigned.addressee,
        consigned.batch.gtin,
        consigned.batch.batch,
        0,
        accepted.event_time,
        accepted.captured_at,
        accepted.late,
        arrival.papers,
    )


def _named(accepted: Accepted, arrival: Arrival, key: BatchKey) -> Movement:
    lot, at = arrival.lot, accepted.event_time
    quantity, uoms = (0, ()) if lot is None else (lot.quantity, (lot.uom,))
    return Movement(
        accepted.evidence, Step.NONE, key, quantity, accepted.party, None, None, arrival.shipment, None, at,
        named=arrival.units, uoms=uoms,
    )  # fmt: skip
