"""Which cases and bottles are where, as the story's own people know it."""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

Batch = tuple[str, str]
"""GTIN and batch."""


@dataclass(frozen=True, slots=True)
class Bottle:
    """One bottle as its outer code names it."""

    gtin: str
    batch: str
    serial: str


@dataclass
class Goods:
    """Cases by holder and batch, first in first out; bottles by case."""

    bottles: dict[str, list[Bottle]] = field(default_factory=dict)
    _cases: dict[str, dict[Batch, deque[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(deque)))

    def put(self, holder: str, batch: Batch, cases: Iterable[str]) -> None:
        """Cases arrive at a holder."""
        self._cases[holder][batch].extend(cases)

    def take(self, holder: str, batch: Batch, count: int) -> list[str]:
        """Cases leave a holder; fewer than asked when there are fewer."""
        queue = self._cases[holder][batch]
        return [queue.popleft() for _ in range(min(count, len(queue)))]

    def seen_at(self, holder: str, gtin: str) -> list[tuple[Batch, list[str]]]:
        """The cases of a product at a holder, by batch; they stay there."""
        here = self._cases[holder]
        return [(batch, list(here[batch])) for batch in sorted(here) if batch[0] == gtin and here[batch]]

    def take_of(self, holder: str, gtin: str, count: int) -> list[tuple[Batch, list[str]]]:
        """Cases of a product in any batch, older batches first."""
        found = []
        for batch in sorted(self._cases[holder]):
            if batch[0] == gtin and count > 0 and (cases := self.take(holder, batch, count)):
                found.append((batch, cases))
                count -= len(cases)
        return found
