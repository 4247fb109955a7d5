"""A batch, or some units of it, is stopped and freed."""

from sqlalchemy.orm import Session

from backend.custody import booking, checks, refusals, store, store_movements
from backend.custody.rules import Movement
from backend.units import service as units
from backend.units.rules import Kind
from scanner.device.capture import Step


def recall_or_lift(session: Session, movement: Movement) -> None:
    """Stop or free what a capture names: those units, or the whole batch when it names none.

    Raises:
        UnknownBatch, BeforeBirth, MeasureDiffers, OtherBatch, UnitUnknown, SumDiffers: as for a movement.
        Recalled, NotRecalled: it is so already.
        Malformed, MoreThanBorn: the number of the units that it names.
    """
    account = store.lock_account(session, movement.batch)
    if movement.units is None:
        _of_batch(session, movement)
    else:
        _of_units(session, movement, account.born if account else 0)
    store_movements.add_recall(session, movement, of_units=movement.units is not None)


def _of_batch(session: Session, movement: Movement) -> None:
    recall, key = movement.step is Step.RECALL, movement.batch
    booking.check_batch(session, movement, key)
    if not store.set_recalled(session, key, recall):
        raise (refusals.Recalled if recall else refusals.NotRecalled)(gtin=key.gtin, batch=key.batch)


def _of_units(session: Session, movement: Movement, born: int) -> None:
    key, asked = movement.batch, booking.asked(movement, Kind.RECALL)
    coded = booking.by_codes(session, movement)
    checks.check_recall_of_units(movement, born)
    standing = store_movements.find_recalled(session, key, movement.units)
    if movement.step is Step.LIFT:
        if standing is None or standing.quantity != movement.quantity:
            details = movement.numbers | {
                "units": len(movement.named),
                "recalled": standing.quantity if standing else 0,
            }
            raise refusals.NotRecalled(**details)
        units.lift(session, booking.asked(movement, Kind.LIFT), standing.evidence)
        return
    if standing is not None:
        raise refusals.Recalled(gtin=key.gtin, batch=key.batch, against=standing.evidence.hex())
    if coded:
        units.recall(session, asked, movement.keys)
