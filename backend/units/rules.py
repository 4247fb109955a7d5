"""What a step may do to the units it names, and why not. Pure.

What lies in a case shares the fate of the case: where a unit is, is read off the outermost thing it is packed in.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from backend.units import refusals as no

_NEVER = datetime.min.replace(tzinfo=UTC)


class State(StrEnum):
    """Where a unit is. `void`: the capture that bore it was declared an error, or its code was spoiled."""

    HELD = "held"
    IN_TRANSIT = "in_transit"
    SOLD = "sold"
    LOST = "lost"
    CONSUMED = "consumed"
    VOID = "void"


class Kind(StrEnum):
    """What a step did to a unit."""

    COMMISSION = "commission"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    RECEIVE = "receive"
    RETURN = "return"
    SELL = "sell"
    WRITE_OFF = "write_off"
    CONSUME = "consume"
    RECALL = "recall"
    LIFT = "lift"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Unit:
    """A bottle or case as the record has it. `unit` is its canonical Digital Link, `bottles` what is under it (1 for a
    bottle), `parent` what it is packed in; `evidence` and `at` are those of the last step that named it,
    `latest_by` and `latest` those of the latest change of it or of what lies in it, by event time."""

    unit: str
    gtin: str | None
    batch: str | None
    bottles: int
    parent: str | None
    holder: str
    state: State
    consignment: bytes | None
    recalled: bytes | None
    evidence: bytes
    at: datetime
    latest: datetime = _NEVER
    latest_by: bytes = b""

    @property
    def is_case(self) -> bool:
        """Whether it is a case or a pallet."""
        return "/00/" in self.unit


@dataclass(frozen=True, slots=True)
class Tree:
    """A case, pallet or bottle that lies in nothing, with all that is in it: the batch that all of it is of, or the
    `unit` itself where it is mixed or empty."""

    gtin: str | None
    batch: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a capture does: who signed it, the batch it is about, what it adds up to, and its event time.

    `taken_at` is when it was taken; `late` when that was more than a day after it happened, by the signer's word."""

    evidence: bytes
    kind: Kind
    party: str
    gtin: str
    batch: str
    quantity: int
    at: datetime
    taken_at: datetime
    late: bool = False

    def stamp(self, unit: Unit) -> Unit:
        """The unit, as one that this capture named last."""
        return replace(unit, evidence=self.evidence, at=self.at, latest=self.at, latest_by=self.evidence)


@dataclass(frozen=True, slots=True)
class UnitStep:
    """One step of one unit; parent, holder, state and consignment as they stand after it. `number` is its place in the
    order of capture; `late`: told more than a day after it happened."""

    number: int
    unit: str
    evidence: bytes
    kind: Kind
    party: str
    parent: str | None
    bottles: int
    holder: str
    state: State
    consignment: bytes | None
    recalled: bytes | None
    at: datetime
    taken_at: datetime
    late: bool
    inside: bool


class Record:
    """The units that a capture concerns, with everything they are packed in."""

    def __init__(
        self,
        units: Iterable[Unit],
        opened: Mapping[str, datetime] | None = None,
        holds_opened: Mapping[str, str] | None = None,
    ) -> None:
        """`opened`: bottles that consumers opened, and when; `holds_opened`: a case, and such a bottle in it."""
        self._units = {each.unit: each for each in units}
        self.opened = dict(opened or {})
        self.holds_opened = dict(holds_opened or {})

    def __contains__(self, key: str) -> bool:
        return key in self._units

    def __getitem__(self, key: str) -> Unit:
        return self._units[key]

    def find(self, key: str) -> Unit | None:
        """The unit, or None when nobody ever commissioned or packed it."""
        return self._units.get(key)

    def line(self, key: str) -> list[Unit]:
        """The unit and everything it is packed in, the outermost last."""
        found = [self._units[key]]
        while (parent := found[-1].parent) is not None:
            found.append(self._units[parent])
        return found

    def outermost(self, key: str) -> Unit:
        """What the unit's place is read off."""
        return self.line(key)[-1]

    def newest(self, key: str) -> Unit:
        """Of the unit and what it is packed in, the one whose last step is the youngest."""
        return max(self.line(key), key=lambda each: each.at)

    def last(self, key: str) -> tuple[datetime, bytes]:
        """When it last moved, or something came into it or left it, and the evidence of that."""
        unit, newest = self._units[key], self.newest(key)
        return max((newest.at, newest.evidence), (unit.latest, unit.latest_by), key=lambda each: each[0])


