"""Undoing what one capture did to units, exactly: every unit goes back to how it stood before."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from backend.units import refusals as no
from backend.units import store, store_steps
from backend.units.rules import Asked, Kind, Record, State, Unit
from backend.units.store_steps import UnitStep


def undo(session: Session, asked: Asked, voided: bytes) -> bool:
    """Put the units that a capture moved back to where they were; False when it named none.

    Raises:
        LaterEventStands: with the first event that stands on it.
    """
    steps = store_steps.list_steps(session, evidence=voided)
    if not steps:
        return False
    first = {each.unit: each for each in reversed(steps)}
    last = max(each.number for each in steps)
    before = store_steps.list_before(session, list(first), min(each.number for each in steps))
    record = store.load(session, list(first))
    around = {each.parent for each in before.values() if each.parent is not None}
    concerned = [*first, *(key for key in around if key not in first)]
    later = store_steps.find_after(session, concerned, last, voided)
    if later is not None:
        raise no.LaterEventStands(unit=later.unit, against=later.evidence.hex(), voids=voided.hex())
    _check_forgotten(record, [key for key in first if key not in before], voided)
    restored = [_restored(record[key], before.get(key), asked) for key in first]
    store.write(session, [each for each in restored if each.unit in before])
    store.forget(session, [each.unit for each in restored if each.unit not in before])
    _weigh(session, record, [each.unit for each in restored if each.unit in before])
    store_steps.add_steps(session, asked, [(Kind.CORRECT, each) for each in restored])
    return True


def _check_forgotten(record: Record, keys: Sequence[str], voided: bytes) -> None:
    """Whether no unit is forgotten while a recall of it stands: born again, it would be free."""
    for key in keys:
        by = record[key].recalled
        if by is not None:
            raise no.LaterEventStands(unit=key, against=by.hex(), voids=voided.hex())


def _weigh(session: Session, was: Record, units: Sequence[str]) -> None:
    """Count again what the units lay in before and lie in now, from the inside out."""
    packages = {each.unit for key in units for each in was.line(key) if each.is_case}
    now = store.load(session, [*units, *packages])
    packages |= {each.unit for key in units for each in now.line(key) if each.is_case}
    standing = [key for key in packages if key in now]
    store.weigh(session, sorted(standing, key=lambda key: (-len(now.line(key)), key)))


def _restored(unit: Unit, earlier: UnitStep | None, asked: Asked) -> Unit:
    """The unit as it stood before. Whether it is recalled stays as it is now: that is nothing a movement did."""
    if earlier is None:
        return replace(unit, parent=None, state=State.VOID, consignment=None, evidence=asked.evidence, at=asked.at)
    return replace(
        unit,
        parent=earlier.parent,
        holder=earlier.holder,
        state=earlier.state,
        consignment=earlier.consignment,
        evidence=earlier.evidence,
        at=earlier.at,
    )
