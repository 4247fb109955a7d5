"""What capture adds to the product."""

from backend.capability import Capability
from backend.capture import api

CAPABILITY = Capability("capture", "ledger", routers=(api.router,))
