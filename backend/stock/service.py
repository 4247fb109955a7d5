"""Use cases of stock: the three numbers per party and batch, sell-through, counts."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.china_time import CHINA
from backend.custody import service as custody
from backend.custody.rules import Movement
from backend.errors import CommandReused
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.orders import service as orders
from backend.stock import rules, store
from backend.stock.rules import Observation, SoldDay, StockRow
from scanner.device.capture import Step

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
    promised = {key: bottles for key, bottles in orders.list_allocated(session).items() if fits(*key)}
    coming: Counter[tuple[str, str, str]] = Counter()
    for each in custody.list_consignments(session, to=party, open=True):
        key = (each.addressee, each.batch.gtin, each.batch.batch)
        if fits(*key):
            coming[key] += each.open
    return rules.join(held, promised, coming)


def visible(session: Session, party: str) -> list[Party]:
    """A party and those it supplies: what a dealer may see."""
    return [identity.get_party(session, party), *identity.list_parties(session, supplier=party)]


def held_by_party(session: Session) -> dict[str, int]:
    """Finished bottles held, by party."""
    products = {product.gtin for product in catalog.list_products(session)}
    found: Counter[str] = Counter()
    for each in custody.list_holdings(session):
        if each.batch.gtin in products:
            found[each.party] += each.held
    return dict(found)


def list_effects(session: Session, party: str) -> list[tuple[Movement, int]]:
    """Movements of finished bottles that changed what a party holds, and by how much; the newest first."""
    products = {product.gtin for product in catalog.list_products(session)}
    found = [
        (movement, rules.effect(line, movement, party))
        for line, movement in custody.list_movements(session, party=party)
        if movement.batch.gtin in products
    ]
    return [(movement, bottles) for movement, bottles in reversed(found) if bottles]


def sell_through(
    session: Session, *, since: datetime, until: datetime, parties: Iterable[str] | None = None
) -> list[SoldDay]:
    """Bottles that stores reported as sold, by store, product and day of China."""
    wanted = None if parties is None else set(parties)
    sold: Counter[tuple[str, str, object]] = Counter()
    for line, movement in custody.list_movements(session, steps=[Step.SELL], since=since, until=until):
        if line == 0 and (wanted is None or movement.party in wanted):
            sold[movement.party, movement.batch.gtin, movement.at.astimezone(CHINA).date()] += movement.quantity
    return [SoldDay(party, gtin, on, n) for (party, gtin, on), n in sorted(sold.items())]  # type: ignore[arg-type]


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
