"""What reconciliation adds to the product."""

from backend.capability import Capability, Visit
from backend.reconciliation import api, pages
from backend.reconciliation.jobs import JOBS

CAPABILITY = Capability(
    "reconciliation",
    "trade",
    routers=(api.router, pages.router),
    jobs=JOBS,
    visits=(Visit("/reconciliations", "brand"),),
)
