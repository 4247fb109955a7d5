"""Three numbers of stock, and how they are summed up. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.custody.rules import BEARING, Movement
from scanner.device.capture import Step


@dataclass(frozen=True)
class StockRow:
    """A batch at a party, in bottles. `on_the_way` is addressed to the party and has not been received."""

    party: str
    gtin: str
    batch: str
    held: int
    allocated: int
    on_the_way: int = 0

    @property
    def available(self) -> int:
        """What can still be promised; below zero when bottles were lost that had been promised."""
        return self.held - self.allocated


@dataclass(frozen=True)
class Sum:
    """Stock of several rows together."""

    held: int
    allocated: int
    on_the_way: int

    @property
    def available(self) -> int:
        """What can still be promised."""
        return self.held - self.allocated


@dataclass(frozen=True)
class SoldDay:
    """Bottles that a store reported over the counter on a day (China Standard Time)."""

    party: str
    gtin: str
    on: date
    bottles: int


@dataclass(frozen=True)
class Observation:
    """What a person or a till counted. It corrects nothing; it is compared."""

    id: UUID
    party: str
    gtin: str
    batch: str | None
    bottles: int
    source: str
    counted_at: datetime
    counted_by: str


def total(rows: Iterable[StockRow]) -> Sum:
    """Rows summed up."""
    held = allocated = on_the_way = 0
    for row in rows:
        held, allocated, on_the_way = held + row.held, allocated + row.allocated, on_the_way + row.on_the_way
    return Sum(held, allocated, on_the_way)


def join(
    held: Mapping[tuple[str, str, str], int],
    allocated: Mapping[tuple[str, str, str], int],
    on_the_way: Mapping[tuple[str, str, str], int],
) -> list[StockRow]:
    """One row for each (party, gtin, batch) that occurs anywhere, in that order."""
    keys = sorted(held.keys() | allocated.keys() | on_the_way.keys())
    return [StockRow(*key, held.get(key, 0), allocated.get(key, 0), on_the_way.get(key, 0)) for key in keys]


def effect(line: int, movement: Movement, party: str) -> int:
    """What a line of a movement adds to, or takes from, what a party holds; the sum over all lines is what it holds."""
    if movement.step is Step.RETURN:  # it goes to who sent, who may be the one that returns
        return movement.quantity if movement.counterparty == party else 0
    if movement.party != party:
        return 0
    if line > 0:
        return -movement.quantity
    if movement.step in BEARING or movement.step is Step.RECEIVE:
        return movement.quantity
    if movement.step in (Step.SHIP, Step.SELL) or (movement.step is Step.WRITE_OFF and movement.ref is None):
        return -movement.quantity
    return 0
