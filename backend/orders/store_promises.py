"""SQL of what is promised per party and batch."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from sqlalchemy import ARRAY, Select, String, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.prepared import Prepared, PreparedQuery
from backend.db.tables.orders import allocated_stock


class PromisedRow(Protocol):
    """What is promised of a batch."""

    batch: str
    bottles: int


_FRESH = Prepared(upsert(allocated_stock).on_conflict_do_nothing(), ["party", "gtin", "batch"])
_S = allocated_stock.c
_PROMISED: PreparedQuery[PromisedRow] = PreparedQuery(
    select(_S.batch, _S.bottles)
    .where(
        _S.party == bindparam("party"),
        _S.gtin == bindparam("gtin"),
        _S.batch == func.any(bindparam("batches", type_=ARRAY(String))),
    )
    .order_by(_S.batch)
    .with_for_update()
)


def lock(session: Session, party: str, gtin: str, batches: Iterable[str]) -> dict[str, int]:
    """What is promised of some batches; nobody else changes it until the transaction ends."""
    wanted = sorted(set(batches))
    if not wanted:
        return {}
    there = {"party": party, "gtin": gtin, "batches": wanted}
    rows = _PROMISED.all(session, there)
    if len(rows) < len(wanted):
        _FRESH.many(session, [{"party": party, "gtin": gtin, "batch": batch} for batch in wanted])
        rows = _PROMISED.all(session, there)
    return {row.batch: row.bottles for row in rows}


def promise(session: Session, party: str, gtin: str, batch: str, bottles: int, *, held: int) -> bool:
    """Promise more of a batch; False, and nothing changed, when that would be more than is held."""
    s = allocated_stock.c
    done = session.execute(
        update(allocated_stock)
        .where(s.party == party, s.gtin == gtin, s.batch == batch, s.bottles + bottles <= held)
        .values(bottles=s.bottles + bottles)
        .returning(s.bottles)
    )
    return done.first() is not None


def release(session: Session, party: str, gtin: str, batch: str, bottles: int) -> None:
    """Promise less of a batch; CHECK keeps it from going below nothing."""
    s = allocated_stock.c
    session.execute(
        update(allocated_stock)
        .where(s.party == party, s.gtin == gtin, s.batch == batch)
        .values(bottles=s.bottles - bottles)
    )


def allocated(session: Session, party: str, gtin: str, batch: str) -> int:
    """What a party has promised of a batch and not yet dispatched."""
    s = allocated_stock.c
    query = select(s.bottles).where(s.party == party, s.gtin == gtin, s.batch == batch)
    return session.execute(query).scalar_one_or_none() or 0


def list_allocated(session: Session, parties: Collection[str] | None = None) -> dict[tuple[str, str, str], int]:
    """What is promised by party, GTIN and batch; nothing promised is left out."""
    query = select(allocated_stock).where(allocated_stock.c.bottles > 0)
    if parties is not None:
        query = query.where(allocated_stock.c.party.in_(parties))
    return {(r.party, r.gtin, r.batch): r.bottles for r in session.execute(query)}


def keys() -> Select[tuple[str, str, str]]:
    """Party, GTIN and batch of everything that is promised."""
    return select(_S.party, _S.gtin, _S.batch).where(_S.bottles > 0)


def allocated_of(session: Session, wanted: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """What is promised by party, GTIN and batch."""
    query = select(_S.party, _S.gtin, _S.batch, _S.bottles).where(tuple_(_S.party, _S.gtin, _S.batch).in_(wanted))
    return {(row.party, row.gtin, row.batch): row.bottles for row in session.execute(query)}


def sum_allocated(session: Session, members: Select[tuple[str, str]] | None) -> dict[str, int]:
    """What is promised by GTIN, of the parties that `members` gives as `member`, or of all."""
    query = select(_S.gtin, func.sum(_S.bottles)).group_by(_S.gtin)
    if members is not None:
        who = members.subquery()
        query = query.join(who, who.c.member == _S.party)
    return {gtin: int(bottles) for gtin, bottles in session.execute(query)}


def sum_allocated_by(session: Session, parties: Collection[str], gtins: Collection[str]) -> dict[str, int]:
    """What each of some parties has promised of some products."""
    query = select(_S.party, func.sum(_S.bottles)).where(_S.party.in_(set(parties)), _S.gtin.in_(set(gtins)))
    return {party: int(bottles) for party, bottles in session.execute(query.group_by(_S.party))}
