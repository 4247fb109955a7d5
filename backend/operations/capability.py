"""What operations adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.operations import api, pages

CAPABILITY = Capability(
    "operations",
    "desks",
    routers=(api.router, pages.router),
    links=(Link("/operations", "运行状况", 75, ("brand", "auditor")),),
    visits=(Visit("/operations", "brand"),),
)
