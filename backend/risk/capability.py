"""What risk adds to the product."""

from backend.capability import Capability, Visit
from backend.risk import pages
from backend.risk.jobs import JOBS

CAPABILITY = Capability(
    "risk", "insight", routers=(pages.router,), jobs=JOBS, visits=(Visit("/risk/runs", "compliance"),)
)
