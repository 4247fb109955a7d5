"""SQL of units: the record as it stands, and what a step changes of it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from psycopg import sql
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    String,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.prepared import Prepared, PreparedQuery
from backend.db.tables.units import unit_custody
from backend.units.rules import Record, State, Tree, Unit

_U = unit_custody.c
_TEXTS = ARRAY(String)
_COLUMNS = (
    "unit", "gtin", "batch", "bottles", "parent", "holder", "state", "consignment", "recalled", "evidence", "at",
    "latest", "latest_by",
)  # fmt: skip


class UnitRow(Protocol):
    """A row of the record of units."""

    unit: str
    gtin: str | None
    batch: str | None
    bottles: int
    parent: str | None
    holder: str
    state: str
    consignment: bytes | None
    recalled: bytes | None
    evidence: bytes
    at: datetime
    latest: datetime
    latest_by: bytes


class AroundRow(UnitRow, Protocol):
    """A unit, when it was opened, and in which of the units asked about it lies."""

    opened_at: datetime | None
    top: str | None


class LevelsRow(Protocol):
    """How many levels of things lie under a unit."""

    top: str
    levels: int


class KeyRow(Protocol):
    """The key of a unit."""

    unit: str


class TreeRow(Protocol):
    """What units lie in, the outermost."""

    gtin: str | None
    batch: str | None
    unit: str | None


def unit_from(r: UnitRow) -> Unit:
    """A row of unit custody as a value."""
    return Unit(
        r.unit, r.gtin, r.batch, r.bottles, r.parent, r.holder, State(r.state), r.consignment, r.recalled,
        r.evidence, r.at, r.latest, r.latest_by,
    )  # fmt: skip


# The units with some keys and everything they are packed in; and the opened bottles in those `within`, each with the
# one it lies in. Openings are looked up one by one, so that no plan ever reads all of them.
_AROUND: PreparedQuery[AroundRow] = PreparedQuery(
    text(
        "with recursive around as (select * from unit_custody where unit = any(cast(:keys as varchar[])) union"
        " select u.* from unit_custody u join around a on u.unit = a.parent),"
        " inside as (select unit as top, unit from unit_custody where unit = any(cast(:within as varchar[])) union all"
        " select i.top, u.unit from unit_custody u join inside i on u.parent = i.unit where i.unit like '%/00/%'),"
        " opened as (select top, unit, (select o.opened_at from unit_opening o where o.unit = i.unit) as opened_at"
        " from inside i where unit <> top)"
        " select a.*, (select o.opened_at from unit_opening o where o.unit = a.unit) as opened_at, null as top"
        " from around a union all select u.*, o.opened_at, o.top from opened o join unit_custody u on u.unit = o.unit"
        " where o.opened_at is not null"
    )
)
# Bottles are not gone through one by one: that there are any in a case makes one level more.
_LEVELS: PreparedQuery[LevelsRow] = PreparedQuery(
    text(
        "with recursive inside as (select unit as top, unit, 0 as levels from unit_custody"
        " where unit = any(cast(:keys as varchar[])) union all select i.top, u.unit, i.levels + 1 from unit_custody u"
        " join inside i on u.parent = i.unit where u.unit like '%/00/%') select top, max(levels + (case when exists"
        " (select 1 from unit_custody c where c.parent = i.unit) then 1 else 0 end)) as levels from inside i"
        " group by top"
    )
)
_TREES: PreparedQuery[TreeRow] = PreparedQuery(
    text(
        "with recursive around as (select unit, parent, gtin, batch from unit_custody where unit = any(cast(:keys as"
        " varchar[])) union select u.unit, u.parent, u.gtin, u.batch from unit_custody u join around a"
        " on u.unit = a.parent) select distinct gtin, batch, case when gtin is null then unit end as unit"
        " from around where parent is null"
    )
)
_KNOWN: PreparedQuery[object] = PreparedQuery(
    select(literal(True)).where(
        select(_U.unit).where(_U.gtin == bindparam("gtin"), _U.batch == bindparam("batch")).exists()
    )
)
_RECALLED: PreparedQuery[KeyRow] = PreparedQuery(
    select(_U.unit)
    .where(_U.recalled.is_not(None), _U.gtin == bindparam("gtin"), _U.batch == bindparam("batch"))
    .order_by(_U.unit)
)
_MOVED = ("holder", "state", "consignment", "parent", "evidence", "at", "latest", "latest_by")
_MOVE = Prepared(
    update(unit_custody)
    .where(_U.unit == func.any(bindparam("keys", type_=_TEXTS)))
    .values({name: bindparam(f"to_{name}", type_=_U[name].type) for name in _MOVED})
)


def _is_in(column: ColumnElement[str], keys: Collection[str]) -> ColumnElement[bool]:
    """One parameter however many keys there are."""
    return column == func.any(literal(list(keys), type_=_TEXTS))


def load(session: Session, keys: Collection[str], *, within: Collection[str] = ()) -> Record:
    """The units with these keys and everything they are packed in; those opened by consumers are marked.

    Of what lies in the units `within`, opened bottles are told too.
    """
    if not keys:
        return Record([])
    rows = _AROUND.all(session, {"keys": list(keys), "within": list(within)})
    return Record(
        [unit_from(row) for row in rows if row.top is None],
        {row.unit: row.opened_at for row in rows if row.opened_at is not None},
        {row.top: row.unit for row in rows if row.top is not None},
    )


def levels(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """How many levels of things lie under each of these units; 0 under a bottle and under an empty case."""
    found = dict.fromkeys(keys, 0)
    if cases := [key for key in keys if "/00/" in key]:
        found |= {row.top: row.levels for row in _LEVELS.all(session, {"keys": cases})}
    return found


def list_inside(session: Session, parent: str) -> list[str]:
    """What lies directly in a case, by key."""
    query = select(_U.unit).where(_U.parent == parent, _U.state != State.VOID).order_by(_U.unit)
    return list(session.execute(query).scalars())


def list_bottles(session: Session, keys: Collection[str]) -> list[Unit]:
    """The bottles under the units with these keys, themselves included."""
    inside = select(unit_custody).where(_is_in(_U.unit, keys)).cte("inside", recursive=True)
    inside = inside.union_all(select(unit_custody).join(inside, unit_custody.c.parent == inside.c.unit))
    query = select(inside).where(inside.c.gtin.is_not(None), inside.c.unit.like("%/01/%")).order_by(inside.c.unit)
    return [unit_from(row) for row in session.execute(query)]


def list_under_way(session: Session, consignment: bytes) -> list[Unit]:
    """The outermost units that travel in a consignment now."""
    query = select(unit_custody).where(_U.consignment == consignment, _U.parent.is_(None)).order_by(_U.unit)
    return [unit_from(row) for row in session.execute(query)]


def list_recalled(session: Session, gtin: str, batch: str) -> list[str]:
    """Keys of the bottles of a batch that are recalled by themselves."""
    return [row.unit for row in _RECALLED.all(session, {"gtin": gtin, "batch": batch})]


def list_recalled_by(session: Session, evidence: bytes) -> list[Unit]:
    """The bottles that a recall stopped and nothing has freed yet."""
    query = select(unit_custody).where(_U.recalled == evidence).order_by(_U.unit)
    return [unit_from(row) for row in session.execute(query)]


def list_held(session: Session, holder: str, gtin: str, batch: str) -> list[Unit]:
    """The outermost units of a batch that a party holds, cases first, the fullest first."""
    query = select(unit_custody).where(
        _U.gtin == gtin, _U.batch == batch, _U.holder == holder, _U.state == State.HELD, _U.parent.is_(None)
    )
    rows = session.execute(query.order_by(_U.bottles.desc(), _U.unit))
    return [unit_from(row) for row in rows if row.bottles > 0]


def list_trees(session: Session, keys: Collection[str]) -> list[Tree]:
    """What these units lie in, the outermost, each batch once; units nobody knows are in none."""
    rows = _TREES.all(session, {"keys": list(keys)}) if keys else ()
    return [Tree(row.gtin, row.batch, row.unit) for row in rows]


def has_units(session: Session, gtin: str, batch: str) -> bool:
    """Whether the record knows units of a batch."""
    return _KNOWN.one(session, {"gtin": gtin, "batch": batch}) is not None


def commission(session: Session, bottles: Iterable[Sequence[object]], cases: Iterable[Sequence[object]]) -> None:
    """Enter a code run: cases, then the bottles in them.

    Each as (unit, gtin, batch, bottles, parent, holder, evidence, at).

    Raises:
        IntegrityError: a code is in use already.
    """
    driver = session.connection().connection.driver_connection
    assert driver is not None
    columns = ("unit", "gtin", "batch", "bottles", "parent", "holder", "evidence", "at", "latest_by", "latest", "state")
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    statement = sql.SQL("copy unit_custody ({}) from stdin").format(names)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for rows in (cases, bottles):
            for row in rows:
                copy.write_row((*row, *row[-2:], State.HELD.value))


def list_known(session: Session, keys: Collection[str]) -> list[str]:
    """Those of the keys that are in the record already, in order."""
    return list(session.execute(select(_U.unit).where(_is_in(_U.unit, keys)).order_by(_U.unit)).scalars())


def write(session: Session, units: Sequence[Unit]) -> None:
    """Put units into the record as they stand now; whether one is recalled is told by `set_recalled` alone."""
    if not units:
        return
    rows = [{name: getattr(each, name) for name in _COLUMNS} for each in units]
    fresh = upsert(unit_custody)
    changed = {name: fresh.excluded[name] for name in _COLUMNS[1:] if name != "recalled"}
    session.execute(fresh.on_conflict_do_update(index_elements=["unit"], set_=changed), rows)


def move(session: Session, keys: Collection[str], to: Unit) -> None:
    """Let units go where one of them stands: holder, state, consignment, last step; out of what they lay in."""
    values = {f"to_{name}": getattr(to, name) for name in _MOVED}
    _MOVE.run(session, {**values, "to_state": str(to.state), "keys": list(keys)})


def set_recalled(session: Session, keys: Collection[str], by: bytes | None) -> None:
    """Stop bottles, or free them."""
    session.execute(update(unit_custody).where(_is_in(_U.unit, keys)).values(recalled=by))


def forget(session: Session, keys: Collection[str]) -> None:
    """Take units out of the record whose first step was declared an error: bottles first, then what they lay in."""
    session.execute(delete(unit_custody).where(_is_in(_U.unit, keys)))
