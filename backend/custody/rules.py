"""Who may take which step, what a step moves, and how custody says no. Pure; the contract's rules in our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from backend.capture.rules import Accepted, BatchKey
from backend.custody.refusals import RoleNotAllowed
from backend.errors import Malformed
from backend.identity.rules import CUSTOMERS, HOLDERS, INSPECTORS, MAKERS
from backend.units.rules_deliveries import DeclaredError as DeclaredError
from backend.units.rules_deliveries import Delivery as Delivery
from scanner.device.capture import ZERO, Step
from scanner.device.names import Unit

BEARING = frozenset({Step.HARVEST, Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE})


class BatchKind(StrEnum):
    """What a batch is made of; a list of batches may also ask for the recalled ones, whatever they are."""

    BOTTLES = "bottles"
    SPIRIT = "spirit"
    GRAIN = "grain"
    RECALLED = "recalled"


KINDS: Mapping[BatchKind, frozenset[Step]] = {
    BatchKind.BOTTLES: frozenset({Step.BOTTLE}),
    BatchKind.SPIRIT: frozenset({Step.DISTIL, Step.AGE, Step.BLEND}),
    BatchKind.GRAIN: frozenset({Step.HARVEST, Step.FERMENT}),
}
"""Kinds of batches by the steps that bear them."""
ALLOWED: Mapping[Step, frozenset[str]] = {
    **dict.fromkeys(BEARING | {Step.AGE, Step.COMMISSION}, MAKERS),
    Step.INSPECT: INSPECTORS,
    Step.SELL: frozenset(CUSTOMERS),
    **dict.fromkeys((Step.RECALL, Step.LIFT), frozenset({"brand"})),
    **dict.fromkeys((Step.SHIP, Step.RECEIVE, Step.RETURN, Step.WRITE_OFF), HOLDERS),
}
"""The roles of which one is enough to take a step."""
Place = Literal["born", "held", "in_transit", "sold", "lost", "consumed"]
"""Where the units of a batch are, in its account."""
How = Literal["received", "returned", "lost"]
"""In which way goods leave a consignment."""
BOTTLES = "bottles"
QUANTITY_MAX = 2**63 - 1
"""Grams, millilitres or bottles; below what the contract can write."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What one capture says: a step on a batch by a party. `inputs` are used up to bear the batch."""

    evidence: bytes
    step: Step
    batch: BatchKey
    quantity: int
    party: str
    counterparty: str | None
    location: str | None
    ref: bytes | None
    units: bytes | None
    at: datetime
    inputs: tuple[tuple[BatchKey, int], ...] = ()
    named: tuple[Unit, ...] = ()
    taken_at: datetime | None = None
    late: bool = False
    epcs: tuple[str, ...] = ()
    number: int = 0
    uoms: tuple[str | None, ...] = ()
    """The measures in which the quantities of batch and inputs are told."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The units it names, each by its one key."""
        return tuple(each.key for each in self.named)

    @property
    def numbers(self) -> dict[str, object]:
        """What a refusal tells of it."""
        return {"gtin": self.batch.gtin, "batch": self.batch.batch, "party": self.party, "asked": self.quantity}


@dataclass(frozen=True, slots=True)
class Account:
    """Where the units of a batch are: always born = held + in_transit + sold + lost + consumed.

    `uom` is the measure of its birth: KGM (counted in grams), LTR (millilitres), or None for bottles.
    """

    batch: BatchKey
    born: int
    held: int
    in_transit: int
    sold: int
    lost: int
    consumed: int
    units: bytes | None
    recalled: bool
    born_at: datetime | None = None
    maker: str | None = None
    uom: str | None = None
    born_by: Step | None = None
    """Step of its birth; None while only its codes were commissioned."""

    @property
    def kind(self) -> BatchKind:
        """Grain, spirit or bottles: what its quantity counts (ARCHITECTURE.md, 2)."""
        return next((kind for kind, steps in KINDS.items() if self.born_by in steps), BatchKind.BOTTLES)


@dataclass(frozen=True, slots=True)
class RecalledUnits:
    """Units of a batch that are recalled while the rest of it goes on. `root` is the units root over `epcs`."""

    batch: BatchKey
    root: bytes
    quantity: int
    epcs: tuple[str, ...]
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Holding:
    """How much of a batch a party holds."""

    batch: BatchKey
    party: str
    held: int


