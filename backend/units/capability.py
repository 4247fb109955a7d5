"""What units adds to the product."""

from backend.capability import Capability

CAPABILITY = Capability("units", "ledger")
