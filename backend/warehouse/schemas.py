"""What the warehouse app works with: a party's work, and how a device stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from backend.catalog.rules import Product
from backend.custody.rules import Consignment
from backend.identity.rules import Device, DeviceWay, Location, Party
from backend.identity.rules_accounts import Account
from backend.orders.documents import Document
from backend.warehouse.rules import BatchCases, CaseRange, DeviceStanding
from scanner.device.signing import Domain


@dataclass(frozen=True)
class Delivery:
    """A consignment on its way to us; `cases` are those it names."""

    consignment: Consignment
    sender: Party
    cases: tuple[CaseRange, ...]
    delivered_at: datetime | None = None
    """When its sender says that it arrived."""
    delivered_late: bool = False
    """Whether he said so more than a day afterwards."""


@dataclass(frozen=True)
class DeviceState:
    """How we know a device. `until`: the end of a notice that runs, None when the chain does not show it yet; `way` is
    how it came: invitation, admission or proposal."""

    signer: bytes
    state: DeviceStanding
    label: str = ""
    until: datetime | None = None
    way: DeviceWay | Literal[""] = ""
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Work:
    """What there is to do at a party, and what a device must know to do it alone."""

    at: datetime
    party: Party
    places: tuple[Location, ...]
    domain: Domain
    device: DeviceState | None
    admitters: tuple[Device, ...]
    """Devices of the party that may admit another one now."""
    products: tuple[Product, ...]
    batches: tuple[BatchCases, ...]
    ship: tuple[Document, ...]
    receive: tuple[Delivery, ...]
    place_name: Callable[[str], str]
    log_ins: tuple[tuple[Account, str | None], ...] = ()
    """Log-ins that somebody outside made for the party and whose notice runs, and who made them."""
