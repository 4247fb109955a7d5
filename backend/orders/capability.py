"""What orders adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.identity.rules import CUSTOMERS, READERS
from backend.orders import api, pages
from backend.orders.shipments import follow

CAPABILITY = Capability(
    "orders",
    "trade",
    routers=(api.router, pages.router, api.listed, pages.listed),
    links=(Link("/orders", "订单", 20, READERS, home_of=CUSTOMERS),),
    capture_reactions=(follow,),
    visits=(
        Visit("/orders", "brand"),
        Visit("/orders/{order}", "brand"),
        Visit("/orders", "dealer"),
        Visit("/orders/new", "dealer"),
    ),
)
