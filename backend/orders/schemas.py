"""JSON shapes of orders."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from backend.orders.rules import LineWish, Order, OrderState
from backend.orders.timeline import Happening, HappeningKind
from backend.web.lists import ListQuery
from backend.web.shapes import Details, Moment, Strict

Digits13 = Annotated[str, Field(pattern=r"^\d{13}$")]


PRICE_FEN_MOST = 1_000_000_000
"""Fen a bottle, ten million yuan: with it 200 lines of ten million bottles each still add up."""


class LineIn(Strict):
    """A line of an order; the price, in fen a bottle, is the list price of the day unless stated."""

    gtin: str = Field(pattern=r"^\d{14}$")
    bottles: int = Field(gt=0, le=10_000_000)
    price_fen: int | None = Field(default=None, gt=0, le=PRICE_FEN_MOST)


def _location_or_seller(schema: JsonDict) -> None:
    """Of an order: one of the two names."""
    properties, required = schema["properties"], schema["required"]
    if isinstance(properties, dict) and isinstance(required, list):
        properties["seller"] = properties["location"]
        required.remove("location")
        schema["oneOf"] = [{"required": ["location"]}, {"required": ["seller"]}]


class OrderIn(Strict):
    """An order to place; `location` is the GLN it is to leave from, which may be called `seller` instead."""

    model_config = ConfigDict(json_schema_extra=_location_or_seller)

    id: UUID
    buyer: Digits13
    location: Digits13
    lines: list[LineIn] = Field(min_length=1, max_length=200)
    draft: bool = False

    @model_validator(mode="before")
    @classmethod
    def _seller_is_a_location(cls, value: object) -> object:
        if isinstance(value, dict) and "seller" in value and "location" not in value:
            return {("location" if name == "seller" else name): each for name, each in value.items()}
        return value

    def wishes(self) -> tuple[LineWish, ...]:
        """Its lines as the rules take them."""
        return tuple(LineWish(line.gtin, line.bottles, line.price_fen) for line in self.lines)


class CommandIn(Strict):
    """A command's id, chosen by the client: the same id again is the same command."""

    id: UUID


class LineOut(BaseModel):
    """A line and how far it got, in bottles; the price in fen a bottle."""

    gtin: str
    bottles: int
    price_fen: int
    allocated: int
    dispatched: int
    received: int
    returned: int
    lost: int


class AllocationOut(BaseModel):
    """Bottles of a batch that are promised to the order; `dispatched` of them have left."""

    gtin: str
    batch: str
    bottles: int
    dispatched: int


class OrderOut(BaseModel):
    """An order as it stands; times in ISO 8601, money in fen."""

    id: UUID
    state: OrderState
    buyer: str
    seller: str
    location: str
    currency: str = "CNY"
    placed_by: str
    placed_at: Moment
    bottles: int
    amount_fen: int
    lines: list[LineOut]
    allocations: list[AllocationOut]

    @classmethod
    def of(cls, order: Order) -> "OrderOut":
        """An order for programs."""
        return cls.model_validate(_fields(order))


class HappeningOut(BaseModel):
    """An entry of an order's timeline, with the evidence in hex when a device said it."""

    kind: HappeningKind
    at: Moment
    actor: str
    evidence: str | None
    details: Details


class OrderHistoryOut(OrderOut):
    """An order with everything that happened to it, in order."""

    timeline: list[HappeningOut]

    @classmethod
    def with_timeline(cls, order: Order, timeline: Sequence[Happening]) -> "OrderHistoryOut":
        """An order and its timeline for programs."""
        happenings = [
            HappeningOut(
                kind=each.kind,
                at=each.at,
                actor=each.actor,
                evidence=each.evidence.hex() if each.evidence else None,
                details=dict(each.details),
            )
            for each in timeline
        ]
        return cls.model_validate({**_fields(order), "timeline": happenings})


def _fields(order: Order) -> dict[str, object]:
    lines = [LineOut(**line.__dict__) for line in order.lines]
    allocations = [AllocationOut(**each.__dict__) for each in order.allocations]
    return {"lines": lines, "allocations": allocations, **{name: getattr(order, name) for name in _OF_ORDER}}


_OF_ORDER = (
    "id", "state", "buyer", "seller", "location", "placed_by", "placed_at", "bottles", "amount_fen",
)  # fmt: skip


class OrderList(ListQuery):
    """What a list of orders may be asked: by state, by a company that buys or sells, by words."""

    sort: Literal["-placed", "placed", "-bottles", "bottles", "-amount", "amount"] = "-placed"
    state: OrderState | None = None
    party: Digits13 | None = None
    filters: ClassVar[tuple[str, ...]] = ("state", "party", "q")
