"""Deliveries that a sender tells of, goods that an addressee gives back, and who answers for a unit meanwhile. Pure.

An addressee who never signs would leave units hanging in transit for good; so from the day of arrival that the sender's
proof of delivery shows he answers for them, marked as not signed by him, until he signs, sends back or writes off. What
he gives back by his own word alone makes its sender answer in the same way: marked, until that one confirms or objects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.units.rules import Kind


@dataclass(frozen=True, slots=True)
class Closing:
    """That so many bottles of a consignment were signed for, sent back or written off, and when that was taken.

    `ended`: when it was declared an error, so that they are on the way again.
    """

    evidence: bytes
    taken_at: datetime
    bottles: int
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """That so many bottles, which the addressee gave back by a word of his, have not come back."""

    word: bytes
    bottles: int


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

    `against`: the addressee's returns and write-offs that it objects to. Each objection ends with the word it speaks
    against; from then on it tells of the delivery alone. A delivery whose `consignment` is a return is its addressee's
    word that it came back. `declared`: he declared it an error since.
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
    against: tuple[Objection, ...] = ()
    declared: DeclaredError | None = None

    @property
    def since(self) -> datetime:
        """From when it counts: the day of arrival; but nobody is made to answer for days that are told afterwards."""
        return self.taken_at if self.late or self.against else self.at

    def objects_to(self, word: bytes) -> int:
        """Of how many bottles of a return or write-off it says that they have not come back."""
        return sum(each.bottles for each in self.against if each.word == word)


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
    `returned`: he does so by the addressee's word alone and has neither confirmed it nor objected. `against`: the word
    of the addressee that the delivery stands against. `declared`: the receipt was declared an error since; he
    answers for the time before. `suspended`: he may not sign meanwhile, so that his silence says nothing.
    """

    gln: str
    since: datetime
    evidence: bytes
    delivery: Delivery | None = None
    back: bool = False
    returned: GivenBack | None = None
    against: bytes | None = None
    declared: DeclaredError | None = None
    suspended: Suspension | None = None

    @property
    def signed(self) -> bool:
        """Whether a device of the party signed for it."""
        return self.delivery is None and self.returned is None

    @property
    def disputed(self) -> bool:
        """Whether the words of sender and addressee stand against each other."""
        return self.against is not None

    @property
    def word(self) -> bytes | None:
        """Evidence of the other party's word on which it rests, where he has not signed."""
        if self.delivery is not None:
            return self.delivery.evidence
        return self.returned.evidence if self.returned is not None else None


@dataclass(frozen=True, slots=True)
class Word:
    """How many bottles of a return or write-off its sender has neither confirmed nor objected to, and how many he says
    have not come back. For goods without codes, whose bottles nobody tells apart."""

    left: int
    disputed: int


def weigh_words(words: Mapping[bytes, int], told: Sequence[Delivery]) -> dict[bytes, Word]:
    """How each word stands, of so many bottles, by what is told of it: each bottle counts once.

    What is confirmed is of those not objected to first, and then of those that came after all.
    """
    found = {}
    for word, bottles in words.items():
        unconfirmed = max(0, bottles - sum(each.quantity for each in told if each.consignment == word))
        disputed = min(unconfirmed, sum(each.objects_to(word) for each in told))
        found[word] = Word(unconfirmed - disputed, disputed)
    return found


def still_open(told: Sequence[Delivery], closed: Sequence[Closing]) -> dict[bytes, int]:
    """How many bottles of each delivery, by evidence, are neither signed for, nor sent back, nor written off. For goods
    without codes.

    What is closed after a delivery was told is of what was told, the first told first. When that ends, those are open
    again, and of the others those that were objected to: their delivery was told with the objection.
    """
    left: dict[bytes, int] = {}
    took: dict[bytes, dict[bytes, int]] = {}
    happened: list[tuple[datetime, int, bytes, Delivery | Closing]] = []
    happened += [(each.taken_at, 0, each.evidence, each) for each in told]
    happened += [(each.taken_at, 1, each.evidence, each) for each in closed]
    happened += [(each.ended, 2, each.evidence, each) for each in closed if each.ended is not None]
    for _, _, evidence, each in sorted(happened, key=lambda one: one[:3]):
        if isinstance(each, Delivery):
            left[evidence] = 0 if each.against else each.quantity
        elif evidence not in took:
            took[evidence] = _take(left, each.bottles)
        else:
            _reopen(left, took[evidence], each, told)
    return left


def _take(left: dict[bytes, int], bottles: int) -> dict[bytes, int]:
    """Take so many off what is open, the first told first; what was taken of each."""
    took = {}
    for evidence, open_of_it in left.items():
        took[evidence] = min(open_of_it, bottles)
        left[evidence] -= took[evidence]
        bottles -= took[evidence]
    return took


def _reopen(left: dict[bytes, int], took: dict[bytes, int], ended: Closing, told: Sequence[Delivery]) -> None:
    for evidence, bottles in took.items():
        left[evidence] += bottles
    untold = ended.bottles - sum(took.values())
    for each in told:
        added = min(untold, each.objects_to(ended.evidence))
        if added:
            left[each.evidence] = left.get(each.evidence, 0) + added
            untold -= added
