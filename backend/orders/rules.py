"""An order's life, and who may move it on. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from backend.errors import Malformed, NotAllowed, Refused


class OrderState(StrEnum):
    """Where an order stands, in the order of its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    ALLOCATED = "allocated"
    PARTLY_DISPATCHED = "partly_dispatched"
    DISPATCHED = "dispatched"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


STATES = tuple(OrderState)
_UNDER_WAY = frozenset(STATES[STATES.index(OrderState.PARTLY_DISPATCHED) : -1])
OWING_STATES = frozenset({OrderState.ALLOCATED, OrderState.PARTLY_DISPATCHED, OrderState.PARTLY_RECEIVED})
"""States in which bottles may be promised that have not left."""
Arrived = Literal["received", "returned", "lost"]
"""What became of bottles that were shipped."""


class EmptyOrder(Malformed):
    """An order needs at least one line."""


class CasesUnread(Malformed):
    """The number of cases is not a whole number, or too large."""


class LineRepeated(Malformed):
    """A product stands in two lines of the order; put them together."""


class NotWholeCases(Refused):
    """This product is sold in whole cases."""


class NoPrice(Refused):
    """No price is set for this product in the buyer's region."""


class BelowFloor(Refused):
    """The price is below the floor of the buyer's region."""


class OrdersFromItself(Refused):
    """Buyer and seller are the same party."""


class OrderNotSubmitted(Refused):
    """Only a submitted order can be approved."""


class OrderNotApproved(Refused):
    """Only an approved order can be allocated."""


class OrderUnderWay(Refused):
    """Goods have left for this order; it can no longer be cancelled or changed."""


class OrderCancelled(Refused):
    """The order is cancelled."""

    final = True


class NotYours(NotAllowed):
    """This step belongs to the other side of the order."""


class OrderUnknown(Refused):
    """The shipment names an order that does not exist."""


class ShipsForAnother(Refused):
    """The shipment names an order that another party is to serve."""

    final = True


class ShipsToAnother(Refused):
    """The shipment goes to another party than the order's buyer."""

    final = True


class ShipsMoreThanAllocated(Refused):
    """The shipment takes more of the batch than is allocated to the order."""


class ShipsWhatIsPromised(Refused):
    """The shipment names no order and takes bottles that are allocated to orders."""


@dataclass(frozen=True)
class LineWish:
    """What a buyer asks for; `price_fen` None: the list price of the day."""

    gtin: str
    bottles: int
    price_fen: int | None = None


@dataclass(frozen=True)
class Line:
    """One product of an order and how far it got, all in bottles; the price in fen a bottle was fixed when placed."""

    gtin: str
    bottles: int
    price_fen: int
    allocated: int = 0
    dispatched: int = 0
    received: int = 0
    returned: int = 0
    lost: int = 0

    @property
    def unallocated(self) -> int:
        """Bottles not yet promised."""
        return self.bottles - self.allocated

    @property
    def under_way(self) -> int:
        """Bottles that left and have not come to an end."""
        return self.dispatched - self.received - self.returned - self.lost


@dataclass(frozen=True)
class Allocation:
    """Bottles of a batch promised to an order; `dispatched` of them have left."""

    gtin: str
    batch: str
    bottles: int
    dispatched: int

    @property
    def open(self) -> int:
        """Bottles that still stand in the warehouse."""
        return self.bottles - self.dispatched


@dataclass(frozen=True)
class Order:
    """An order as it stands. Parties and location by GLN."""

    id: UUID
    buyer: str
    seller: str
    location: str
    placed_by: str
    placed_at: datetime
    submitted_at: datetime | None = None
    approved_at: datetime | None = None
    cancelled_at: datetime | None = None
    lines: tuple[Line, ...] = ()
    allocations: tuple[Allocation, ...] = ()

    @property
    def bottles(self) -> int:
        """Bottles ordered."""
        return sum(line.bottles for line in self.lines)

    @property
    def amount_fen(self) -> int:
        """Value of the order in fen."""
        return sum(line.bottles * line.price_fen for line in self.lines)

    @property
    def state(self) -> OrderState:
        """Where it stands; told from times and quantities, never set by hand."""
        if self.cancelled_at is not None:
            return OrderState.CANCELLED
        if self.submitted_at is None:
            return OrderState.DRAFT
        if self.approved_at is None:
            return OrderState.SUBMITTED
        return _progress(self.lines)


@dataclass(frozen=True)
class Dispatch:
    """A shipment as orders see it; `order` None: nobody ordered it. Bottles; times of the event."""

    evidence: bytes
    order: UUID | None
    sender: str
    addressee: str
    gtin: str
    batch: str
    bottles: int
    received: int
    returned: int
    lost: int
    shipped_at: datetime


class OrderVerb(StrEnum):
    """What a person may do to an order, as its address says it."""

    SUBMISSION = "submission"
    APPROVAL = "approval"
    ALLOCATION = "allocation"
    CANCELLATION = "cancellation"


def _progress(lines: Sequence[Line]) -> OrderState:
    ordered, allocated, dispatched = (
        sum(getattr(line, name) for line in lines) for name in ("bottles", "allocated", "dispatched")
    )
    ended = dispatched - sum(line.under_way for line in lines)
    if dispatched == 0:
        return OrderState.ALLOCATED if allocated else OrderState.APPROVED
    if ended == ordered:
        return OrderState.RECEIVED
    if ended:
        return OrderState.PARTLY_RECEIVED
    return OrderState.DISPATCHED if dispatched == ordered else OrderState.PARTLY_DISPATCHED


def check_lines(lines: Sequence[LineWish]) -> None:
    """Whether the wishes make an order at all.

    Raises:
        EmptyOrder, LineRepeated: they do not.
    """
    if not lines:
        raise EmptyOrder(field="lines")
    seen: set[str] = set()
    for line in lines:
        if line.gtin in seen:
            raise LineRepeated(gtin=line.gtin, field="lines")
        seen.add(line.gtin)


def check_cases(gtin: str, bottles: int, case_size: int) -> None:
    """Whether a line is whole cases.

    Raises:
        NotWholeCases: with the nearest numbers that would be.
    """
    if bottles % case_size:
        low = bottles - bottles % case_size
        near = [number for number in (low, low + case_size) if number]
        raise NotWholeCases(gtin=gtin, bottles=bottles, case_size=case_size, nearest=near)


def line_price(gtin: str, wished_fen: int | None, list_fen: int | None, floor_fen: int | None) -> int:
    """Price of a line in fen a bottle: the wished one if the floor allows it, else the list price.

    Raises:
        NoPrice: no price is set there and then.
        BelowFloor: the wished price is too low.
    """
    if list_fen is None or floor_fen is None:
        raise NoPrice(gtin=gtin)
    if wished_fen is None:
        return list_fen
    if wished_fen < floor_fen:
        raise BelowFloor(gtin=gtin, price_fen=wished_fen, floor_fen=floor_fen)
    return wished_fen


def check_state(order: Order, wanted: Collection[OrderState], refusal: type[Refused]) -> None:
    """Whether an order stands where a command needs it.

    Raises:
        OrderCancelled, OrderUnderWay: nothing can be done with it any more.
        Refused: `refusal`, with the state it is in.
    """
    if order.state in wanted:
        return
    if order.state == OrderState.CANCELLED:
        raise OrderCancelled(order=str(order.id))
    if order.state in _UNDER_WAY:
        raise OrderUnderWay(order=str(order.id), state=order.state)
    raise refusal(order=str(order.id), state=order.state)
