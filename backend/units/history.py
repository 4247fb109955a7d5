"""The way of a unit: its own steps, and those of whatever it lay in at the time. In the order of capture."""

from collections.abc import Collection, Sequence
from math import inf

from sqlalchemy.orm import Session

from backend.units import store_corrections, store_steps
from backend.units.rules import Kind
from backend.units.store_steps import UnitStep
from scanner.device.reading import DEPTH_MAX


def ways(session: Session, units: Collection[str]) -> dict[str, list[UnitStep]]:
    """The steps of many units, each with those of the cases it lay in while it lay in them.

    Captures that were declared errors, and the declarations, are left out. A unit nobody knows is absent.
    """
    steps = _gathered(session, units)
    declared = store_corrections.declared(session, {each.evidence for own in steps.values() for each in own})
    counted = {unit: _counted(own, declared) for unit, own in steps.items()}
    return {unit: _unfold(counted, unit, -1, inf, DEPTH_MAX) for unit in units if counted.get(unit)}


def told_around(session: Session, unit: str) -> list[UnitStep]:
    """All steps of a unit and of whatever it ever lay in, declared errors too, in the order of capture."""
    gathered = _gathered(session, [unit])
    return sorted((each for own in gathered.values() for each in own), key=lambda each: each.number)


def _gathered(session: Session, units: Collection[str]) -> dict[str, list[UnitStep]]:
    steps: dict[str, list[UnitStep]] = {}
    wanted = set(units)
    for _ in range(DEPTH_MAX + 1):  # the unit, and what is around it
        if not wanted:
            break
        found = store_steps.list_steps(session, sorted(wanted))
        for each in found:
            steps.setdefault(each.unit, []).append(each)
        wanted = {each.parent for each in found if each.parent is not None} - steps.keys()
    return steps


def _counted(steps: Sequence[UnitStep], declared: Collection[bytes]) -> list[UnitStep]:
    return [each for each in steps if each.kind is not Kind.CORRECT and each.evidence not in declared]


def _unfold(steps: dict[str, list[UnitStep]], unit: str, after: float, before: float, depth: int) -> list[UnitStep]:
    """Steps between two places in the order: the unit's own, and between them those of what it lies in."""
    found: list[UnitStep] = []
    parent: str | None = None
    since = after
    for each in steps.get(unit, ()):
        if each.number >= before:
            break
        if each.number > after:
            if parent is not None and depth:
                found += _unfold(steps, parent, since, each.number, depth - 1)
            found.append(each)
            since = each.number
        parent = each.parent
    if parent is not None and depth:
        found += _unfold(steps, parent, since, before, depth - 1)
    return found
