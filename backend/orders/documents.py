"""What a warehouse has to do: its orders that are to leave, line by batch."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.identity import service as identity
from backend.orders import store
from backend.orders.order_uri import URN
from backend.orders.rules import OWING_STATES


@dataclass(frozen=True)
class DocumentLine:
    """Bottles of a batch still to leave; `cases` full cases and `loose` bottles beside them."""

    gtin: str
    product: str
    batch: str
    bottles: int
    dispatched: int
    case_size: int

    @property
    def cases(self) -> int:
        """Full cases still to leave."""
        return self.bottles // self.case_size

    @property
    def loose(self) -> int:
        """Bottles beside the full cases."""
        return self.bottles % self.case_size


@dataclass(frozen=True)
class Document:
    """An order to ship from a location; `uri` is what the shipment names as its `po`."""

    order: UUID
    uri: str
    location: str
    buyer: str
    buyer_name: str
    buyer_adcode: str
    approved_at: datetime | None
    lines: tuple[DocumentLine, ...]


def list_documents(session: Session, party: str) -> list[Document]:
    """Orders a party has to ship, the longest waiting first; what is not allocated yet is not there."""
    products = {product.gtin: product for product in catalog.list_products(session)}
    found = []
    for order in reversed(store.list_orders(session, seller=party, states=OWING_STATES)):
        lines = tuple(
            DocumentLine(
                each.gtin,
                products[each.gtin].name,
                each.batch,
                each.open,
                each.dispatched,
                products[each.gtin].case_size,
            )
            for each in order.allocations
            if each.open
        )
        if lines:
            buyer = identity.get_party(session, order.buyer)
            uri = f"{URN}{order.id}"
            found.append(
                Document(order.id, uri, order.location, buyer.gln, buyer.name, buyer.adcode, order.approved_at, lines)
            )
    return found
