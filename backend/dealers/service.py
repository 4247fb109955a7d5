"""Use cases of dealers: grant territory, approve transfers, say what was allowed when, and list who is who."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.custody import service as custody
from backend.db.paging import Listing
from backend.dealers import rules, store
from backend.dealers.rules import DealerCard, NotADealer, Territory, Transfer
from backend.errors import CommandReused, NotFound
from backend.identity import service as identity
from backend.identity.rules import Party

list_territories = store.list_territories
list_transfers = store.list_transfers


def grant_territory(session: Session, territory: Territory, *, by: str, now: datetime) -> None:
    """Give a dealer a region (idempotent by id).

    Raises:
        NotFound: no such dealer or product.
        NotADealer: the party deals in nothing.
        TerritoryOverlaps: it has this region for this product at that time.
        CommandReused: the id stands for another territory.
    """
    kept = store.find_territory(session, territory.id)
    if kept is not None:
        if kept != territory:
            raise CommandReused(id=str(territory.id))
        return
    _check_dealer(session, territory.dealer)
    if territory.gtin is not None:
        catalog.get_product(session, territory.gtin)
    store.add_territory(session, territory, by, now)


def approve_transfer(session: Session, transfer: Transfer) -> None:
    """Allow a delivery outside a territory (idempotent by id).

    Raises:
        NotFound: no such dealer, receiver or product.
        NotADealer: the party deals in nothing.
        CommandReused: the id stands for another transfer.
    """
    _check_dealer(session, transfer.dealer)
    catalog.get_product(session, transfer.gtin)
    if transfer.receiver is not None:
        identity.get_party(session, transfer.receiver)
    if not store.add_transfer(session, transfer):
        kept = store.list_transfers(session, id=transfer.id)[0]
        if replace(kept, approved_by="", approved_at=transfer.approved_at) != replace(transfer, approved_by=""):
            raise CommandReused(id=str(transfer.id))


def _check_dealer(session: Session, gln: str) -> Party:
    party = identity.get_party(session, gln)
    if "dealer" not in party.roles:
        raise NotADealer(gln=gln, roles=sorted(party.roles))
    return party


def territories(session: Session, dealer: str, at: datetime) -> list[Territory]:
    """Territories of a dealer in force at a time."""
    return store.list_territories(session, dealer=dealer, at=at)


def is_authorised(session: Session, dealer: str, adcode: str, gtin: str, at: datetime) -> bool:
    """Whether a dealer's territory covered a prefecture and product at a time; transfers are asked for apart."""
    return rules.authorised(territories(session, dealer, at), adcode, gtin, at)


def explaining_transfer(session: Session, dealer: str, adcode: str, gtin: str, at: datetime) -> Transfer | None:
    """The approved transfer that was in force for a dealer, prefecture and product at a time."""
    return rules.explaining(store.list_transfers(session, dealer=dealer, at=at), adcode, gtin)


def listing(words: str = "") -> Listing[Party]:
    """Dealers by words of their name or GLN."""
    return identity.list_of_parties(words, role="dealer")


def cards_of(session: Session, dealers: Sequence[Party], *, at: datetime) -> list[DealerCard]:
    """Some dealers with their territory and stock, in their order."""
    glns = [dealer.gln for dealer in dealers]
    gtins = [product.gtin for product in catalog.list_products(session)]
    own: dict[str, list[Territory]] = {}
    for territory in store.list_territories(session, dealers=glns, at=at):
        own.setdefault(territory.dealer, []).append(territory)
    held = custody.sum_held_by(session, glns, gtins)
    by_stores = custody.sum_held(session, identity.supplied_by(glns, "store"), gtins)
    stores = identity.count_supplied(session, glns, "store")
    return [
        DealerCard(
            dealer,
            tuple(own.get(dealer.gln, ())),
            stores.get(dealer.gln, 0),
            held.get(dealer.gln, 0),
            by_stores.get(dealer.gln, 0),
        )
        for dealer in dealers
    ]


@dataclass(frozen=True)
class Whole:
    """All dealers together: how many, in how many provinces, how many of them without territory, bottles they hold."""

    dealers: int
    provinces: int
    unlicensed: int
    held: int


def whole(session: Session, *, at: datetime) -> Whole:
    """All dealers together."""
    regions = identity.count_regions(session, "dealer")
    gtins = [product.gtin for product in catalog.list_products(session)]
    held = custody.sum_held(session, identity.having("dealer"), gtins)
    dealers = sum(regions.values())
    licensed = len({each.dealer for each in store.list_territories(session, at=at)})
    return Whole(dealers, len(regions), dealers - licensed, held.get("dealer", 0))


def get_dealer(session: Session, gln: str, *, at: datetime) -> DealerCard:
    """One dealer.

    Raises:
        NotFound: no such dealer.
    """
    party = identity.find_party(session, gln)
    if party is None or "dealer" not in party.roles:
        raise NotFound(f"no dealer with GLN {gln}", gln=gln)
    return cards_of(session, [party], at=at)[0]
