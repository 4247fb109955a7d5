"""Use cases of dealers: grant territory, approve transfers, say what was allowed when, and list who is who."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.dealers import rules, store
from backend.dealers.rules import NotADealer, Territory, Transfer
from backend.errors import CommandReused, NotFound
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.stock import service as stock

list_territories = store.list_territories
list_transfers = store.list_transfers


@dataclass(frozen=True)
class DealerCard:
    """A dealer as the list shows it; bottles are its own and those of the stores it supplies."""

    party: Party
    territories: tuple[Territory, ...]
    stores: int
    held: int
    held_by_stores: int


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


def list_dealers(session: Session, *, at: datetime) -> list[DealerCard]:
    """All dealers with territory and stock, by GLN."""
    held = stock.held_by_party(session)
    own: dict[str, list[Territory]] = {}
    for territory in store.list_territories(session, at=at):
        own.setdefault(territory.dealer, []).append(territory)
    stores: dict[str, list[str]] = {}
    parties = identity.list_parties(session)
    for shop in (party for party in parties if "store" in party.roles):
        stores.setdefault(shop.supplier or "", []).append(shop.gln)
    return [
        DealerCard(
            party,
            tuple(own.get(party.gln, ())),
            len(stores.get(party.gln, ())),
            held.get(party.gln, 0),
            sum(held.get(shop, 0) for shop in stores.get(party.gln, ())),
        )
        for party in parties
        if "dealer" in party.roles
    ]


def get_dealer(session: Session, gln: str, *, at: datetime) -> DealerCard:
    """One dealer.

    Raises:
        NotFound: no such dealer.
    """
    for card in list_dealers(session, at=at):
        if card.party.gln == gln:
            return card
    raise NotFound(f"no dealer with GLN {gln}", gln=gln)
