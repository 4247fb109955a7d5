"""What an order's timeline tells. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class HappeningKind(StrEnum):
    """What an entry of an order's timeline tells."""

    DRAFTED = "drafted"
    PLACED = "placed"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    ALLOCATED = "allocated"
    DISPATCHED = "dispatched"
    RECEIVED = "received"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"


@dataclass(frozen=True)
class Happening:
    """An entry of an order's timeline: what, when, who, and the evidence when a device said it."""

    kind: HappeningKind
    at: datetime
    actor: str
    evidence: bytes | None = None
    details: Mapping[str, object] = field(default_factory=dict)
