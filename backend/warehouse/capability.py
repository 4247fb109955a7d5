"""What warehouse adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.warehouse import api, pages

CAPABILITY = Capability(
    "warehouse",
    "desks",
    routers=(pages.router, api.router),
    links=(Link("/warehouse", "仓库", 80, ("warehouse", "dealer", "store"), home_of=("warehouse",)),),
    visits=(Visit("/warehouse", "warehouse"),),
)
