"""Deliveries that a sender tells of, goods that an addressee gives back, and who answers for a unit meanwhile. Pure.

An addressee who never signs would leave units hanging in transit for good; so from the day of arrival that the sender's
proof of delivery shows he answers for them, marked as not signed by him, until he signs, sends back or writes off. What
he gives back by his own word alone makes its sender answer in the same way: marked, until that one confirms or objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.units.rules import Kind

Closing = tuple[datetime, int]
"""When so many bottles of a consignment were signed for, sent back or written off, as it was taken."""


@dataclass(frozen=True, slots=True)
class DeclaredError:
    """That a capture was declared an error: by which declaration, of whom, and when that was taken."""

    declaration: bytes
    party: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sender tells to have arrived of a consignment: so many bottles, at a time by his word. `evidence` is that
    of his proof of delivery, `papers` the transport documents it names; `late`: told more than a day afterwards.

    `against`: the addressee's return or write-off that it objects to: the goods have not come back. A delivery whose
    `consignment` is a return is its addressee's word that it came back. `declared`: he declared it an error since.
    """

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
    against: bytes | None = None
    declared: DeclaredError | None = None

    @property
    def since(self) -> datetime:
        """From when it counts: the day of arrival; but nobody is made to answer for days that are told afterwards."""
        return self.taken_at if self.late or self.against is not None else self.at


@dataclass(frozen=True, slots=True)
class GivenBack:
    """That units went back to who sent them, by the addressee's word alone. `kind`: he returned them, wrote them off on
    the way, or declared his receipt an error (correct); `evidence` is that of his word."""

    evidence: bytes
    kind: Kind
    by: str
    consignment: bytes
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Suspension:
    """A party may not sign from a moment on; `until` is None while that stands."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers for a unit, from when, and by which evidence.

    `delivery`: he has not signed for it, its sender tells that it was delivered. `back`: its sender answers again.
    `returned`: he does so by the addressee's word alone and has neither confirmed it nor objected. `disputed`: the
    words of sender and addressee stand against each other. `declared`: the receipt was declared an error since; he
    answers for the time before. `suspended`: he may not sign meanwhile, so that his silence says nothing.
    """

    gln: str
    since: datetime
    evidence: bytes
    delivery: Delivery | None = None
    back: bool = False
    returned: GivenBack | None = None
    disputed: bool = False
    declared: DeclaredError | None = None
    suspended: Suspension | None = None

    @property
    def signed(self) -> bool:
        """Whether a device of the party signed for it."""
        return self.delivery is None and self.returned is None

    @property
    def word(self) -> bytes | None:
        """Evidence of the other party's word on which it rests, where he has not signed."""
        if self.delivery is not None:
            return self.delivery.evidence
        return self.returned.evidence if self.returned is not None else None


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
