"""What documents of others say of things, and where it cannot be true. Pure; nothing here moves custody.

Each teller's things are followed in the order of capture: a later word is taken as how things stand from then on, and
what contradicts an earlier word is a finding. What lies in a thing moves with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from backend.units.told_words import Event


class Contradiction(StrEnum):
    """Why an event cannot be true beside what the same teller said before."""

    PACKED_ELSEWHERE = "PackedElsewhere"
    NOT_INSIDE = "NotInside"
    INTO_ITSELF = "IntoItself"
    PACKED_TOO_DEEP = "PackedTooDeep"
    ON_THE_WAY = "OnTheWay"
    SHIPPED_TWICE = "ShippedTwice"
    NOT_IN_SHIPMENT = "NotInShipment"
    OTHER_ADDRESSEE = "OtherAddressee"
    OTHER_SENDER = "OtherSender"
    NOT_OWNER = "NotOwner"
    GONE = "Gone"
    NAMED_TWICE = "NamedTwice"
    OTHER_PRODUCT = "OtherProduct"
    MORE_UNITS_THAN_QUANTITY = "MoreUnitsThanQuantity"
    BEFORE_LAST_STEP = "BeforeLastStep"


class Whereabouts(StrEnum):
    """Where a thing is, as its teller has it."""

    HERE = "here"
    ARRIVED = "arrived"
    ON_THE_WAY = "on_the_way"
    SOLD = "sold"
    DESTROYED = "destroyed"
    RETIRED = "retired"


HERE, ARRIVED, ON_THE_WAY = Whereabouts.HERE, Whereabouts.ARRIVED, Whereabouts.ON_THE_WAY
SOLD, DESTROYED, RETIRED = Whereabouts.SOLD, Whereabouts.DESTROYED, Whereabouts.RETIRED
GONE = frozenset({SOLD, DESTROYED})
"""RETIRED is a number taken out of use: what it was on is not gone, and the number may be given out again."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An event as it was captured: `at` is the time it claims."""

    event: Event
    evidence: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A thing as its teller has it: what it lies in, whether it is here, on the way or gone, and whose it is.

    `consignment` is the evidence of the last shipment it was in, `evidence` that of the last word on it. What is
    `loose` was shipped by itself since it was packed, and no longer moves with what it lies in.
    """

    unit: str
    parent: str | None
    state: Whereabouts
    consignment: bytes | None
    evidence: bytes
    at: datetime
    owner: str | None = None
    loose: bool = False


class Changed(TypedDict, total=False):
    """What may change of a thing beside its state."""

    consignment: bytes | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A shipment that named things: its owners, its documents, and whether a case in it has contents never told of."""

    evidence: bytes
    sender: str | None
    receiver: str | None
    documents: frozenset[str]
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction: the thing, and the evidence of the event that speaks against it, if there is one."""

    kind: Contradiction
    unit: str
    against: bytes | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as kept: what cannot be true of which thing, who told of it, and what speaks against it."""

    evidence: bytes
    kind: str
    unit: str
    against: bytes | None
    party: str
    details: dict[str, object]
    found_at: datetime
    line: int


class Story:
    """How a teller's things stand, as far as they were loaded; `changed` and `shipped` are what events altered."""

    def __init__(self, things: Iterable[Told] = (), sent: Iterable[Sent] = ()) -> None:
        self.things: dict[str, Told] = {}
        self.sent: dict[bytes, Sent] = {}
        self.changed: set[str] = set()
        self.shipped: set[bytes] = set()
        self._inside: dict[str, dict[str, None]] = {}
        self._naming: dict[str, list[Sent]] = {}
        for thing in things:
            self.put(thing)
        for each in sent:
            self.ship(each)
        self.changed.clear()
        self.shipped.clear()

    def find(self, unit: str) -> Told | None:
        """The thing, or None when nothing was said of it."""
        return self.things.get(unit)

    def get(self, unit: str, statement: Statement) -> Told:
        """The thing, here and by itself when nothing was said of it."""
        return self.things.get(unit) or Told(unit, None, HERE, None, statement.evidence, statement.at)

    def put(self, thing: Told) -> None:
        """How a thing stands from now on."""
        before = self.things.get(thing.unit)
        if before is not None and before.parent is not None:
            self._inside[before.parent].pop(thing.unit, None)
        if thing.parent is not None:
            self._inside.setdefault(thing.parent, {})[thing.unit] = None
        self.things[thing.unit] = thing
        self.changed.add(thing.unit)

    def ship(self, sent: Sent) -> None:
        """Note a shipment."""
        self.sent[sent.evidence] = sent
        self.shipped.add(sent.evidence)
        for each in sent.documents:
            self._naming.setdefault(each, []).append(sent)

    def inside(self, unit: str) -> list[Told]:
        """What lies directly in a thing."""
        return [self.things[each] for each in self._inside.get(unit, ())]

    def around(self, unit: str, *, moving: bool = False) -> list[str]:
        """What a thing lies in, from the inside out; `moving`: only as far as it moves with it."""
        found: dict[str, None] = {}
        here = self.things.get(unit)
        while here is not None and here.parent is not None and here.parent not in found:
            if moving and here.loose:
                break
            found[here.parent] = None
            here = self.things.get(here.parent)
        return list(found)

    def within(self, unit: str) -> list[Told]:
        """Everything that moves with a thing because it lies in it, however deep."""
        found: dict[str, Told] = {}
        waiting = [unit]
        while waiting:
            for each in self.inside(waiting.pop()):
                if not each.loose and each.state not in GONE and each.unit != unit and each.unit not in found:
                    found[each.unit] = each
                    waiting.append(each.unit)
        return list(found.values())

    def levels(self, unit: str) -> int:
        """How many levels of things lie under a thing."""
        found, level, seen = 0, [unit], {unit}
        while level := [each.unit for key in level for each in self.inside(key) if each.unit not in seen]:
            seen.update(level)
            found += 1
        return found

    def move(self, thing: Told, statement: Statement, *, state: Whereabouts, **changed: Unpack[Changed]) -> None:
        """Change how a thing stands, and with it all that lies in it."""
        for each in [*self.within(thing.unit), thing]:
            self.put(replace(each, evidence=statement.evidence, at=statement.at, state=state, **changed))

    def naming(self, documents: Iterable[str]) -> set[bytes]:
        """Shipments that named any of these documents."""
        return {sent.evidence for each in documents for sent in self._naming.get(each, ())}
