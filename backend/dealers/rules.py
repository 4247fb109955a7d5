"""Territories and transfers, and what they allow. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.errors import Malformed, Refused
from backend.identity.rules import Party


class TerritoryOverlaps(Refused):
    """This dealer has this region for this product at that time already."""


class NotADealer(Refused):
    """Only a dealer can be given a territory or send a transfer."""


class EndsBeforeItBegins(Malformed):
    """The time ends before it begins."""


@dataclass(frozen=True)
class Territory:
    """A region (prefix of its adcode) that a dealer may supply, of one product or all, in a half-open time."""

    id: UUID
    dealer: str
    prefix: str
    gtin: str | None
    valid_from: datetime
    valid_to: datetime | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise EndsBeforeItBegins(valid_from=self.valid_from.isoformat(), valid_to=self.valid_to.isoformat())

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at a time."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    def covers(self, adcode: str, gtin: str) -> bool:
        """Whether a prefecture and product fall under it."""
        return adcode.startswith(self.prefix) and self.gtin in (None, gtin)


@dataclass(frozen=True)
class Transfer:
    """An approved delivery outside a dealer's territory: to a region, and to one receiver or any."""

    id: UUID
    dealer: str
    receiver: str | None
    prefix: str
    gtin: str
    bottles: int
    reason: str
    valid_from: datetime
    valid_to: datetime
    approved_by: str
    approved_at: datetime

    def __post_init__(self) -> None:
        if self.valid_to <= self.valid_from:
            raise EndsBeforeItBegins(valid_from=self.valid_from.isoformat(), valid_to=self.valid_to.isoformat())

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at a time."""
        return self.valid_from <= at < self.valid_to


@dataclass(frozen=True)
class DealerCard:
    """A dealer as the list shows it; bottles are its own and those of the stores it supplies."""

    party: Party
    territories: tuple[Territory, ...]
    stores: int
    held: int
    held_by_stores: int


def authorised(territories: Iterable[Territory], adcode: str, gtin: str, at: datetime) -> bool:
    """Whether one of the territories covers the place and product at a time."""
    return any(each.holds(at) and each.covers(adcode, gtin) for each in territories)


def explaining(transfers: Iterable[Transfer], adcode: str, gtin: str) -> Transfer | None:
    """The transfer that explains goods of a product in a prefecture, whenever they are seen after it began."""
    return next((each for each in transfers if adcode.startswith(each.prefix) and each.gtin == gtin), None)
