"""Batches are born, out of others, and their codes come into force."""

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.custody import booking, checks, refusals, rules, store
from backend.custody.rules import Movement
from backend.units import commissioning as units_commissioning
from backend.units import service as units
from backend.units.rules import Kind

_WHOLE = "Codes are commissioned by who bottled the batch and still holds it whole."


def bear(session: Session, movement: Movement) -> None:
    """Bear a batch. What it is made of is used up before it is there, so that no batch is made of itself.

    Raises:
        BatchExists: it was born before.
        MeasureDiffers: goods with codes are counted in bottles.
        UnknownBatch, NotHeld, Recalled, and what units say of those that are used up: of what it is made of.
    """
    key = movement.batch
    account = store.find_account(session, key)
    if account is not None and account.born > 0:
        raise refusals.BatchExists(gtin=key.gtin, batch=key.batch)
    measure = next(iter(movement.uoms), None)
    if measure is not None and units.wants_codes(session, key.gtin, key.batch):
        raise refusals.MeasureDiffers(gtin=key.gtin, batch=key.batch, born_in=rules.BOTTLES, says=measure)
    _use_up(session, movement)
    if not store.bear(session, movement):
        raise refusals.BatchExists(gtin=key.gtin, batch=key.batch)


def _use_up(session: Session, movement: Movement) -> None:
    named = checks.by_batch(movement, units.batches_by_unit(session, movement.keys))
    for key, quantity in checks.used_up(movement):
        account = booking.check_batch(session, movement, key)
        if booking.moves_by_codes(session, account):
            asked = booking.asked(movement, Kind.CONSUME, key, quantity)
            units.part_with(session, asked, named.get(key, ()), way_back=False)
        if not store.book(session, key, "held", "consumed", quantity, also_recalled=False):
            raise booking.why_not(session, key, movement.party, quantity, also_recalled=False)
        booking.take(session, key, movement.party, quantity)


def commission(session: Session, movement: Movement) -> None:
    """Bring the codes of a batch into force, once the bottles are there and none has left who bottled them.

    Raises:
        UnitsCommissioned, UnknownBatch, NotMaker, NotHeld, BeforeBirth: as the contract would.
        NoCodeRun, MeasureDiffers, and what units say of the run: nobody could ever move the batch by such codes.
    """
    key, root = movement.batch, movement.units or b""
    account = store.find_account(session, key)
    if account is not None and account.units is not None:
        raise refusals.UnitsCommissioned(**movement.numbers)
    account = booking.born(session, key)
    if account.maker != movement.party:
        raise refusals.NotMaker(**movement.numbers, maker=account.maker)
    held_by = store.held(session, movement.party, key.gtin, key.batch)
    if held_by != account.born:
        raise refusals.NotHeld(_WHOLE, **movement.numbers, held=held_by, born=account.born)
    booking.by_codes(session, movement)
    if catalog.find_code_run(session, key.gtin, key.batch) is None:
        raise refusals.NoCodeRun(**movement.numbers, commissioned=root.hex())
    if account.uom is not None:
        raise refusals.MeasureDiffers(gtin=key.gtin, batch=key.batch, born_in=account.uom, says=rules.BOTTLES)
    units_commissioning.commission(session, booking.asked(movement, Kind.COMMISSION), root, born=account.born)
    if not store.commission(session, key, root):
        raise refusals.UnitsCommissioned(**movement.numbers)
