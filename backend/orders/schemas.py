"""JSON shapes of orders."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.orders.rules import Happening, LineWish, Order

Digits13 = Annotated[str, Field(pattern=r"^\d{13}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LineIn(_Strict):
    """A line of an order; the price, in fen a bottle, is the list price of the day unless stated."""

    gtin: str = Field(pattern=r"^\d{14}$")
    bottles: int = Field(gt=0, le=10_000_000)
    price_fen: int | None = Field(default=None, gt=0)


class OrderIn(_Strict):
    """An order to place; `seller` is the location (GLN) it is to leave from, also called `location`."""

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


class CommandIn(_Strict):
    """A command's id, chosen by the client: the same id again is the same command."""

    id: UUID


def order_json(order: Order, timeline: list[Happening] | None = None) -> dict[str, object]:
    """An order as JSON; times in ISO 8601, money in fen."""
    answer: dict[str, object] = {
        "id": str(order.id),
        "state": order.state,
        "buyer": order.buyer,
        "seller": order.seller,
        "location": order.location,
        "currency": "CNY",
        "placed_by": order.placed_by,
        "placed_at": order.placed_at.isoformat(),
        "bottles": order.bottles,
        "amount_fen": order.amount_fen,
        "lines": [dict(line.__dict__) for line in order.lines],
        "allocations": [dict(each.__dict__) for each in order.allocations],
    }
    if timeline is not None:
        answer["timeline"] = [
            {
                "kind": each.kind,
                "at": each.at.isoformat(),
                "actor": each.actor,
                "evidence": each.evidence.hex() if each.evidence else None,
                "details": each.details,
            }
            for each in timeline
        ]
    return answer
