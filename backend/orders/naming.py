"""How a shipment names the order it serves. Pure."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from backend.orders.rules import OrderUnknown

URN = "urn:jiulian:order:"
"""How a shipment names an order in its `bizTransactionList` of type `po`."""


def order_named(transactions: Iterable[dict[str, Any]]) -> UUID | None:
    """The order of ours that an event's `bizTransactionList` names, or None.

    Raises:
        OrderUnknown: it names one of ours by something that is no id.
    """
    for each in transactions:
        uri = str(each.get("bizTransaction", ""))
        if uri.startswith(URN):
            try:
                return UUID(uri.removeprefix(URN))
            except ValueError as error:
                raise OrderUnknown(order=uri) from error
    return None
