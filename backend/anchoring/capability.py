"""What anchoring adds to the product."""

from backend.anchoring import api, service
from backend.anchoring.jobs.timetable import JOBS
from backend.capability import Capability

CAPABILITY = Capability("anchoring", "ledger", routers=(api.router,), jobs=JOBS, capture_reactions=(service.enqueue,))
