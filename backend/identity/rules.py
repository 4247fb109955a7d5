"""Values of identity and what a person may do. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args

from backend.errors import Malformed, NotAllowed, Unauthenticated, Untrusted

PartyRole = Literal["brand", "producer", "warehouse", "dealer", "store", "inspector"]
"""What a company may be."""
PARTY_ROLES: dict[str, int] = {role: 1 << bit for bit, role in enumerate(get_args(PartyRole))}
"""Roles of a party and their bits on chain (ARCHITECTURE.md, 3): 1, 2, 4, 8, 16, 32."""
MAKERS = frozenset({"brand", "producer"})
"""Companies that make goods."""
KEEPERS = frozenset({*MAKERS, "warehouse"})
"""Companies whose goods have not left for the market."""
HOLDERS = frozenset({*KEEPERS, "dealer", "store"})
"""Companies that hold goods."""
INSPECTORS = frozenset({*KEEPERS, "inspector"})
"""Companies that look goods over."""
NEAREST_FIRST = ("store", "dealer", "warehouse", "producer", "brand")
"""Roles of a company by how near they are to whoever buys a bottle."""

UserRole = Literal["compliance", "warehouse", "brand", "auditor", "dealer", "store", "admin", "party_admin"]
USER_ROLES: tuple[UserRole, ...] = get_args(UserRole)
"""What a person may be. `admin` administers the whole product, `party_admin` the log-ins of the own party alone.
Of several roles the first one here says where a person's day begins."""

OVERSEERS = ("brand", "compliance", "auditor")
"""Who sees every party's dealings."""
TRADERS = ("dealer", "store", "warehouse")
"""Who sees what the own party deals with."""
READERS = (*OVERSEERS, *TRADERS)
"""Who reads of goods and orders: all of them, or those of the own party."""
DEALING = ("brand", *TRADERS)
"""Who acts on orders and stock."""
CUSTOMERS = ("dealer", "store")
"""Who buys goods and sells them over a counter."""
BUYERS = ("brand", *CUSTOMERS)
"""Who places orders: the brand for a dealer, others for themselves."""
SELLERS = ("dealer", "warehouse")
"""Who sells what the own party holds to other parties."""
BRAND_STAFF = ("brand", "compliance")
"""Who acts for the brand; an auditor only looks."""
OPERATORS = ("brand", "auditor")
"""Who looks at how the house fares."""
ADMINISTRATORS = ("admin", "party_admin")
"""Who makes log-ins and switches them."""
REVIEWERS = ("compliance", "auditor")
"""Whose work alerts are: the one decides, the other looks."""
WEIGHTY = frozenset({"admin", *BRAND_STAFF})
"""Roles whose word counts as a second person's."""
OF_A_PARTY = frozenset({"party_admin", *TRADERS})
"""Roles that somebody of a party may have who is not of the brand."""


class SearchTooWide(Malformed):
    """Too many companies fit these words; write more of the name, or the GLN."""


class WrongCredentials(Unauthenticated):
    """Name or password is wrong."""


class UnknownDevice(Untrusted):
    """No device with this key is enrolled."""

    final = False


class RevokedDevice(Untrusted):
    """This device's key has been revoked. What it has not sent yet another device of your company signs and sends."""


class PartySuspended(NotAllowed):
    """This party is suspended."""


class Standing(StrEnum):
    """Whether a party may act. The contract numbers them 1, 2 and 3."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


SilencedBy = Literal["brand", "party"]
"""Who took a device its word."""


class DeviceWay(StrEnum):
    """How a device came to its party; a witness is of a party without roles."""

    INVITATION = "invitation"
    ADMISSION = "admission"
    PROPOSAL = "proposal"
    WITNESS = "witness"


@dataclass(frozen=True)
class Party:
    """A company. `adcode` is its prefecture (GB/T 2260), `supplier` the party it buys from by contract."""

    gln: str
    name: str
    roles: frozenset[str]
    adcode: str
    supplier: str | None = None
    standing: Standing = Standing.ACTIVE

    @property
    def bitmap(self) -> int:
        """Roles as the contract holds them."""
        return sum(PARTY_ROLES[role] for role in self.roles)


@dataclass(frozen=True)
class Location:
    """A place of a party; `lat` and `lon` in degrees (WGS 84)."""

    gln: str
    party: str
    name: str
    adcode: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Device:
    """A registered key that may capture for a party; one that `waits` from `since` on, None while the chain does not
    show it. `silenced_by` is None, brand or party."""

    signer: bytes
    party: str
    label: str
    revoked_at: datetime | None = None
    way: DeviceWay = DeviceWay.INVITATION
    waits: bool = False
    since: datetime | None = None
    silenced_by: SilencedBy | None = None
    enrolled_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Principal:
    """A person who is logged in. `provisional`: by a password that somebody else gave him. `notice_until`: the log-in
    was made for the party by somebody outside it, and until then changes neither keys nor log-ins."""

    user_id: int
    name: str
    roles: frozenset[str]
    party: str | None
    provisional: bool = False
    notice_until: datetime | None = None

    def has(self, *roles: str) -> bool:
        """Whether the person has one of the roles; an admin has all."""
        return "admin" in self.roles or bool(self.roles.intersection(roles))
