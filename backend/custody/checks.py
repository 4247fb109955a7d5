"""What a capture must fit of the batches that it is about: their names, times, measures and numbers. Pure."""

from collections.abc import Mapping

from backend.capture.rules import BatchKey
from backend.custody.refusals import MeasureDiffers, MoreThanBorn
from backend.custody.rules import BOTTLES, Account, Movement
from backend.errors import Malformed
from backend.units.refusals import BeforeBirth, OtherBatch, UnitUnknown


def used_up(movement: Movement) -> list[tuple[BatchKey, int]]:
    """What a transformation takes of each batch, summed where a batch is named more than once (two tanks of it).

    In one order for everybody, so that two blends of the same tanks wait instead of locking each other out.
    """
    sums: dict[BatchKey, int] = {}
    for key, quantity in movement.inputs:
        sums[key] = sums.get(key, 0) + quantity
    return sorted(sums.items(), key=lambda each: (each[0].gtin, each[0].batch))


def check_names(movement: Movement) -> None:
    """Whether what each name says of its bottle is the batch of the capture.

    Raises:
        OtherBatch: a name says another product or batch.
    """
    for unit in movement.named:
        if unit.gtin not in (None, movement.batch.gtin) or unit.batch not in (None, movement.batch.batch):
            raise OtherBatch(
                unit=unit.key,
                of_gtin=unit.gtin,
                of_batch=unit.batch,
                gtin=movement.batch.gtin,
                batch=movement.batch.batch,
            )


def by_batch(movement: Movement, batches: Mapping[str, tuple[str, str]]) -> dict[BatchKey, list[str]]:
    """The units that a transformation uses up, by the batch of each.

    Raises:
        UnitUnknown, OtherBatch: one is nobody's, or of none of the batches that are used up, or of another than said.
    """
    used = {key for key, _ in movement.inputs}
    found: dict[BatchKey, list[str]] = {}
    for unit in movement.named:
        if unit.key not in batches:
            raise UnitUnknown(unit=unit.key)
        key = BatchKey(*batches[unit.key])
        if key not in used or unit.batch not in (None, key.batch):
            raise OtherBatch(unit=unit.key, of_gtin=key.gtin, of_batch=key.batch, says=unit.batch)
        found.setdefault(key, []).append(unit.key)
    return found


def check_after_birth(movement: Movement, key: BatchKey, account: Account) -> None:
    """Whether a step is not told to have happened before its batch was born.

    Raises:
        BeforeBirth: with both times.
    """
    if account.born_at is not None and movement.at < account.born_at:
        raise BeforeBirth(
            gtin=key.gtin, batch=key.batch, event_time=movement.at.isoformat(), born_at=account.born_at.isoformat()
        )


def check_measure(movement: Movement, key: BatchKey, account: Account) -> None:
    """Whether every quantity of a batch is told in the measure in which it was born; no quantity has none.

    Raises:
        MeasureDiffers: with both.
    """
    lines = zip(((movement.batch, movement.quantity), *movement.inputs), movement.uoms, strict=False)
    for (batch, quantity), uom in lines:
        if batch == key and quantity and uom != account.uom:
            raise MeasureDiffers(gtin=key.gtin, batch=key.batch, born_in=account.uom or BOTTLES, says=uom or BOTTLES)


def check_recall_of_units(movement: Movement, born: int) -> None:
    """Whether a recall, or its lift, that names units says how many bottles they are. Named units decide what it is of.

    Raises:
        Malformed: it says no number.
        MoreThanBorn: it says more than there can be.
    """
    if movement.quantity == 0:
        says = "a recall or lift that names units says how many bottles they are together"
        raise Malformed(f"quantityList: {says}", field="quantityList", units=len(movement.named))
    if movement.quantity > born:
        raise MoreThanBorn(**movement.numbers, born=born)
