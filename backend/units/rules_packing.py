"""What may be packed into what, and taken out of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from backend.units import refusals as no
from backend.units.rules import Record, State, Unit, check_held
from scanner.device.reading import DEPTH_MAX


def check_packing(record: Record, parent: str, children: Sequence[str], party: str) -> None:
    """Whether a party may pack children into a parent.

    Raises:
        NotAPackage: a bottle holds nothing.
        IntoItself, AlreadyPacked, and what `check_held` raises: with the unit and the event that speaks against it.
    """
    if "/00/" not in parent:
        raise no.NotAPackage(unit=parent)
    if parent in record and record[parent].state is not State.VOID:
        check_held(record, [parent], party)
        around = {each.unit for each in record.line(parent)}
    else:
        around = {parent}
    for key in children:
        if key in around:
            raise no.IntoItself(unit=key, parent=parent)
        unit = record.find(key)
        if unit is None or unit.state is State.VOID:
            raise no.UnitUnknown(unit=key)
        if unit.parent is not None:
            raise no.AlreadyPacked(unit=key, inside=unit.parent, parent=parent, against=unit.evidence.hex())
    check_held(record, children, party)


def check_depth(record: Record, parent: str, levels: Mapping[str, int]) -> None:
    """Whether nothing comes to lie deeper than its way is followed. `levels`: each child, and how many levels of
    packages and bottles lie under it.

    Raises:
        PackedTooDeep: with the child, and in how many packages the lowest thing in it would lie.
    """
    around = len(record.line(parent)) if parent in record else 1
    for key, below in levels.items():
        if around + below > DEPTH_MAX:
            raise no.PackedTooDeep(unit=key, parent=parent, packages=around + below, most=DEPTH_MAX)


def check_unpacking(record: Record, parent: str, children: Sequence[str], party: str) -> None:
    """Whether a party may take children out of a parent.

    Raises:
        UnitUnknown, NotInside, and what `check_held` raises: with the unit and the event that speaks against it.
    """
    if parent not in record or record[parent].state is State.VOID:
        raise no.UnitUnknown(unit=parent)
    check_held(record, [parent], party)
    for key in children:
        unit = record.find(key)
        if unit is None or unit.parent != parent:
            raise no.NotInside(
                unit=key, parent=parent, inside=unit and unit.parent, against=unit and unit.evidence.hex()
            )


def take_out(record: Record, keys: Iterable[str]) -> tuple[list[Unit], dict[str, int]]:
    """The units as they stand outside of what they are packed in, and how many bottles leave each thing around them.

    A unit that is named out of its case is taken out of it by the same capture.
    """
    outside: list[Unit] = []
    leaving: dict[str, int] = {}
    for key in keys:
        unit, *around = record.line(key)
        for each in around:
            leaving[each.unit] = leaving.get(each.unit, 0) + unit.bottles
        outer = around[-1] if around else unit
        outside.append(
            replace(unit, parent=None, holder=outer.holder, state=outer.state, consignment=outer.consignment)
        )
    return outside, leaving
