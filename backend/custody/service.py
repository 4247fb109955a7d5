"""Use cases of custody: apply a capture, and say who holds what."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted, BatchKey
from backend.capture.rules_standing import Whose
from backend.custody import (
    booking,
    correcting,
    delivering,
    making,
    recalling,
    refusals,
    rules,
    store,
    store_consignments,
    store_movements,
    store_newest,
    store_stock,
)
from backend.custody.given_back import list_unconfirmed
from backend.custody.locking import lock
from backend.custody.rules import Consignment, Movement
from backend.custody.unit_trail import (
    ANCESTORS_MAX,
    answer_at,
    goes_further_back,
    holder_at,
    list_sales,
    receivers_of_units,
    sales_of_units,
    trail,
)
from backend.errors import Malformed
from backend.identity import service as identity
from backend.identity.rules import HOLDERS, Party
from backend.units import delivering as deliveries
from backend.units import foreign
from backend.units import service as units
from backend.units.rules import Asked, Kind
from scanner.device.capture import Step

__all__ = [
    "ANCESTORS_MAX", "answer_at", "apply", "goes_further_back", "held", "holder_at", "is_recalled", "list_holdings",
    "list_sales", "list_unconfirmed", "lock", "receivers_of_units", "sales_of_units", "trail",
]  # fmt: skip

held = store.held
list_holdings = store.list_holdings
list_consignments = store_consignments.list_consignments
find_consignment = store_consignments.find_consignment
sum_held = store.sum_held
sum_held_by = store.sum_held_by
sum_stock = store_stock.sums
sum_coming_by = store_stock.sum_coming_by
sum_coming_to = store_stock.sum_coming_to
stock_keys = store_stock.keys
held_of = store_stock.held_of
coming_of = store_stock.coming_of
list_changes = store_newest.changes
all_changes = store_newest.all_changes
list_under_way = store_newest.under_way
sum_sold_by_day = store_newest.sum_sold
list_accounts = store.list_accounts
list_movements = store_movements.list_movements
list_recalled_units = store_movements.list_recalled_units
answers = deliveries.answers
list_deliveries = deliveries.list_standing
list_unsigned = delivering.list_unsigned
suspensions_of = deliveries.suspensions_of

_KINDS = {
    Step.SHIP: Kind.SHIP,
    Step.RECEIVE: Kind.RECEIVE,
    Step.RETURN: Kind.RETURN,
    Step.SELL: Kind.SELL,
    Step.WRITE_OFF: Kind.WRITE_OFF,
}


def count_told_arrived(session: Session, party: str | None) -> int:
    """Consignments that a sender says have arrived at a party, which neither signed for all nor objected."""
    if party is None:
        return 0
    under_way = store_consignments.list_consignments(session, to=party, open=True)
    return len(list_unsigned(session, [each.evidence for each in under_way]))


def is_recalled(session: Session, gtin: str, batch: str) -> bool:
    """Whether the batch is recalled now."""
    account = store.find_account(session, BatchKey(gtin, batch))
    return account is not None and account.recalled


def apply(session: Session, accepted: Accepted) -> None:
    """Let a capture change custody. Evidence without a step changes none, unless it packs, unpacks or corrects; a
    proof of delivery is kept and moves nothing.

    Raises:
        Refused, NotAllowed: the contract would refuse it too, or a unit it names speaks against it; the classes of
            `rules` and of `units.refusals` say which way.
        Malformed: a field that the step needs is missing.
    """
    party = identity.get_party(session, accepted.party)
    if not party.roles:
        foreign.note(session, accepted)
        return
    if accepted.reading.voids is not None:
        booking.check_asked(accepted.reading.step, Whose.SPEAKER, party, declares=True)
        if accepted.reading.step is not Step.NONE:
            rules.check_role(accepted.reading.step, party.gln, party.roles)
        correcting.correct(session, accepted, accepted.reading.voids)
        return
    if accepted.reading.step is Step.NONE:
        if accepted.reading.arrival is not None:
            delivering.deliver(session, accepted, party)
        else:
            _pack(session, accepted, party)
        return
    movement = rules.movement_of(accepted)
    booking.check_asked(movement.step, Whose.SPEAKER, party)
    rules.check_role(movement.step, party.gln, party.roles)
    _take_step(session, movement, party)
    store_movements.add_movement(session, movement)


def _pack(session: Session, accepted: Accepted, party: Party) -> None:
    packing = accepted.reading.packing
    if packing is None:
        return
    if packing.action == "OBSERVE":
        foreign.check_observed(session, accepted, packing)
        return
    booking.check_active(party)
    if not party.roles & HOLDERS:
        raise refusals.RoleNotAllowed(party=party.gln, step="pack", roles=sorted(party.roles), needs=sorted(HOLDERS))
    kind = Kind.PACK if packing.action == "ADD" else Kind.UNPACK
    stamp = (accepted.event_time, accepted.captured_at, accepted.late)
    units.pack(session, Asked(accepted.evidence, kind, accepted.party, "", "", 0, *stamp), packing)


def _take_step(session: Session, movement: Movement, party: Party) -> None:
    step = movement.step
    if step in rules.BEARING:
        making.bear(session, movement)
    elif step is Step.COMMISSION:
        making.commission(session, movement)
    elif step in (Step.RECALL, Step.LIFT):
        recalling.recall_or_lift(session, movement)
    elif step in (Step.AGE, Step.INSPECT):
        booking.by_codes(session, movement)
    elif step is Step.SHIP:
        _ship(session, movement, party)
    elif step in (Step.RECEIVE, Step.RETURN) or (step is Step.WRITE_OFF and movement.ref is not None):
        _close(session, movement, party)
    else:
        _part_with(session, movement, party)


_ENDS: Mapping[Step, tuple[rules.Place, rules.How]] = {
    Step.RECEIVE: ("held", "received"),
    Step.RETURN: ("held", "returned"),
    Step.WRITE_OFF: ("lost", "lost"),
}
"""Where in its batch's account goes what leaves a consignment, and how that counts in the consignment."""


