"""SQL of stock: what people counted."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Select, select, union
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.db.tables.stock import stock_observation
from backend.stock.rules import Observation, StockRow

_SEEN = (
    stock_observation.c.id,
    stock_observation.c.party,
    stock_observation.c.gtin,
    stock_observation.c.batch,
    stock_observation.c.bottles,
    stock_observation.c.source,
    stock_observation.c.counted_at,
    stock_observation.c.counted_by,
)


def add_observation(session: Session, value: Observation, now: object) -> Observation:
    """Note a count; gives what stands under its id, which is another one when the id was used before."""
    session.execute(upsert(stock_observation).values(**value.__dict__, noted_at=now).on_conflict_do_nothing())
    return Observation(*session.execute(select(*_SEEN).where(stock_observation.c.id == value.id)).one())


def list_observations(session: Session, *, party: str | None = None, limit: int = 200) -> list[Observation]:
    """Counts, the newest first."""
    query = select(*_SEEN).order_by(stock_observation.c.counted_at.desc()).limit(limit)
    if party is not None:
        query = query.where(stock_observation.c.party == party)
    return [Observation(*row) for row in session.execute(query)]


def listing(
    keys: Sequence[Select[Any]],
    members: Select[tuple[str, str]] | None,
    gtins: Collection[str],
    load: Callable[[Session, Sequence[tuple[str, str, str]]], Sequence[StockRow]],
) -> Listing[StockRow]:
    """Rows of stock by party, product and batch: one for each key that occurs anywhere."""
    k = union(*keys).subquery()
    query = select(k.c.party, k.c.gtin, k.c.batch).where(k.c.gtin.in_(gtins))
    if members is not None:
        who = members.subquery()
        query = query.where(k.c.party.in_(select(who.c.member)))
    sorts = {"party": (k.c.party, k.c.gtin, k.c.batch)}
    return Listing(query, sorts, lambda session, found: load(session, [(r.party, r.gtin, r.batch) for r in found]))
