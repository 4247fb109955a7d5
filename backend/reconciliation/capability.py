"""What reconciliation adds to the product."""

from backend.capability import Capability, Visit
from backend.reconciliation import pages
from backend.reconciliation.jobs import JOBS

CAPABILITY = Capability(
    "reconciliation", "trade", routers=(pages.router,), jobs=JOBS, visits=(Visit("/reconciliations", "brand"),)
)
