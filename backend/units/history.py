"""The way of a unit: its own steps, and those of whatever it lay in at the time. In the order of capture."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from sqlalchemy.orm import Session

from backend.units import store_corrections, store_steps
from backend.units.rules import Kind, UnitStep
from backend.units.rules_deliveries import DeclaredError
from scanner.device.reading import DEPTH_MAX


@dataclass(frozen=True, slots=True)
class Told:
    """Ways of units as they were told at each time, by unit; and which of their captures were declared errors since."""

    ways: Mapping[str, list[UnitStep]]
    errors: Mapping[bytes, DeclaredError]


def ways(session: Session, units: Collection[str]) -> dict[str, list[UnitStep]]:
    """The steps of many units that count now, each with those of the cases it lay in while it lay in them.

    Captures that were declared errors, and the declarations, are left out: whoever asks for a time before a declaration
    asks `told_ways`. A unit nobody knows is absent.
    """
    steps = _gathered(session, units)
    declared = store_corrections.declared(session, {each.evidence for own in steps.values() for each in own})
    counted = {unit: _counted(own, declared) for unit, own in steps.items()}
    return {unit: _unfold(counted, unit, -1, inf, DEPTH_MAX) for unit in units if counted.get(unit)}


def told_ways(session: Session, units: Collection[str]) -> Told:
    """All steps of many units, with those of the cases they lay in while they lay in them, as it was known each time.

    A capture that was declared an error stands in its place, and so does its declaration, which puts the unit back to
    how it stood before. So nothing that is told later changes what stands before it.
    """
    steps = _gathered(session, units)
    errors = store_corrections.errors(session, {each.evidence for own in steps.values() for each in own})
    found = {unit: _unfold(steps, unit, -1, inf, DEPTH_MAX) for unit in units if steps.get(unit)}
    return Told({unit: _put_back(way, errors) for unit, way in found.items()}, errors)


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


def _put_back(way: Sequence[UnitStep], errors: Mapping[bytes, DeclaredError]) -> list[UnitStep]:
    """The way with each declaration's step saying whose the unit is again: read off the step before what it voids.

    The row of a thing that lies in another says where it lies, not who holds the other.
    """
    voids = {error.declaration: voided for voided, error in errors.items()}
    before: dict[bytes, UnitStep | None] = {}
    found: list[UnitStep] = []
    for each in way:
        earlier = before.get(voids.get(each.evidence, b"")) if each.kind is Kind.CORRECT else None
        if earlier is not None:
            each = replace(each, holder=earlier.holder, state=earlier.state, consignment=earlier.consignment)
        before.setdefault(each.evidence, found[-1] if found else None)
        found.append(each)
    return found


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
