"""Use cases of custody: apply a capture, and say who holds what."""

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted, BatchKey
from backend.custody import correcting, delivering, rules, store, store_movements
from backend.custody.locking import lock
from backend.custody.rules import Consignment, Movement
from backend.custody.trail import answer_at, holder_at, receivers_of_units, sales_of_units, trail
from backend.errors import Malformed
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.units import delivering as deliveries
from backend.units import foreign
from backend.units import service as units
from backend.units.refusals import CodesNotInForce
from backend.units.rules import Asked, Kind
from scanner.device.capture import Step

__all__ = [
    "answer_at", "apply", "held", "holder_at", "is_recalled", "list_holdings", "lock", "receivers_of_units",
    "sales_of_units", "trail",
]  # fmt: skip

held = store.held
list_holdings = store.list_holdings
list_consignments = store.list_consignments
find_consignment = store.find_consignment
list_accounts = store.list_accounts
list_movements = store_movements.list_movements
list_recalled_units = store_movements.list_recalled_units
answers = deliveries.answers
list_deliveries = deliveries.list_standing
list_unsigned = deliveries.list_unsigned

_WHOLE = "Codes are commissioned by who bottled the batch and still holds it whole."
_KINDS = {
    Step.COMMISSION: Kind.COMMISSION,
    Step.SHIP: Kind.SHIP,
    Step.RECEIVE: Kind.RECEIVE,
    Step.RETURN: Kind.RETURN,
    Step.SELL: Kind.SELL,
    Step.WRITE_OFF: Kind.WRITE_OFF,
    Step.RECALL: Kind.RECALL,
    Step.LIFT: Kind.LIFT,
}


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
        _check_active(party)
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
    _check_active(party)
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
    _check_active(party)
    if not party.roles & rules.HOLDERS:
        raise rules.RoleNotAllowed(party=party.gln, step="pack", roles=sorted(party.roles), needs=sorted(rules.HOLDERS))
    kind = Kind.PACK if packing.action == "ADD" else Kind.UNPACK
    stamp = (accepted.event_time, accepted.captured_at, accepted.late)
    units.pack(session, Asked(accepted.evidence, kind, accepted.party, "", "", 0, *stamp), packing)


def _take_step(session: Session, movement: Movement, party: Party) -> None:
    step = movement.step
    if step in rules.BEARING:
        _bear(session, movement, party)
    elif step is Step.COMMISSION:
        _commission(session, movement)
    elif step in (Step.RECALL, Step.LIFT):
        _recall_or_lift(session, movement)
    elif step in (Step.AGE, Step.INSPECT):
        _born(session, movement.batch)
    elif step is Step.SHIP:
        _ship(session, movement, party)
    elif step in (Step.RECEIVE, Step.RETURN) or movement.ref is not None:
        _close(session, movement, party)
    else:
        _part_with(session, movement, party)


def _asked(movement: Movement, kind: Kind, key: BatchKey | None = None, quantity: int | None = None) -> Asked:
    batch = key or movement.batch
    return Asked(
        movement.evidence,
        kind,
        movement.party,
        batch.gtin,
        batch.batch,
        movement.quantity if quantity is None else quantity,
        movement.at,
        movement.taken_at or movement.at,
        movement.late,
    )


def _by_codes(session: Session, movement: Movement, key: BatchKey | None = None) -> bool:
    """Whether the batch moves by its codes, and every name must fit it: from the moment they are in force.

    Goods that should have codes, and can still get them since all of them are where they were bottled, wait for them;
    what left without codes goes on without.
    """
    batch = key or movement.batch
    account = _born(session, batch)
    rules.check_after_birth(movement, batch, account)
    if account.units is not None:
        return units.is_serialised(session, batch.gtin, batch.batch)
    if units.wants_codes(session, batch.gtin, batch.batch) and _is_whole(session, account):
        raise CodesNotInForce(gtin=batch.gtin, batch=batch.batch)
    return False


