"""Undoing what one capture did to units, exactly: every unit goes back to how it stood before."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from backend.units import refusals as no
from backend.units import store, store_contents, store_steps
from backend.units.rules import Asked, Kind, Record, State, Unit, UnitStep


def list_concerned(session: Session, voided: bytes) -> list[str]:
    """The units that a capture moved, and what they lay in before: all that undoing it changes."""
    steps = store_steps.list_steps(session, evidence=voided)
    if not steps:
        return []
    moved = {each.unit for each in steps}
    before = store_steps.list_before(session, sorted(moved), min(each.number for each in steps))
    return sorted(moved | {each.parent for each in (*steps, *before.values()) if each.parent is not None})


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
    number = min(each.number for each in steps)
    before = store_steps.list_before(session, list(first), number)
    record = store.load(session, list(first))
    around = {each.parent for each in before.values() if each.parent is not None}
    concerned = [*first, *(key for key in around if key not in first)]
    later = store_steps.find_after(session, concerned, last, voided)
    if later is not None:
        raise no.LaterEventStands(unit=later.unit, against=later.evidence.hex(), voids=voided.hex())
    stamps = store_steps.list_before(session, list(first), number, moving=True)
    newest = store_steps.list_before(session, list(first), number, newest=True)
    restored = {
        key: _restored(record[key], earlier, stamps[key], newest[key], voided) for key, earlier in before.items()
    }
    _check_forgotten(record, [key for key in first if key not in before], voided)
    void = {key: _void(record[key], asked) for key in first if key not in before}
    _check_forgotten(record, list(void), voided)
    store.write(session, list(restored.values()))
    store.forget(session, list(void))
    _weigh(session, record, list(restored))
    store_steps.add_steps(session, asked, [(Kind.CORRECT, each) for each in (restored | void).values()])
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
    store_contents.weigh(session, sorted(standing, key=lambda key: (-len(now.line(key)), key)))


def _void(unit: Unit, asked: Asked) -> Unit:
    return asked.stamp(replace(unit, parent=None, state=State.VOID, consignment=None))


def _restored(unit: Unit, earlier: UnitStep, stamp: UnitStep, newest: UnitStep, voided: bytes) -> Unit:
    """As it stood before: where, by `earlier`; by which step, by `stamp`, unless only what lies in it changed.

    Whether it is recalled stays as it is now: that is nothing a movement did.
    """
    named = unit.evidence == voided
    return replace(
        unit,
        parent=earlier.parent,
        holder=earlier.holder,
        state=earlier.state,
        consignment=earlier.consignment,
        evidence=stamp.evidence if named else unit.evidence,
        at=stamp.at if named else unit.at,
        latest=newest.at,
        latest_by=newest.evidence,
    )
