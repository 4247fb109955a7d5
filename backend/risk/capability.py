"""What risk adds to the product."""

from backend.capability import Capability, Visit
from backend.risk import api, pages
from backend.risk.jobs import JOBS

CAPABILITY = Capability(
    "risk",
    "insight",
    routers=(api.router, pages.router, pages.forms),
    jobs=JOBS,
    visits=(Visit("/risk/runs", "compliance"),),
)
