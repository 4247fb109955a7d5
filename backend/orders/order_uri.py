"""How a shipment names the order it serves. Pure."""

from collections.abc import Iterable
from uuid import UUID

from backend.orders.rules import OrderUnknown

URN = "urn:jiulian:order:"
"""How a shipment names an order in its `bizTransactionList` of type `po`."""


def order_named(documents: Iterable[str]) -> UUID | None:
    """The order of ours among the documents that an event names, or None.

    Raises:
        OrderUnknown: it names one of ours by something that is no id.
    """
    for uri in documents:
        if uri.startswith(URN):
            try:
                return UUID(uri.removeprefix(URN))
            except ValueError as error:
                raise OrderUnknown(order=uri) from error
    return None
