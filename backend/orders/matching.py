"""How a line is split over the batches that can serve it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from backend.errors import Refused


class OutOfStock(Refused):
    """The location does not hold enough to serve the line."""


@dataclass(frozen=True)
class Stock:
    """What a party can still promise of a batch; `best_before` None: it keeps without end."""

    batch: str
    available: int
    best_before: date | None = None
    produced_on: date | None = None


@dataclass(frozen=True)
class Pick:
    """So many bottles of a batch for a line."""

    batch: str
    bottles: int


def allocate(quantity: int, stock: Iterable[Stock], *, today: date) -> tuple[Pick, ...]:
    """Split a line over batches, soonest to expire first; all of it or none.

    What is past its date is not promised. Batches that keep without end come last, the oldest of them first.

    Raises:
        OutOfStock: `wanted` and `available` say how much is missing.
    """
    fit = [each for each in stock if each.available > 0 and (each.best_before is None or each.best_before >= today)]
    available = sum(each.available for each in fit)
    if available < quantity:
        raise OutOfStock(wanted=quantity, available=available)
    picks = []
    for each in sorted(fit, key=lambda s: (s.best_before or date.max, s.produced_on or date.max, s.batch)):
        if quantity == 0:
            break
        taken = min(quantity, each.available)
        picks.append(Pick(each.batch, taken))
        quantity -= taken
    return tuple(picks)
