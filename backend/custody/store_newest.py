"""SQL of what pages show first: the newest of many movements and consignments, and how many there are in all."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, union_all
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.china_time import CHINA
from backend.custody.rules import BEARING, Consignment, Holding, Movement
from backend.custody.store_consignments import IS_OPEN, consignment_of
from backend.custody.store_movements import movement_of
from backend.db.paging import Listing, Newest
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
    """So many of the newest of `all_changes`, and how many there are."""
    # Each has an index of its own, in which the newest stand last.
    parts = [_first(session, query, [_M.number.desc()], most) for query in _changes(select(movement), party, gtins)]
    found = sorted((row for rows, _ in parts for row in rows), key=lambda row: -row.number)[:most]
    return Newest([(row.line, movement_of(row)) for row in found], sum(total for _, total in parts))


def all_changes(party: str, gtins: Collection[str]) -> Listing[tuple[int, Movement]]:
    """Lines of movements of some products after which a party holds another number of bottles, declared errors left
    out; with the line's number as `list_movements` gives it."""
    number = union_all(*_changes(select(_M.number), party, gtins)).subquery("changes").c.number
    return Listing(select(number), {"told": (number,)}, _load_lines, reads_all=True)


def _changes(columns: Select[R], party: str, gtins: Collection[str]) -> tuple[Select[R], Select[R]]:
    """What a party did and what others gave back to it, which is never the same."""
    written_off = and_(_M.step == int(Step.WRITE_OFF), _M.ref.is_(None))
    wanted = columns.where(_M.quantity > 0, _M.gtin.in_(gtins), units.counts(_M.evidence))
    own = wanted.where(_M.party == party, or_(_of_steps(_CHANGING), written_off))
    return own, wanted.where(_M.counterparty == party, _M.step == _RETURN)


def _load_lines(session: Session, keys: Sequence[Row[tuple[int]]]) -> list[tuple[int, Movement]]:
    found = session.execute(select(movement).where(_M.number.in_([row.number for row in keys])))
    lines = {row.number: (row.line, movement_of(row)) for row in found}
    return [lines[row.number] for row in keys]


def steps_of(key: BatchKey) -> Listing[Movement]:
    """Steps of a batch in the order of their capture, as they were told, declared errors too."""
    numbers = select(_M.number).where(_M.gtin == key.gtin, _M.batch == key.batch, _M.line == 0)
    return Listing(numbers, {"told": (_M.number,)}, _load)


def _load(session: Session, keys: Sequence[Row[tuple[int]]]) -> list[Movement]:
    return [said for _, said in _load_lines(session, keys)]


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
