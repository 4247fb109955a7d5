"""What operations adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.identity.rules import OPERATORS
from backend.operations import api, pages

CAPABILITY = Capability(
    "operations",
    "desks",
    routers=(api.router, api.listed, pages.router),
    links=(Link("/operations", "运行状况", 75, OPERATORS),),
    visits=(Visit("/operations", "brand"),),
)
