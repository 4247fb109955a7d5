"""A sender's proof of delivery: judged beside the consignment, kept as told by him, moving nothing.

After the addressee gave goods back by his word alone, the same event of the shipment objects: they were delivered, and
have not come back. One that names the return instead of the shipment confirms that they came back.
"""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted, BatchKey
from backend.custody import checks, given_back, refusals, store, store_consignments, store_movements
from backend.custody.rules import Consignment, Movement
from backend.identity import service as identity
from backend.identity.rules import Party, Standing
from backend.units import delivering, objecting
from backend.units import service as units
from backend.units.rules import Asked, Kind
from backend.units.rules_deliveries import Closing, Delivery
from scanner.device.capture import Step
from scanner.device.event_values import Arrival

_CLOSING = frozenset({Step.RECEIVE, Step.RETURN, Step.WRITE_OFF})


def deliver(session: Session, accepted: Accepted, party: Party) -> None:
    """Keep what a sender tells to have arrived of his consignment. No balance and no unit moves.

    Raises:
        UnknownConsignment, NotAddressee, NotItsSender, SignForIt, NothingUnderWay, BeforeShipment, Recalled,
        PartyNotActive, and what `units.delivering` raises of the units.
    """
    arrival = accepted.reading.arrival
    assert arrival is not None
    consigned = store_consignments.find_consignment(session, arrival.shipment)
    returned = None if consigned else store_movements.find_back(session, arrival.shipment)
    if returned is not None and returned.ref is not None:
        consigned = store_consignments.find_consignment(session, returned.ref)
    lot = arrival.lot
    if consigned is None or (lot is not None and BatchKey(lot.gtin, lot.batch) != consigned.batch):
        raise refusals.UnknownConsignment(consignment=arrival.shipment.hex(), party=party.gln)
    if returned is not None:
        _confirm(session, accepted, arrival, consigned, returned, party)
        return
    words = given_back.list_words(session, consigned)
    keys = [each.key for each in arrival.units]
    asked = _asked(session, accepted, arrival, consigned, party)
    objects = bool(words) and _speaks_against(session, consigned, keys, words, coded=asked is not None)
    _check_dealing(session, accepted, arrival, consigned, party, objects=objects)
    told = _told(accepted, arrival, consigned)
    if objects:
        _object(session, told, asked, arrival, words, consigned)
    elif asked is None:
        left = _count_untold(session, consigned)
        delivering.deliver_uncounted(session, told, left, lot.quantity if lot else None)
    else:
        delivering.deliver(session, asked, told, keys, counted=lot is not None)


def _speaks_against(
    session: Session, consigned: Consignment, keys: list[str], words: dict[bytes, int], *, coded: bool
) -> bool:
    """Whether it names what was given back; or names nothing, and all that is on the way was told to be delivered."""
    if coded and keys and consigned.open:
        return bool(objecting.pending(session, keys, list(words)))
    return not (delivering.list_untold(session, consigned.evidence) if coded else _count_untold(session, consigned))


def _count_untold(session: Session, consigned: Consignment) -> int:
    closed = _closed(session, [consigned.evidence]).get(consigned.evidence, [])
    return delivering.count_untold(session, consigned.evidence, consigned.open, closed)


def _asked(
    session: Session, accepted: Accepted, arrival: Arrival, consigned: Consignment, party: Party
) -> Asked | None:
    """What it says of units; None of goods without codes."""
    key, lot = consigned.batch, arrival.lot
    account = store.find_account(session, key)
    named = _named(accepted, arrival, key)
    if account is not None:
        checks.check_measure(named, key, account)
    if account is None or account.units is None or not units.is_serialised(session, key.gtin, key.batch):
        return None
    checks.check_names(named)
    stamp = (accepted.event_time, accepted.captured_at, accepted.late)
    quantity = lot.quantity if lot is not None else 0
    return Asked(accepted.evidence, Kind.RECEIVE, party.gln, key.gtin, key.batch, quantity, *stamp)


def _object(
    session: Session,
    told: Delivery,
    asked: Asked | None,
    arrival: Arrival,
    words: dict[bytes, int],
    consigned: Consignment,
) -> None:
    """Who sent the goods says that what their addressee gave back by his word alone has not come back."""
    keys, lot = [each.key for each in arrival.units], arrival.lot
    if asked is None:
        before = delivering.list_standing(session, [consigned.evidence, *words])
        objecting.object_to_uncounted(session, told, words, before, lot.quantity if lot else None)
    elif not objecting.object_to(session, asked, told, keys, list(words), counted=lot is not None):
        raise _nothing_under_way(session, consigned)


