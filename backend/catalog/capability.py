"""What catalog adds to the product."""

from backend.capability import Capability
from backend.catalog import api

CAPABILITY = Capability("catalog", routers=(api.router,))
