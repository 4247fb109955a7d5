"""What dealers adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.dealers import api, pages
from backend.identity.rules import OVERSEERS

CAPABILITY = Capability(
    "dealers",
    "trade",
    routers=(api.router, api.listed, pages.router),
    links=(Link("/dealers", "经销商", 60, OVERSEERS),),
    visits=(Visit("/dealers", "brand"), Visit("/dealers/{dealer}", "brand")),
)
