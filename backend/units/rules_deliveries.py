"""Deliveries that a sender tells of, and who answers for a unit meanwhile. Pure.

An addressee who never signs would leave units hanging in transit for good; so from the day of arrival that the sender's
proof of delivery shows he answers for them, marked as not signed by him, until he signs, sends back or writes off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Closing = tuple[datetime, int]
"""When so many bottles of a consignment were signed for, sent back or written off, as it was taken."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sender tells to have arrived of a consignment: so many bottles, at a time by his word. `evidence` is that
    of his proof of delivery, `papers` the transport documents it names; `late`: told more than a day afterwards."""

    evidence: bytes
    consignment: bytes
    sender: str
    addressee: str
    gtin: str
    batch: str
    quantity: int
    at: datetime
    taken_at: datetime
    late: bool
    papers: tuple[str, ...] = ()

    @property
    def since(self) -> datetime:
        """From when it counts: the day of arrival; but nobody is made to answer for days that are told afterwards."""
        return self.taken_at if self.late else self.at


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers for a unit, from when, and by which evidence. `delivery`: he has not signed for it, its sender tells
    that it was delivered. `back`: the addressee sent it back or wrote it off, so that its sender answers again."""

    gln: str
    since: datetime
    evidence: bytes
    delivery: Delivery | None = None
    back: bool = False

    @property
    def signed(self) -> bool:
        """Whether a device of the party signed for it."""
        return self.delivery is None


def still_open(told: Sequence[Delivery], closed: Sequence[Closing]) -> dict[bytes, int]:
    """How many bottles of each delivery, by evidence, are neither signed for, nor sent back, nor written off. For goods
    without codes, whose bottles nobody tells apart.

    What is closed after a delivery was told is of what was told, the first told first.
    """
    left: dict[bytes, int] = {}
    happened = [(each.taken_at, 0, each.evidence, each.quantity) for each in told]
    happened += [(at, 1, b"", bottles) for at, bottles in closed]
    for _, closing, evidence, bottles in sorted(happened):
        if not closing:
            left[evidence] = bottles
            continue
        rest = bottles
        for each, open_of_it in left.items():
            left[each] -= min(open_of_it, rest)
            rest -= min(open_of_it, rest)
    return left
