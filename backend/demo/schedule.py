"""Acts in the order of their times. An act may add later ones; the same story always gives the same order."""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime

Act = Callable[[datetime], None]


class Schedule:
    """A queue of acts by time, then by the order in which they were added."""

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, str, Act]] = []
        self._added = 0

    def add(self, at: datetime, label: str, act: Act) -> None:
        """Let `act` happen at a time; `label` is what the progress display says."""
        heapq.heappush(self._queue, (at, self._added, label, act))
        self._added += 1

    @property
    def size(self) -> int:
        """How many acts have been added so far."""
        return self._added

    def play(self) -> Iterator[str]:
        """Perform all acts; yields the label of each when it is done."""
        while self._queue:
            at, _, label, act = heapq.heappop(self._queue)
            act(at)
            yield label
