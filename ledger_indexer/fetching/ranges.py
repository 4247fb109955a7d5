"""The sizes of ranges and batches that a node takes, learnt from its answers. Pure."""

from dataclasses import dataclass, field

_TRUST, _TRUST_MOST = 64, 4_096


@dataclass(slots=True)
class Ceiling:
    """The most that a node takes at once: lowered when it refuses, tried again after a long good time.

    Each refusal doubles how many full helpings must go well before more is tried: a limit that stands is asked about
    ever less often, and a bad hour is not remembered for ever.
    """

    most: int
    wanted: int = 0
    _served: int = 0
    _trust: int = _TRUST

    def __post_init__(self) -> None:
        """Remember where to grow back to."""
        self.wanted = self.wanted or self.most

    def lower(self, to: int) -> None:
        """The node refused more than so many."""
        self.most = max(1, min(self.most, to))
        self._served, self._trust = 0, min(_TRUST_MOST, 2 * self._trust)

    def served(self, count: int) -> None:
        """The node took so many."""
        if count < self.most or self.most >= self.wanted:
            return
        self._served += 1
        if self._served >= self._trust:
            self.most, self._served = min(self.wanted, 2 * self.most), 0


@dataclass(slots=True)
class Sizer:
    """Blocks to ask for: grows towards ``target`` logs an answer, shrinks on a refusal, never beyond ``most``."""

    size: int = 50
    target: int = 4_000
    most: int = 2_000
    _ceiling: Ceiling = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the sizes given."""
        self._ceiling = Ceiling(self.most)
        self.size = min(self.size, self.most)

    def answered(self, blocks: int, logs: int) -> None:
        """An answer of so many blocks held so many logs."""
        self._ceiling.served(blocks)
        self.most = self._ceiling.most
        fitting = self.target * blocks // logs if logs else self.most
        self.size = max(1, min(self.most, self.size * 2, fitting))

    def refused(self, blocks: int) -> None:
        """The node would not answer for so many blocks, but does for fewer: remember that as the most for now."""
        self._ceiling.lower(blocks - 1)
        self.most = self._ceiling.most
        self.size = max(1, blocks // 2)

    def broke_down(self, blocks: int) -> None:
        """The node did not manage so many blocks this time: less the next time, and soon as much as before."""
        self.size = max(1, blocks // 2)

    def next(self, first: int, last: int) -> tuple[int, int]:
        """The next range to ask for, both ends included."""
        return first, min(last, first + self.size - 1)
