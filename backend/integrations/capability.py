"""What integrations adds to the product."""

from backend.capability import Capability

CAPABILITY = Capability("integrations", "desks")
