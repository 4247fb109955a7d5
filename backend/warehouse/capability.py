"""What warehouse adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.identity.rules import TRADERS
from backend.warehouse import api, pages

CAPABILITY = Capability(
    "warehouse",
    "desks",
    routers=(pages.router, api.router),
    links=(Link("/warehouse", "仓库", 80, TRADERS, home_of=("warehouse",)),),
    visits=(Visit("/warehouse", "warehouse"),),
)
