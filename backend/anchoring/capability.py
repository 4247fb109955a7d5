"""What anchoring adds to the product."""

from backend.anchoring import api, pages, service
from backend.anchoring.jobs.timetable import JOBS
from backend.capability import Capability

CAPABILITY = Capability(
    "anchoring", "ledger", routers=(api.router, pages.router), jobs=JOBS, capture_reactions=(service.enqueue,)
)