def check_known(record: Record, keys: Sequence[str], asked: Asked) -> None:
    """Whether each unit was commissioned and is of this product and batch, and so is all it lies in, if of any.

    Raises:
        UnitUnknown, OtherBatch: with the unit.
    """
    of = (asked.gtin, asked.batch)
    for key in keys:
        unit = record.find(key)
        if unit is None or unit.state is State.VOID:
            raise no.UnitUnknown(unit=key, gtin=asked.gtin, batch=asked.batch)
        # An empty case may lie on a pallet of another batch, which who moves this one has not locked.
        for each in (unit, *(around for around in record.line(key)[1:] if around.gtin is not None)):
            if (each.gtin, each.batch) != of:
                raise no.OtherBatch(
                    unit=key, of_gtin=each.gtin, of_batch=each.batch, gtin=asked.gtin, batch=asked.batch
                )


def check_once(record: Record, keys: Collection[str]) -> None:
    """Whether no unit is named beside something it is packed in.

    Raises:
        NamedTwice: a bottle and its case, or a case and its pallet.
    """
    named = set(keys)
    for key in keys:
        for around in record.line(key)[1:]:
            if around.unit in named:
                raise no.NamedTwice(unit=key, inside=around.unit)


def check_held(record: Record, keys: Iterable[str], party: str) -> None:
    """Whether a party holds each unit, free to move.

    Raises:
        NotHolder, OnTheWay, Gone, Opened: with the unit and the event that speaks against it.
    """
    for key in keys:
        outer = record.outermost(key)
        details = {"unit": key, "holder": outer.holder, "against": record.newest(key).evidence.hex()}
        if outer.state is State.IN_TRANSIT:
            raise no.OnTheWay(consignment=outer.consignment and outer.consignment.hex(), **details)
        if outer.state is not State.HELD:
            raise no.Gone(state=str(outer.state), **details)
        if outer.holder != party:
            raise no.NotHolder(party=party, **details)
        bottle = record.holds_opened.get(key, key)
        if bottle in record.opened:
            inside = {} if bottle == key else {"inside": key}
            raise no.Opened(unit=bottle, opened_at=record.opened[bottle].isoformat(), **inside)


def check_under_way(record: Record, keys: Iterable[str], consignment: bytes) -> None:
    """Whether each unit travels in a consignment now.

    Raises:
        NotInConsignment: it never did, or it has arrived, gone back or been written off.
    """
    for key in keys:
        outer = record.outermost(key)
        if outer.state is not State.IN_TRANSIT or outer.consignment != consignment:
            raise no.NotInConsignment(
                unit=key,
                consignment=consignment.hex(),
                state=str(outer.state),
                holder=outer.holder,
                against=record.newest(key).evidence.hex(),
            )


def check_sum(record: Record, keys: Sequence[str], asked: Asked) -> None:
    """Whether the bottles under the named units add up to the quantity.

    Raises:
        SumDiffers: they do not.
    """
    bottles = sum(record[key].bottles for key in keys)
    if bottles != asked.quantity:
        raise no.SumDiffers(gtin=asked.gtin, batch=asked.batch, asked=asked.quantity, bottles=bottles, units=len(keys))


def check_time(record: Record, keys: Iterable[str], asked: Asked) -> None:
    """Whether the step is not told to have happened before the last one of a unit, or of what lies in it.

    The same second is allowed.

    Raises:
        BeforeLastStep: with the unit and that step.
    """
    for key in keys:
        last, by = record.last(key)
        if asked.at < last:
            raise no.BeforeLastStep(unit=key, event_time=asked.at.isoformat(), last=last.isoformat(), against=by.hex())