def _is_whole(session: Session, account: rules.Account) -> bool:
    """Whether who bottled a batch holds all of it, so that its codes can come into force."""
    maker = account.maker
    return maker is not None and store.held(session, maker, account.batch.gtin, account.batch.batch) == account.born


def _bear(session: Session, movement: Movement, party: Party) -> None:
    if not store.bear(session, movement):
        raise rules.BatchExists(gtin=movement.batch.gtin, batch=movement.batch.batch)
    named = dict(rules.by_batch(movement, units.batches_by_unit(session, movement.keys)))
    # In one order for everybody, so that two blends of the same tanks wait instead of locking each other out.
    for key, quantity in sorted(movement.inputs, key=lambda each: (each[0].gtin, each[0].batch)):
        if _by_codes(session, movement, key):
            asked = _asked(movement, Kind.CONSUME, key, quantity)
            units.part_with(session, asked, named.get(key, ()), way_back=False)
        if not store.book(session, key, "held", "consumed", quantity, also_recalled=False):
            raise _why_not(session, key, movement.party, quantity, also_recalled=False)
        _take(session, key, movement.party, quantity)


def _commission(session: Session, movement: Movement) -> None:
    """Codes come into force once the bottles are there; the holder of the whole batch is who bottled it."""
    account = store.find_account(session, movement.batch)
    root = movement.units or b""
    if account is not None and account.units is not None:
        raise rules.UnitsCommissioned(**movement.numbers)
    account = _born(session, movement.batch)
    held_by = store.held(session, movement.party, movement.batch.gtin, movement.batch.batch)
    if held_by != account.born:
        raise rules.NotHeld(_WHOLE, **movement.numbers, held=held_by, born=account.born)
    rules.check_after_birth(movement, movement.batch, account)
    units.commission(session, _asked(movement, Kind.COMMISSION), root, born=account.born)
    if not store.commission(session, movement.batch, root):
        raise rules.UnitsCommissioned(**movement.numbers)


def _part_with(session: Session, movement: Movement, party: Party) -> None:
    """Sell or write off what is held."""
    way_back = not rules.stopped_by_recall(movement.step, party.roles)
    if _by_codes(session, movement):
        asked = _asked(movement, _KINDS[movement.step])
        rules.check_names(movement)
        units.part_with(session, asked, movement.keys, way_back=way_back, till="store" in party.roles)
    place = "sold" if movement.step is Step.SELL else "lost"
    _move(session, movement, "held", place, also_recalled=way_back)
    _take(session, movement.batch, movement.party, movement.quantity)


def _ship(session: Session, movement: Movement, party: Party) -> None:
    if movement.counterparty is None:
        raise Malformed("destinationList: names no owning party", field="destinationList")
    addressee = identity.find_party(session, movement.counterparty)
    if addressee is None:
        raise rules.UnknownParty(party=movement.counterparty)
    _check_active(addressee)
    if not addressee.roles & rules.HOLDERS:
        raise rules.CounterpartyUnsuited(party=addressee.gln, roles=sorted(addressee.roles))
    way_back = not rules.stopped_by_recall(Step.SHIP, party.roles, addressee.roles)
    if _by_codes(session, movement):
        rules.check_names(movement)
        units.ship(session, _asked(movement, Kind.SHIP), movement.keys, way_back=way_back)
    _move(session, movement, "held", "in_transit", also_recalled=way_back)
    _take(session, movement.batch, movement.party, movement.quantity)
    store.open_consignment(session, movement, addressee.gln)


