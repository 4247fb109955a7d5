"""How many blocks to ask for at once. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Sizer:
    """Grows towards ``target`` logs an answer, halves when a node refuses; never beyond ``most`` blocks."""

    size: int = 50
    target: int = 4_000
    most: int = 2_000

    def answered(self, blocks: int, logs: int) -> None:
        """An answer of so many blocks held so many logs."""
        fitting = self.target * blocks // logs if logs else self.most
        self.size = max(1, min(self.most, self.size * 2, fitting))

    def refused(self, blocks: int) -> None:
        """The node would not answer for so many blocks: remember that as the most for now."""
        self.size = max(1, blocks // 2)
        self.most = max(1, min(self.most, blocks - 1))

    def next(self, first: int, last: int) -> tuple[int, int]:
        """The next range to ask for, both ends included."""
        return first, min(last, first + self.size - 1)


def halves(first: int, last: int) -> Iterator[tuple[int, int]]:
    """A range as two."""
    middle = (first + last) // 2
    yield first, middle
    yield middle + 1, last
