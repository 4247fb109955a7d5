"""SQL of what lies in cases, of bottles counted, and of those sold without a name or opened."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.tables.units import unit_custody, unit_opening, unnamed_sale
from backend.units.rules import State
from backend.units.store import _U

_CHILD = unit_custody.alias("child")


def add_bottles(session: Session, more: Mapping[str, int], evidence: bytes, at: datetime) -> None:
    """So many more (or fewer) bottles lie under these cases, by a capture and its event time."""
    if more:
        young = _U.latest <= bindparam("then", type_=_U.latest.type)
        by = case((young, bindparam("by", type_=_U.latest_by.type)), else_=_U.latest_by)
        when = func.greatest(_U.latest, bindparam("then", type_=_U.latest.type))
        values = {"bottles": _U.bottles + bindparam("n"), "latest_by": by, "latest": when}
        statement = update(unit_custody).where(_U.unit == bindparam("key")).values(values)
        rows = [{"key": key, "n": n, "by": evidence, "then": at} for key, n in sorted(more.items())]
        session.connection().execute(statement, rows)


def name_contents(session: Session, keys: Collection[str]) -> None:
    """Let cases say the product and batch of what lies in them: of all when it is one, none when mixed or empty.

    Given from the inside out, since a pallet is named by its cases.
    """
    statement = text(
        "update unit_custody u set gtin = c.gtin, batch = c.batch from (select k.key, "
        "case when count(distinct (i.gtin, i.batch)) = 1 and count(*) = count(i.gtin) then min(i.gtin) end gtin, "
        "case when count(distinct (i.gtin, i.batch)) = 1 and count(*) = count(i.gtin) then min(i.batch) end batch "
        "from (select :key as key) k left join unit_custody i on i.parent = k.key and i.state <> 'void' "
        "and i.bottles > 0 group by k.key) c where u.unit = c.key"
    )
    for key in keys:
        session.execute(statement, {"key": key})


def weigh(session: Session, keys: Sequence[str]) -> None:
    """Count what lies in cases; given from the inside out."""
    inside = select(func.coalesce(func.sum(_CHILD.c.bottles), 0)).where(_CHILD.c.parent == _U.unit)
    for key in keys:
        session.execute(update(unit_custody).where(_U.unit == key).values(bottles=inside.scalar_subquery()))
    name_contents(session, keys)


def add_unnamed(session: Session, gtin: str, batch: str, party: str, bottles: int) -> None:
    """So many more bottles went over a till unnamed."""
    fresh = upsert(unnamed_sale).values(gtin=gtin, batch=batch, party=party, bottles=bottles)
    session.execute(
        fresh.on_conflict_do_update(
            index_elements=["gtin", "batch", "party"],
            set_={"bottles": unnamed_sale.c.bottles + fresh.excluded.bottles},
        )
    )


def take_unnamed(session: Session, gtin: str, batch: str, party: str, bottles: int) -> None:
    """So many fewer did, since a sale is declared an error; a shop left with none has no row."""
    t = unnamed_sale.c
    here = and_(t.gtin == gtin, t.batch == batch, t.party == party)
    session.execute(update(unnamed_sale).where(here).values(bottles=t.bottles - bottles))
    session.execute(delete(unnamed_sale).where(here, t.bottles == 0))


def sums(session: Session, gtin: str | None = None, batch: str | None = None) -> list[tuple[str, str, str, str, int]]:
    """Bottles by (gtin, batch, holder, state): read off the outermost things, so that each bottle counts once.

    What went over a till unnamed is taken from what is held and stands as sold.
    """
    inside = (
        select(_U.unit, _U.holder, _U.state, _U.gtin, _U.batch, _U.bottles)
        .where(_U.parent.is_(None), _U.state != State.VOID)
        .cte("inside", recursive=True)
    )
    inside = inside.union_all(
        select(_CHILD.c.unit, inside.c.holder, inside.c.state, _CHILD.c.gtin, _CHILD.c.batch, _CHILD.c.bottles)
        .join(inside, _CHILD.c.parent == inside.c.unit)
        .where(inside.c.gtin.is_(None))
    )
    query = (
        select(inside.c.gtin, inside.c.batch, inside.c.holder, inside.c.state, func.sum(inside.c.bottles).label("n"))
        .where(inside.c.gtin.is_not(None))
        .group_by(inside.c.gtin, inside.c.batch, inside.c.holder, inside.c.state)
    )
    if gtin is not None:
        query = query.where(inside.c.gtin == gtin, or_(literal(batch is None), inside.c.batch == batch))
    found = {(r.gtin, r.batch, r.holder, r.state): int(r.n) for r in session.execute(query)}
    for row in session.execute(select(unnamed_sale)):
        if gtin is None or (row.gtin == gtin and batch in (None, row.batch)):
            for state, sign in ((State.HELD, -1), (State.SOLD, 1)):
                key = (row.gtin, row.batch, row.party, state)
                found[key] = found.get(key, 0) + sign * row.bottles
    return sorted((*key, n) for key, n in found.items() if n)


def add_opening(session: Session, unit: str, at: datetime) -> bool:
    """Note that a consumer opened a bottle; False when it was opened before."""
    fresh = upsert(unit_opening).values(unit=unit, opened_at=at).on_conflict_do_nothing()
    return session.execute(fresh.returning(unit_opening.c.unit)).one_or_none() is not None