def _part_with(session: Session, movement: Movement, party: Party) -> None:
    """Sell or write off what is held."""
    way_back = not rules.stopped_by_recall(movement.step, party.roles)
    if booking.by_codes(session, movement):
        asked = booking.asked(movement, _KINDS[movement.step])
        units.part_with(session, asked, movement.keys, way_back=way_back, till="store" in party.roles)
    place: rules.Place = "sold" if movement.step is Step.SELL else "lost"
    booking.move(session, movement, "held", place, also_recalled=way_back)
    booking.take(session, movement.batch, movement.party, movement.quantity)


def _ship(session: Session, movement: Movement, party: Party) -> None:
    if movement.counterparty is None:
        raise Malformed("destinationList: names no owning party", field="destinationList")
    addressee = identity.find_party(session, movement.counterparty)
    if addressee is None:
        raise refusals.UnknownParty(party=movement.counterparty)
    booking.check_asked(movement.step, Whose.ADDRESSEE, addressee)
    if not addressee.roles & HOLDERS:
        raise refusals.CounterpartyUnsuited(party=addressee.gln, roles=sorted(addressee.roles))
    way_back = not rules.stopped_by_recall(Step.SHIP, party.roles, addressee.roles)
    if booking.by_codes(session, movement):
        units.ship(session, booking.asked(movement, Kind.SHIP), movement.keys, way_back=way_back)
    booking.move(session, movement, "held", "in_transit", also_recalled=way_back)
    booking.take(session, movement.batch, movement.party, movement.quantity)
    store_consignments.open_consignment(session, movement, addressee.gln)


def _close(session: Session, movement: Movement, party: Party) -> None:
    """Receive, return or write off what is under way."""
    consigned = store_consignments.find_consignment(session, movement.ref) if movement.ref else None
    if consigned is None or consigned.batch != movement.batch:
        raise refusals.UnknownConsignment(consignment=movement.ref.hex() if movement.ref else None, **movement.numbers)
    _check_dealing(session, movement, consigned)
    keeper = movement.party if movement.step is Step.RECEIVE else consigned.sender
    place, how = _ENDS[movement.step]
    way_back = not rules.stopped_by_recall(movement.step, party.roles)
    if not way_back and is_recalled(session, movement.batch.gtin, movement.batch.batch):
        raise refusals.Recalled(gtin=movement.batch.gtin, batch=movement.batch.batch)
    if movement.quantity > consigned.open:
        raise _not_open(session, movement, consigned)
    if booking.by_codes(session, movement):
        asked = booking.asked(movement, _KINDS[movement.step])
        units.arrive(
            session,
            asked,
            movement.keys,
            consigned.evidence,
            keeper=keeper,
            open=consigned.open,
            way_back=way_back,
        )
    booked = store.book(session, movement.batch, "in_transit", place, movement.quantity, also_recalled=way_back)
    assert booked, "what a consignment has open is in transit"
    assert store_consignments.close(session, consigned.evidence, how, movement.quantity)
    if place == "held":
        store.give(session, movement.batch, keeper, movement.quantity)


def _not_open(session: Session, movement: Movement, consigned: Consignment) -> Exception:
    """Why less of a consignment is under way: it moved on, or its batch was taken back, and perhaps born anew since."""
    shipped = next(each for line, each in list_movements(session, evidences=[consigned.evidence], also_declared=True))
    born, names = store_movements.find_birth(session, movement.batch), {"consignment": consigned.evidence.hex()}
    if born is None or shipped.number < born:
        return refusals.UnknownConsignment(**names, **movement.numbers)
    return refusals.NothingInTransit(**names, **movement.numbers, in_transit=consigned.open)


def _check_dealing(session: Session, movement: Movement, consigned: Consignment) -> None:
    lost = movement.step is Step.WRITE_OFF
    names = {"consignment": consigned.evidence.hex()}
    if movement.party != consigned.addressee and not (lost and movement.party == consigned.sender):
        raise refusals.NotAddressee(**names, addressee=consigned.addressee, party=movement.party)
    if not lost and movement.counterparty not in (None, consigned.sender):
        refusal = refusals.NotSender if movement.step is Step.RECEIVE else refusals.ReturnsToSender
        raise refusal(**names, sender=consigned.sender, says=movement.counterparty)
    if movement.at < consigned.shipped_at:
        raise refusals.BeforeShipment(
            **names, event_time=movement.at.isoformat(), shipped_at=consigned.shipped_at.isoformat()
        )
    booking.check_asked(movement.step, Whose.SENDER, identity.get_party(session, consigned.sender))
