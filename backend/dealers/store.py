"""SQL of territories and transfers."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.db.tables.dealers import territory, transfer
from backend.dealers.rules import Territory, TerritoryOverlaps, Transfer


def find_territory(session: Session, id: UUID) -> Territory | None:
    """The territory granted under this id."""
    return next(iter(list_territories(session, id=id)), None)


def add_territory(session: Session, value: Territory, by: str, at: datetime) -> None:
    """Add a territory.

    Raises:
        TerritoryOverlaps: the dealer has this region for this product at that time.
    """
    try:
        with session.begin_nested():
            session.execute(insert(territory).values(**value.__dict__, granted_by=by, granted_at=at))
    except IntegrityError as error:
        if "ex_territory_once" not in str(error.orig):
            raise
        raise TerritoryOverlaps(dealer=value.dealer, prefix=value.prefix, gtin=value.gtin) from error


def list_territories(
    session: Session,
    *,
    dealer: str | None = None,
    dealers: Collection[str] | None = None,
    at: datetime | None = None,
    id: UUID | None = None,
) -> list[Territory]:
    """Territories by dealer and region: all, a dealer's or some dealers', those in force at a time."""
    t = territory.c
    query = select(t.id, t.dealer, t.prefix, t.gtin, t.valid_from, t.valid_to)
    query = query.order_by(t.dealer, t.prefix, t.gtin.nulls_first(), t.valid_from)
    if dealer is not None:
        query = query.where(t.dealer == dealer)
    if dealers is not None:
        query = query.where(t.dealer.in_(dealers))
    if id is not None:
        query = query.where(t.id == id)
    if at is not None:
        query = query.where(t.valid_from <= at, or_(t.valid_to.is_(None), t.valid_to > at))
    return [Territory(*row) for row in session.execute(query)]


def add_transfer(session: Session, value: Transfer) -> bool:
    """Add an approved transfer; False when its id was there already."""
    added = session.execute(upsert(transfer).values(**value.__dict__).on_conflict_do_nothing().returning(transfer.c.id))
    return added.first() is not None


def list_transfers(
    session: Session, *, at: datetime | None = None, dealer: str | None = None, id: UUID | None = None
) -> list[Transfer]:
    """Approved transfers, the newest first: all, in force at a time, a dealer's."""
    t = transfer.c
    query = select(transfer).order_by(t.valid_from.desc(), t.id)
    if at is not None:
        query = query.where(t.valid_from <= at, t.valid_to > at)
    if dealer is not None:
        query = query.where(t.dealer == dealer)
    if id is not None:
        query = query.where(t.id == id)
    return [Transfer(**row._mapping) for row in session.execute(query)]
