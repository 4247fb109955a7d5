"""What catalog adds to the product."""

from backend.capability import Capability
from backend.catalog import api

CAPABILITY = Capability("catalog", "ground", routers=(api.router,))