def _confirm(
    session: Session, accepted: Accepted, arrival: Arrival, consigned: Consignment, returned: Movement, party: Party
) -> None:
    """Who sent the goods says that the return came back to him, or that what was written off on the way is lost."""
    details = {"consignment": returned.evidence.hex(), "sender": returned.party, "addressee": consigned.sender}
    if party.gln != consigned.sender or arrival.receiver not in (None, consigned.sender):
        raise refusals.NotAddressee(party=party.gln, says=arrival.receiver, **details)
    if arrival.sender not in (None, returned.party):
        raise refusals.NotSender(says=arrival.sender, **details)
    if party.standing != Standing.ACTIVE:
        raise refusals.PartyNotActive(party=party.gln, standing=party.standing)
    if accepted.event_time < returned.at:
        times = {"event_time": accepted.event_time.isoformat(), "shipped_at": returned.at.isoformat()}
        raise refusals.BeforeShipment(**details, **times)
    told = replace(
        _told(accepted, arrival, consigned),
        consignment=returned.evidence, sender=returned.party, addressee=consigned.sender,
    )  # fmt: skip
    asked, lot = _asked(session, accepted, arrival, consigned, party), arrival.lot
    if asked is None:
        before = delivering.list_standing(session, [returned.evidence, consigned.evidence])
        asked_for = lot.quantity if lot else None
        objecting.confirm_uncounted(session, told, returned.quantity, before, asked_for)
        return
    keys = [each.key for each in arrival.units]
    if not objecting.confirm(session, asked, told, consigned.evidence, keys, counted=lot is not None):
        raise _nothing_under_way(session, consigned)


def _nothing_under_way(session: Session, consigned: Consignment) -> refusals.NothingUnderWay:
    closed = store_movements.list_movements(session, refs=[consigned.evidence])
    against = closed[-1][1].evidence.hex() if closed else None
    details = {"consignment": consigned.evidence.hex(), "sender": consigned.sender, "addressee": consigned.addressee}
    return refusals.NothingUnderWay(against=against, **details)


def list_unsigned(session: Session, consignments: Collection[bytes]) -> list[Delivery]:
    """What consignments are told to have delivered and is still open, a line a consignment (`units.delivering`)."""
    told = {each.consignment for each in delivering.list_standing(session, consignments)}
    return delivering.list_unsigned(session, told, _closed(session, told)) if told else []


def _closed(session: Session, consignments: Collection[bytes]) -> dict[bytes, list[Closing]]:
    """What was signed for, sent back or written off of consignments, when that was taken, and until when it stood."""
    own = store_movements.list_movements(session, refs=consignments, steps=_CLOSING, also_declared=True)
    errors = units.list_errors(session, [each.evidence for _, each in own])
    found: dict[bytes, list[Closing]] = {}
    for line, each in own:
        if line == 0 and each.ref is not None:
            error = errors.get(each.evidence)
            closing = Closing(each.evidence, each.taken_at or each.at, each.quantity, error.at if error else None)
            found.setdefault(each.ref, []).append(closing)
    return found


def _check_dealing(
    session: Session, accepted: Accepted, arrival: Arrival, consigned: Consignment, party: Party, *, objects: bool
) -> None:
    """`objects`: it speaks against a word of the addressee that was taken while he could give it."""
    details = {"consignment": consigned.evidence.hex(), "sender": consigned.sender, "addressee": consigned.addressee}
    if party.gln == consigned.addressee:
        raise refusals.SignForIt(**details)
    if party.gln != consigned.sender or arrival.sender not in (None, consigned.sender):
        raise refusals.NotItsSender(party=party.gln, says=arrival.sender, **details)
    if arrival.receiver not in (None, consigned.addressee):
        raise refusals.NotAddressee(says=arrival.receiver, **details)
    addressee = identity.get_party(session, consigned.addressee)
    for each in (party,) if objects else (party, addressee):
        if each.standing != Standing.ACTIVE:  # a party that may not sign is not made to answer
            raise refusals.PartyNotActive(party=each.gln, standing=each.standing)
    if consigned.open == 0 and not objects:
        raise _nothing_under_way(session, consigned)
    if accepted.event_time < consigned.shipped_at:
        times = {"event_time": accepted.event_time.isoformat(), "shipped_at": consigned.shipped_at.isoformat()}
        raise refusals.BeforeShipment(**details, **times)
    account = store.find_account(session, consigned.batch)
    if account is not None and account.recalled and not objects:
        raise refusals.Recalled(_RECALLED, gtin=consigned.batch.gtin, batch=consigned.batch.batch, **details)


_RECALLED = "The batch is recalled, so its addressee may not sign for it: he sends it back."


def _told(accepted: Accepted, arrival: Arrival, consigned: Consignment) -> Delivery:
    return Delivery(
        accepted.evidence,
        consigned.evidence,
        consigned.sender,
        consigned.addressee,
        consigned.batch.gtin,
        consigned.batch.batch,
        arrival.lot.quantity if arrival.lot is not None else 0,
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
