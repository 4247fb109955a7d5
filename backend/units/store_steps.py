"""SQL of the steps of units: only ever added, in the order of capture."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ARRAY, String, func, insert, literal, or_, select, text, true
from sqlalchemy.dialects.postgresql import BYTEA, distinct_on
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.prepared import Prepared
from backend.db.tables.units import correction, unit_step
from backend.units.rules import Asked, Kind, State, Unit, UnitStep

_S = unit_step.c
_ADD = Prepared(insert(unit_step), [each.name for each in unit_step.c if each.name != "id"])
_COUNTS = (
    ~select(correction).where(or_(correction.c.voided == _S.evidence, correction.c.declaration == _S.evidence)).exists()
)
"""Neither declared an error nor a declaration."""
_MOVES = _S.kind.not_in([Kind.RECALL.value, Kind.LIFT.value])
"""A recall and its lift tell whether a bottle may move, never where it is: they stand on nothing that moved it."""


def add_steps(session: Session, asked: Asked, units: Iterable[tuple[Kind, Unit]], *, inside: bool = False) -> None:
    """Append a step for each unit, as it stands after it. `inside`: only what lies in it changed."""
    rows = [
        {
            "unit": each.unit,
            "evidence": asked.evidence,
            "kind": str(kind),
            "party": asked.party,
            "parent": each.parent,
            "bottles": each.bottles,
            "holder": each.holder,
            "state": str(each.state),
            "consignment": each.consignment,
            "recalled": each.recalled,
            "at": asked.at,
            "taken_at": asked.taken_at,
            "late": asked.late,
            "inside": inside,
        }
        for kind, each in units
    ]
    if rows:
        _ADD.many(session, rows)


def add_run_steps(session: Session, asked: Asked) -> None:
    """Append the first step of every unit that a commissioning entered."""
    session.execute(
        text(
            "insert into unit_step (unit, evidence, kind, party, parent, bottles, holder, state, at, taken_at, late) "
            "select unit, evidence, 'commission', :party, parent, bottles, holder, state, at, :taken_at, :late "
            "from unit_custody where gtin = :gtin and batch = :batch and evidence = :evidence order by unit"
        ),
        {
            "party": asked.party,
            "taken_at": asked.taken_at,
            "late": asked.late,
            "gtin": asked.gtin,
            "batch": asked.batch,
            "evidence": asked.evidence,
        },
    )


def _step(row: Row[tuple[object, ...]]) -> UnitStep:
    m = row._mapping
    return UnitStep(
        m["id"], m["unit"], bytes(m["evidence"]), Kind(m["kind"]), m["party"], m["parent"], m["bottles"], m["holder"],
        State(m["state"]), m["consignment"] and bytes(m["consignment"]), m["recalled"] and bytes(m["recalled"]),
        m["at"], m["taken_at"], m["late"], m["inside"],
    )  # fmt: skip


def list_steps(
    session: Session,
    units: Collection[str] | None = None,
    *,
    evidence: bytes | None = None,
    evidences: Collection[bytes] | None = None,
) -> list[UnitStep]:
    """Steps of units, or those of one capture or of many, in the order of capture."""
    query = select(unit_step).order_by(_S.id)
    if units is not None:
        query = query.where(_S.unit == func.any(literal(list(units), type_=ARRAY(String))))
    if evidence is not None:
        query = query.where(_S.evidence == evidence)
    if evidences is not None:
        query = query.where(_S.evidence == func.any(literal(list(evidences), type_=ARRAY(BYTEA))))
    return [_step(row) for row in session.execute(query)]


def list_before(
    session: Session, units: Sequence[str], number: int, *, moving: bool = False, newest: bool = False
) -> dict[str, UnitStep]:
    """The last step of each unit before a place in the order that still counts and was no recall or lift; a unit
    without one is absent.

    `moving`: the last that named the unit; `newest`: the one that was told to have happened last.
    """
    query = (
        select(unit_step)
        .where(_S.unit == func.any(literal(list(units), type_=ARRAY(String))), _S.id < number, _COUNTS)
        .where(_MOVES, _S.inside.is_(False) if moving else true())
        .order_by(_S.unit, *([_S.at.desc()] if newest else []), _S.id.desc())
        .ext(distinct_on(_S.unit))
    )
    return {each.unit: each for each in map(_step, session.execute(query))}


def list_packages(session: Session, units: Collection[str]) -> dict[str, str]:
    """What each unit was packed in last, by captures that count; one that never lay in anything is absent."""
    query = (
        select(_S.unit, _S.parent)
        .where(_S.unit == func.any(literal(list(units), type_=ARRAY(String))), _S.parent.is_not(None), _COUNTS)
        .order_by(_S.unit, _S.id.desc())
        .ext(distinct_on(_S.unit))
    )
    return {row.unit: row.parent for row in session.execute(query)}


def find_after(session: Session, units: Sequence[str], number: int, own: bytes) -> UnitStep | None:
    """The first step that moved any of these units after a place in the order, by another capture that still counts."""
    query = (
        select(unit_step)
        .where(
            _S.unit == func.any(literal(list(units), type_=ARRAY(String))),
            _S.id > number,
            _S.evidence != own,
            _COUNTS,
            _MOVES,
        )
        .order_by(_S.id)
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return _step(row) if row else None
