"""Use cases of stock: the three numbers per party and batch, sell-through, counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.custody import service as custody
from backend.custody.rules import Movement, StockSum
from backend.db.paging import Listing, Newest
from backend.errors import CommandReused, NotFound
from backend.identity import service as identity
from backend.identity.rules import OVERSEERS, Party, Principal
from backend.identity.service import Members
from backend.orders import service as orders
from backend.stock import rules, store
from backend.stock.rules import Observation, SoldDay, StockRow, Sum

list_observations = store.list_observations


def overview(
    session: Session, party: str | None = None, *, gtin: str | None = None, batch: str | None = None
) -> list[StockRow]:
    """Held, allocated, available and on the way, by party, product and batch; finished bottles only."""
    products = {product.gtin for product in catalog.list_products(session)}

    def fits(row_party: str, row_gtin: str, row_batch: str) -> bool:
        return (
            row_gtin in products
            and party in (None, row_party)
            and gtin in (None, row_gtin)
            and batch in (None, row_batch)
        )

    held = {
        (each.party, each.batch.gtin, each.batch.batch): each.held
        for each in custody.list_holdings(session, party=party, gtin=gtin, batch=batch)
        if fits(each.party, each.batch.gtin, each.batch.batch)
    }
    parties = None if party is None else [party]
    promised = {key: bottles for key, bottles in orders.list_allocated(session, parties).items() if fits(*key)}
    on_its_way = custody.sum_coming_to(session, party, gtin, batch)
    coming = {key: bottles for key, bottles in on_its_way.items() if fits(*key)}
    return rules.join(held, promised, coming)


def party_seen_by(session: Session, gln: str, by: Principal) -> Party:
    """A party whose stock a person may see: anybody's who oversees, else the own and that of whom one supplies.

    Raises:
        NotFound: no such party, or not theirs.
    """
    party = identity.find_party(session, gln)
    if party is None or not (by.has(*OVERSEERS) or (by.party is not None and by.party in (gln, party.supplier))):
        raise NotFound(f"no stock of {gln}", gln=gln)
    return party


@dataclass(frozen=True)
class PartyStock:
    """A party and what it has of some products together."""

    party: Party
    sum: Sum


@dataclass(frozen=True)
class ProductStock:
    """A product's stock together, and in how many batches it is held."""

    gtin: str
    sum: Sum
    batches: int


def by_product(session: Session, members: Members, gtins: Sequence[str]) -> list[ProductStock]:
    """Stock of the parties that are looked at, by product; of products only that somebody has."""
    chosen = members.select()
    moved = custody.sum_stock(session, chosen, gtins)
    promised = {gtin: n for gtin, n in orders.sum_allocated(session, chosen).items() if gtin in gtins}
    nothing = StockSum()
    return [
        ProductStock(gtin, Sum(own.held, promised.get(gtin, 0), own.coming), own.batches)
        for gtin in sorted(moved.keys() | promised.keys())
        if (own := moved.get(gtin, nothing))
    ]


def parties(members: Members, gtins: Sequence[str], words: str = "") -> Listing[PartyStock]:
    """The parties that are looked at, each with its stock of some products together."""
    return identity.list_of_parties(words, members=members).turned(partial(_with_stock, gtins=gtins))


def _with_stock(session: Session, found: Sequence[Party], *, gtins: Sequence[str]) -> list[PartyStock]:
    glns = [party.gln for party in found]
    held = custody.sum_held_by(session, glns, gtins)
    promised = orders.sum_allocated_by(session, glns, gtins)
    coming = custody.sum_coming_by(session, glns, gtins)
    return [
        PartyStock(each, Sum(held.get(each.gln, 0), promised.get(each.gln, 0), coming.get(each.gln, 0)))
        for each in found
    ]


def rows(members: Members, gtins: Sequence[str]) -> Listing[StockRow]:
    """Stock batch by batch of the parties that are looked at."""
    keys = [*custody.stock_keys(), orders.allocated_keys()]
    return store.listing(keys, members.select(), gtins, _rows)


def _rows(session: Session, keys: Sequence[tuple[str, str, str]]) -> list[StockRow]:
    held, coming = custody.held_of(session, keys), custody.coming_of(session, keys)
    promised = orders.allocated_of(session, keys)
    return [StockRow(*key, held.get(key, 0), promised.get(key, 0), coming.get(key, 0)) for key in keys]


def visible(session: Session, party: str) -> list[Party]:
    """A party and those it supplies: what a dealer may see."""
    return [identity.get_party(session, party), *identity.list_parties(session, supplier=party)]


def list_effects(session: Session, party: str, most: int) -> Newest[tuple[Movement, int]]:
    """So many of the newest of `all_effects`, and how many there are."""
    found = custody.list_changes(session, party, catalog.list_gtins(session), most)
    return Newest(_weigh(session, found.items, party), found.total)


def all_effects(session: Session, party: str) -> Listing[tuple[Movement, int]]:
    """Movements of finished bottles that changed what a party holds, and by how much: for page, file and programs."""
    return custody.all_changes(party, catalog.list_gtins(session)).turned(partial(_weigh, party=party))


def _weigh(_: Session, lines: Sequence[tuple[int, Movement]], party: str) -> list[tuple[Movement, int]]:
    return [(movement, rules.effect(line, movement, party)) for line, movement in lines]


def sell_through(
    session: Session, *, since: datetime, until: datetime, parties: Iterable[str] | None = None
) -> list[SoldDay]:
    """Bottles that stores reported as sold, by store, product and day of China."""
    wanted = None if parties is None else list(parties)
    return [SoldDay(*each) for each in custody.sum_sold_by_day(session, since, until, wanted)]


def observe(session: Session, seen: Observation, *, now: datetime) -> Observation:
    """Note a count (idempotent by id).

    Raises:
        NotFound: no such party or product.
        CommandReused: the id stands for another count.
    """
    identity.get_party(session, seen.party)
    catalog.get_product(session, seen.gtin)
    kept = store.add_observation(session, seen, now)
    if kept != seen:
        raise CommandReused(id=str(seen.id))
    return kept
