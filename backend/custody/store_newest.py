"""SQL of what pages show first: the newest of many movements and consignments, and how many there are in all."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.china_time import CHINA
from backend.custody.rules import BEARING, Consignment, Holding, Movement
from backend.custody.store_consignments import IS_OPEN, consignment_of
from backend.custody.store_movements import movement_of
from backend.db.paging import Newest
from backend.db.tables.custody import consignment, holding, movement
from backend.units import service as units
from scanner.device.capture import Step

R = TypeVar("R")
_M, _C, _H = movement.c, consignment.c, holding.c
_CHINA: ColumnElement[timedelta] = literal_column(f"interval '{CHINA.utcoffset(None)}'")
_CHANGING = BEARING | {Step.RECEIVE, Step.SHIP, Step.SELL}
"""Steps that change what who signs them holds, whatever else they say."""


_RETURN: ColumnElement[int] = literal_column(str(int(Step.RETURN)))
"""Written out, as the index that is kept of returns alone says it."""


def _of_steps(steps: Collection[Step]) -> ColumnElement[bool]:
    return _M.step.in_(sorted(int(step) for step in steps))


def changes(session: Session, party: str, gtins: Collection[str], most: int) -> Newest[tuple[int, Movement]]:
    """Lines of movements of some products after which a party holds another number of bottles, declared errors left
    out; with the line's number as `list_movements` gives it."""
    written_off = and_(_M.step == int(Step.WRITE_OFF), _M.ref.is_(None))
    wanted = select(movement).where(_M.quantity > 0, _M.gtin.in_(gtins), units.counts(_M.evidence))
    # Each has an index of its own, in which the newest stand last.
    own, own_total = _first(
        session, wanted.where(_M.party == party, or_(_of_steps(_CHANGING), written_off)), [_M.number.desc()], most
    )
    back, back_total = _first(
        session, wanted.where(_M.counterparty == party, _M.step == _RETURN), [_M.number.desc()], most
    )
    found = sorted([*own, *back], key=lambda row: -row.number)[:most]
    return Newest([(row.line, movement_of(row)) for row in found], own_total + back_total)


def of_batch(session: Session, key: BatchKey, most: int) -> Newest[Movement]:
    """Steps of a batch as they were told, declared errors too."""
    query = select(movement).where(_M.gtin == key.gtin, _M.batch == key.batch, _M.line == 0)
    found, total = _first(session, query, [_M.number.desc()], most)
    return Newest([movement_of(row) for row in found], total)


def _first(
    session: Session, query: Select[R], order: Sequence[ColumnElement[object]], most: int
) -> tuple[Sequence[Row[R]], int]:
    counted = query.with_only_columns(func.count(), maintain_column_froms=True)
    found = session.execute(query.order_by(*order).limit(most)).all()
    return found, len(found) if len(found) < most else int(session.execute(counted).scalar_one())


def holders(session: Session, key: BatchKey, most: int) -> Newest[Holding]:
    """Who holds how much of a batch, those with the most first; nothing held is left out."""
    query = select(holding).where(_H.gtin == key.gtin, _H.batch == key.batch, _H.held > 0)
    found, total = _first(session, query, [_H.held.desc(), _H.party], most)
    return Newest([Holding(key, row.party, row.held) for row in found], total)


def under_way(
    session: Session,
    most: int,
    *,
    frm: str | None = None,
    key: BatchKey | None = None,
    gtins: Collection[str] | None = None,
) -> Newest[Consignment]:
    """Consignments of a sender, or of a batch, of which something is still open."""
    query = select(consignment).where(IS_OPEN)
    if frm is not None:
        query = query.where(_C.sender == frm)
    if key is not None:
        query = query.where(_C.gtin == key.gtin, _C.batch == key.batch)
    if gtins is not None:
        query = query.where(_C.gtin.in_(gtins))
    found, total = _first(session, query, [_C.shipped_at.desc(), _C.evidence.desc()], most)
    return Newest([consignment_of(row) for row in found], total)


def sum_sold(
    session: Session, since: datetime, until: datetime, parties: Collection[str] | None = None
) -> list[tuple[str, str, date, int]]:
    """Bottles sold over the counter, declared errors left out: GLN, GTIN, day of China, how many; in that order."""
    day = func.date(func.timezone(_CHINA, _M.at)).label("day")
    query = select(_M.party, _M.gtin, day, func.sum(_M.quantity)).where(
        _M.step == int(Step.SELL), _M.line == 0, _M.at >= since, _M.at < until, units.counts(_M.evidence)
    )
    if parties is not None:
        query = query.where(_M.party.in_(set(parties)))
    group = (_M.party, _M.gtin, day)
    return [(gln, gtin, on, int(n)) for gln, gtin, on, n in session.execute(query.group_by(*group).order_by(*group))]
