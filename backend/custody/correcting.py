"""A capture declared an error: the opposite entry in the books, and every unit back to where it was."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import Accepted
from backend.custody import refusals, rules, store, store_consignments, store_movements
from backend.custody.rules import Movement
from backend.units import correcting as unit_correcting
from backend.units import delivering, foreign
from backend.units import service as units
from backend.units.refusals import LaterEventStands
from backend.units.rules import Asked, Kind
from scanner.device.capture import Step
from scanner.device.declaration import corrective_ids
from scanner.device.names import event_key

_FIXED = frozenset({Step.RECALL, Step.LIFT})
_QUIET = frozenset({Step.AGE, Step.INSPECT})


def correct(session: Session, accepted: Accepted, voided: bytes) -> None:
    """Void one captured event, exactly, if nothing that came after stands on it.

    Raises:
        EventUnknown, NotYourEvent, DeclaredBefore, NotCorrectable: it is not for this declaration to void.
        LaterEventStands: with the first event that would have to be corrected before.
    """
    _check_target(session, accepted, voided)
    lines = store_movements.list_movements(session, evidences=[voided], also_declared=True)
    movement = next((each for line, each in lines if line == 0), None)
    if movement is not None and movement.step in _FIXED:
        raise refusals.NotCorrectable(voids=voided.hex(), step=movement.step.name.lower())
    told = delivering.list_standing(session, [voided])
    if told:
        raise LaterEventStands(voids=voided.hex(), against=told[0].evidence.hex())
    stamp = (accepted.event_time, accepted.captured_at, False)
    asked = Asked(accepted.evidence, Kind.CORRECT, accepted.party, "", "", 0, *stamp)
    named = unit_correcting.undo(session, asked, voided)
    if movement is not None:
        _undo_books(session, movement, [each for line, each in lines if line > 0], named=named)
    instead = corrective_ids(accepted.event)
    corrective = [key for each in instead if (key := event_key(each)) is not None]
    foreign.withdraw_observed(session, accepted, voided)
    units.add_correction(session, voided, accepted.evidence, accepted.party, corrective, accepted.captured_at)


def _check_target(session: Session, accepted: Accepted, voided: bytes) -> None:
    target = capture.find_event(session, voided)
    if target is None:
        other = capture.find_by_event_id(session, accepted.party, accepted.event_id) if accepted.event_id else None
        raise refusals.EventUnknown(
            voids=voided.hex(), event_id=accepted.event_id, differs_from=other.hex() if other else None
        )
    if target.party != accepted.party:
        raise refusals.NotYourEvent(voids=voided.hex(), signed_by=target.party, party=accepted.party)
    before = units.find_declaration(session, voided)
    if before is not None:
        raise refusals.DeclaredBefore(voids=voided.hex(), against=before.hex())


def _undo_books(session: Session, movement: Movement, inputs: list[Movement], *, named: bool) -> None:
    if movement.step in _QUIET:
        return
    _check_birth(session, movement)
    done = _UNDO.get(movement.step, _undo_birth)(session, movement)
    if not done:
        raise LaterEventStands(voids=movement.evidence.hex(), against=_first_after(session, movement))
    for each in inputs:
        _give_back(session, each)
    if movement.step is Step.SELL and not named:
        _undo_unnamed_sale(session, movement)


def _check_birth(session: Session, movement: Movement) -> None:
    """Whether a batch was not taken back since and born anew: what moved of the old one is nothing of the new one.

    Raises:
        UnknownConsignment: as the contract has it, which gives every birth a number of its own.
    """
    born = store_movements.find_birth(session, movement.batch)
    if movement.step not in rules.BEARING and (born is None or movement.number < born):
        raise refusals.UnknownConsignment(consignment=movement.ref.hex() if movement.ref else None, **movement.numbers)


def _undo_unnamed_sale(session: Session, movement: Movement) -> None:
    """A sum of bottles with codes is no longer among those sold without a name."""
    key = movement.batch
    account = store.find_account(session, key)
    if account is not None and account.units is not None and units.is_serialised(session, key.gtin, key.batch):
        units.take_unnamed(session, key.gtin, key.batch, movement.party, movement.quantity)


def _book_back(session: Session, movement: Movement, frm: rules.Place, to: rules.Place) -> bool:
    return store.book(session, movement.batch, frm, to, movement.quantity, also_recalled=True)


def _undo_shipment(session: Session, movement: Movement) -> bool:
    if not store_consignments.unopen(session, movement.evidence) or not _book_back(
        session, movement, "in_transit", "held"
    ):
        return False
    store.give(session, movement.batch, movement.party, movement.quantity)
    return True


def _undo_arrival(session: Session, movement: Movement) -> bool:
    """Received or returned goods are on the way again, if whoever got them has them still."""
    consigned = store_consignments.find_consignment(session, movement.ref) if movement.ref else None
    if consigned is None:
        return False
    received = movement.step is Step.RECEIVE
    keeper = movement.party if received else consigned.sender
    if not store.take(session, movement.batch, keeper, movement.quantity):
        return False
    store_consignments.reopen(session, consigned.evidence, "received" if received else "returned", movement.quantity)
    return _book_back(session, movement, "held", "in_transit")


def _undo_parting(session: Session, movement: Movement) -> bool:
    """Sold or lost goods are there again."""
    lost, ref = movement.step is Step.WRITE_OFF, movement.ref
    if lost and ref is not None and (consigned := store_consignments.find_consignment(session, ref)) is not None:
        store_consignments.reopen(session, consigned.evidence, "lost", movement.quantity)
        return _book_back(session, movement, "lost", "in_transit")
    place: rules.Place = "lost" if lost else "sold"
    if not _book_back(session, movement, place, "held"):
        return False
    store.give(session, movement.batch, movement.party, movement.quantity)
    return True


def _undo_commission(session: Session, movement: Movement) -> bool:
    account = store.find_account(session, movement.batch)
    held = store.held(session, movement.party, movement.batch.gtin, movement.batch.batch)
    if account is None or held != account.born:
        return False
    store.uncommission(session, movement.batch)
    return True


def _undo_birth(session: Session, movement: Movement) -> bool:
    return store.take(session, movement.batch, movement.party, movement.quantity) and store.unbear(
        session, movement.batch, movement.quantity
    )


def _give_back(session: Session, used: Movement) -> None:
    """What was used up is there again; it was consumed by the birth that is taken back, so it cannot be missing."""
    assert _book_back(session, used, "consumed", "held")
    store.give(session, used.batch, used.party, used.quantity)


_UNDO: dict[Step, Callable[[Session, Movement], bool]] = {
    Step.SHIP: _undo_shipment,
    Step.RECEIVE: _undo_arrival,
    Step.RETURN: _undo_arrival,
    Step.SELL: _undo_parting,
    Step.WRITE_OFF: _undo_parting,
    Step.COMMISSION: _undo_commission,
}


def _first_after(session: Session, movement: Movement) -> str | None:
    """Evidence of the first event after this one that stands on it: of its consignment, or of its batch."""
    lines = store_movements.list_movements(session, keys=[movement.batch])
    later = [each for _, each in lines if each.number > movement.number]
    own = [each for each in later if each.ref == movement.evidence] or [
        each for each in later if movement.party in (each.party, each.counterparty)
    ]
    return next((each.evidence.hex() for each in own or later), None)