def _close(session: Session, movement: Movement, party: Party) -> None:
    """Receive, return or write off what is under way."""
    consigned = store.find_consignment(session, movement.ref) if movement.ref else None
    if consigned is None or consigned.batch != movement.batch:
        raise rules.UnknownConsignment(consignment=movement.ref.hex() if movement.ref else None, **movement.numbers)
    _check_dealing(session, movement, consigned)
    keeper = movement.party if movement.step is Step.RECEIVE else consigned.sender
    place, how = {Step.RECEIVE: ("held", "received"), Step.RETURN: ("held", "returned")}.get(
        movement.step, ("lost", "lost")
    )
    way_back = not rules.stopped_by_recall(movement.step, party.roles)
    if not way_back and is_recalled(session, movement.batch.gtin, movement.batch.batch):
        raise rules.Recalled(gtin=movement.batch.gtin, batch=movement.batch.batch)
    if movement.quantity > consigned.open:
        numbers = movement.numbers | {"in_transit": consigned.open}
        raise rules.NothingInTransit(consignment=consigned.evidence.hex(), **numbers)
    if _by_codes(session, movement):
        rules.check_names(movement)
        asked = _asked(movement, _KINDS[movement.step])
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
    assert store.close(session, consigned.evidence, how, movement.quantity)
    if place == "held":
        store.give(session, movement.batch, keeper, movement.quantity)


def _check_dealing(session: Session, movement: Movement, consigned: Consignment) -> None:
    lost = movement.step is Step.WRITE_OFF
    names = {"consignment": consigned.evidence.hex()}
    if movement.party != consigned.addressee and not (lost and movement.party == consigned.sender):
        raise rules.NotAddressee(**names, addressee=consigned.addressee, party=movement.party)
    if lost:
        return
    if movement.counterparty not in (None, consigned.sender):
        refusal = rules.NotSender if movement.step is Step.RECEIVE else rules.ReturnsToSender
        raise refusal(**names, sender=consigned.sender, says=movement.counterparty)
    if movement.at < consigned.shipped_at:
        raise rules.BeforeShipment(
            **names, event_time=movement.at.isoformat(), shipped_at=consigned.shipped_at.isoformat()
        )
    _check_active(identity.get_party(session, consigned.sender))


def _recall_or_lift(session: Session, movement: Movement) -> None:
    recall = movement.step is Step.RECALL
    account = store.lock_account(session, movement.batch)
    of_units = rules.names_units(movement, account.born if account else 0)
    if of_units:
        done = bool(store_movements.count_recalled(session, movement.batch, movement.units)) is not recall
    else:
        done = store.set_recalled(session, movement.batch, recall)
    if not done:
        _born(session, movement.batch)
        raise (rules.Recalled if recall else rules.NotRecalled)(gtin=movement.batch.gtin, batch=movement.batch.batch)
    if of_units and _by_codes(session, movement):
        rules.check_names(movement)
        units.recall(session, _asked(movement, _KINDS[movement.step]), movement.keys, lift=not recall)
    store_movements.add_recall(session, movement, of_units=of_units)


def _move(session: Session, movement: Movement, frm: str, to: str, *, also_recalled: bool) -> None:
    if not store.book(session, movement.batch, frm, to, movement.quantity, also_recalled=also_recalled):
        raise _why_not(session, movement.batch, movement.party, movement.quantity, also_recalled=also_recalled)


def _take(session: Session, key: BatchKey, party: str, quantity: int) -> None:
    if not store.take(session, key, party, quantity):
        raise _why_not(session, key, party, quantity, also_recalled=True)


def _why_not(session: Session, key: BatchKey, party: str, quantity: int, *, also_recalled: bool) -> Exception:
    """The refusal of a quantity that could not be taken, with the numbers as they stand."""
    account = _born(session, key)
    if account.recalled and not also_recalled:
        return rules.Recalled(gtin=key.gtin, batch=key.batch)
    has = store.held(session, party, key.gtin, key.batch)
    return rules.NotHeld(gtin=key.gtin, batch=key.batch, party=party, held=has, asked=quantity)


def _born(session: Session, key: BatchKey) -> rules.Account:
    account = store.find_account(session, key)
    if account is None or account.born == 0:
        raise rules.UnknownBatch(gtin=key.gtin, batch=key.batch)
    return account


def _check_active(party: Party) -> None:
    if party.standing != "active":
        raise rules.PartyNotActive(party=party.gln, standing=party.standing)
