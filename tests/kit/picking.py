"""Which cases and bottles a test lets move: whole cases first, then bottles out of the next."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.units import service as units
from backend.units import store
from backend.units.rules import Unit


def held(session: Session, holder: str, gtin: str, batch: str, bottles: int) -> list[str]:
    """Units of a batch that a party holds, so many bottles of them; none when its codes are not in force."""
    return _pick(session, units.list_held(session, holder, gtin, batch), bottles)


def under_way(session: Session, consignment: bytes, bottles: int) -> list[str]:
    """Units that travel in a consignment, so many bottles of them."""
    return _pick(session, units.list_under_way(session, consignment), bottles)


def _pick(session: Session, found: Sequence[Unit], bottles: int) -> list[str]:
    picked: list[str] = []
    for unit in found:
        if unit.bottles <= bottles:
            picked.append(unit.unit)
            bottles -= unit.bottles
    for unit in found:
        if bottles and unit.unit not in picked:
            inside = [each.unit for each in store.list_bottles(session, [unit.unit])][:bottles]
            picked += inside
            bottles -= len(inside)
    return picked