@dataclass(frozen=True, slots=True)
class Consignment:
    """A shipment; its id is the evidence of the shipping. `ref` is the hash of the order or document it names."""

    evidence: bytes
    batch: BatchKey
    sender: str
    addressee: str
    ref: bytes | None
    shipped: int
    received: int
    returned: int
    lost: int
    shipped_at: datetime

    @property
    def open(self) -> int:
        """What has neither arrived, nor gone back, nor been written off."""
        return self.shipped - self.received - self.returned - self.lost


class Bottle(Protocol):
    """A bottle as the catalogue knows it; `sscc` is its case."""

    @property
    def gtin(self) -> str: ...
    @property
    def batch(self) -> str: ...
    @property
    def serial(self) -> str: ...
    @property
    def sscc(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One step on a bottle's way. `actor`, `sender`, `addressee`, `location` are GLNs; `event` is as captured.

    `late`: told more than a day after it happened, so that `at` is but the word of who signed. `delivery`, of a
    shipment: its sender tells that the bottle was delivered, and its addressee has not signed for it. `declared`: it
    was declared an error since, and stands for the time before. `unconfirmed`: by this word of the addressee alone the
    sender has the bottle again; `objection`: he says that he has not.
    """

    evidence: bytes
    step: Step
    at: datetime
    actor: str
    batch: BatchKey
    sender: str | None
    addressee: str | None
    location: str | None
    quantity: int
    event: dict[str, object]
    late: bool = False
    delivery: Delivery | None = None
    declared: DeclaredError | None = None
    unconfirmed: bool = False
    objection: Delivery | None = None


def movement_of(accepted: Accepted) -> Movement:
    """What an accepted capture with a step says.

    Raises:
        Malformed: it moves nothing where it should, or more than the books can write.
    """
    reading = accepted.reading
    if reading.output is None:
        raise Malformed("quantityList: names no batch", field="quantityList")
    if reading.units_root == ZERO:
        raise Malformed("jl:unitsRoot: a code run has a root", field="jl:unitsRoot")
    step, inputs = reading.step, reading.inputs
    if step is Step.COMMISSION and accepted.capture.units == ZERO:
        raise Malformed("jl:unitsRoot: a code run has a root", field="jl:unitsRoot")
    moves = step in BEARING or step in (Step.SHIP, Step.RECEIVE, Step.RETURN, Step.SELL, Step.WRITE_OFF)
    field = "outputQuantityList" if inputs else "quantityList"
    for each in (reading.output, *inputs):
        if (moves and each.quantity == 0) or each.quantity > QUANTITY_MAX:
            raise Malformed(f"{field}: quantity {each.quantity} cannot be moved", field=field, quantity=each.quantity)
    if step in BEARING and step is not Step.HARVEST and not inputs:
        raise Malformed("inputQuantityList: a batch is not made from nothing", field="inputQuantityList")
    units = accepted.capture.units
    return Movement(
        accepted.evidence,
        step,
        BatchKey(reading.output.gtin, reading.output.batch),
        reading.output.quantity,
        accepted.party,
        # A return names to whom it goes; that it is who sent is checked with the consignment at hand.
        reading.receiver if step is Step.RETURN else reading.counterparty,
        reading.place,
        reading.ref,
        units if units != ZERO else None,
        accepted.event_time,
        tuple((BatchKey(each.gtin, each.batch), each.quantity) for each in inputs),
        reading.units,
        accepted.captured_at,
        accepted.late,
        reading.named,
        uoms=(reading.output.uom, *(each.uom for each in inputs)),
    )


def check_role(step: Step, gln: str, roles: frozenset[str]) -> None:
    """Whether one of the roles allows the step.

    Raises:
        RoleNotAllowed: none does.
    """
    if not roles & ALLOWED[step]:
        raise RoleNotAllowed(party=gln, step=step.name.lower(), roles=sorted(roles), needs=sorted(ALLOWED[step]))


def stopped_by_recall(step: Step, actor: frozenset[str], addressee: frozenset[str] = frozenset()) -> bool:
    """Whether a step with a recalled batch must not be taken: only ways back to a maker stay open.

    A shipment is judged by where it goes; a return is a way back in itself; makers may still receive and destroy.
    """
    if step is Step.SHIP:
        return not addressee & MAKERS
    if step in (Step.RECEIVE, Step.WRITE_OFF):
        return not actor & MAKERS
    return step is not Step.RETURN


@dataclass(frozen=True, slots=True)
class StockSum:
    """Of one product: bottles held and on the way, and in how many batches they are held."""

    held: int = 0
    coming: int = 0
    batches: int = 0
