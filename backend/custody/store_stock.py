"""SQL of stock, summed up and by key: what parties hold, and what is on its way to them. Of finished goods (`gtins`).

`members` gives the GLN of each party that is looked at as `member`; None: all.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from backend.custody.rules import StockSum
from backend.custody.store_consignments import IS_OPEN
from backend.db.tables.custody import batch_account, consignment, holding

_A, _H, _C = batch_account.c, holding.c, consignment.c
Members = Select[tuple[str, str]] | None
Key = tuple[str, str, str]
"""Party, GTIN and batch."""
_OPEN = _C.shipped - _C.received - _C.returned - _C.lost


def sums(session: Session, members: Members, gtins: Collection[str]) -> dict[str, StockSum]:
    """What is held and on the way, by GTIN. Of all parties the batches' accounts know it: they balance (CHECK)."""
    if members is None:
        numbers = (func.sum(_A.held), func.sum(_A.in_transit), func.count().filter(_A.held > 0))
        query = select(_A.gtin, *numbers).where(_A.gtin.in_(gtins)).group_by(_A.gtin)
        return {
            gtin: StockSum(int(held), int(coming), batches) for gtin, held, coming, batches in session.execute(query)
        }
    who = members.subquery()
    held = select(_H.gtin, _H.batch, func.sum(_H.held).label("held")).join(who, who.c.member == _H.party)
    each = held.where(_H.held > 0).group_by(_H.gtin, _H.batch).subquery()
    summed = select(each.c.gtin, func.sum(each.c.held), func.count()).group_by(each.c.gtin)
    # Nearly all that is held is of these products: it is quicker to leave out the sums of others than their rows.
    rows = (row for row in session.execute(summed) if row.gtin in gtins)
    found = {gtin: StockSum(int(number), 0, batches) for gtin, number, batches in rows}
    coming = select(_C.gtin, func.sum(_OPEN)).join(who, who.c.member == _C.addressee)
    for gtin, number in session.execute(coming.where(_C.gtin.in_(gtins), IS_OPEN).group_by(_C.gtin)):
        found[gtin] = replace(found.get(gtin, StockSum()), coming=int(number))
    return found


def sum_coming_by(session: Session, parties: Collection[str], gtins: Collection[str]) -> dict[str, int]:
    """How much of some products is on its way to each of some parties."""
    query = select(_C.addressee, func.sum(_OPEN).label("open"))
    query = query.where(_C.addressee.in_(set(parties)), _C.gtin.in_(set(gtins)), IS_OPEN).group_by(_C.addressee)
    return {row.addressee: int(row.open) for row in session.execute(query)}


def sum_coming_to(
    session: Session, party: str | None, gtin: str | None = None, batch: str | None = None
) -> dict[Key, int]:
    """What is on its way by key: to a party or to all, of a product and a batch or of all."""
    key = (_C.addressee, _C.gtin, _C.batch)
    query = select(*key, func.sum(_OPEN).label("open")).where(IS_OPEN).group_by(*key)
    for column, value in ((_C.addressee, party), (_C.gtin, gtin), (_C.batch, batch)):
        if value is not None:
            query = query.where(column == value)
    return {(row.addressee, row.gtin, row.batch): int(row.open) for row in session.execute(query)}


def keys() -> list[Select[Any]]:
    """Party, GTIN and batch of everything that is held, and of everything on its way to somebody."""
    held = select(_H.party, _H.gtin, _H.batch).where(_H.held > 0)
    return [held, select(_C.addressee.label("party"), _C.gtin, _C.batch).where(IS_OPEN)]


def held_of(session: Session, wanted: Sequence[Key]) -> dict[Key, int]:
    """What is held by key; nothing held is left out."""
    query = select(_H.party, _H.gtin, _H.batch, _H.held).where(tuple_(_H.party, _H.gtin, _H.batch).in_(wanted))
    return {(row.party, row.gtin, row.batch): row.held for row in session.execute(query)}


def coming_of(session: Session, wanted: Sequence[Key]) -> dict[Key, int]:
    """What is on its way by key; nothing is left out."""
    key = (_C.addressee, _C.gtin, _C.batch)
    query = select(*key, func.sum(_OPEN).label("open")).where(tuple_(*key).in_(wanted), IS_OPEN).group_by(*key)
    return {(row.addressee, row.gtin, row.batch): int(row.open) for row in session.execute(query)}
