"""What stock adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.identity.rules import BUYERS, OVERSEERS
from backend.stock import api, movement_pages, pages

CAPABILITY = Capability(
    "stock",
    "trade",
    routers=(api.router, api.listed, pages.router, movement_pages.router),
    links=(Link("/stock", "库存", 30, (*OVERSEERS, *BUYERS)),),
    visits=(
        Visit("/stock", "brand"),
        Visit("/stock/{dealer}", "brand"),
        Visit("/stock/{dealer}/movements", "brand"),
        Visit("/stock", "dealer"),
        Visit("/stock", "store"),
    ),
)
