"""SQL of corrections: which captures were declared errors, and by which declaration."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.tables.units import correction
from backend.units.rules_deliveries import DeclaredError

_C = correction.c


def add(
    session: Session, voided: bytes, declaration: bytes, party: str, corrective: Sequence[str], at: datetime
) -> bool:
    """Append that a capture was declared an error; False when it was before."""
    fresh = upsert(correction).values(
        voided=voided, declaration=declaration, party=party, corrective=list(corrective), at=at
    )
    return session.execute(fresh.on_conflict_do_nothing().returning(_C.voided)).one_or_none() is not None


def find(session: Session, voided: bytes) -> bytes | None:
    """The declaration that a capture did not occur, or None while it counts."""
    return session.execute(select(_C.declaration).where(_C.voided == voided)).scalar_one_or_none()


def stands(evidence: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Where a capture was not declared an error."""
    return ~select(correction).where(_C.voided == evidence).exists()


def counts(evidence: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Where a capture neither was declared an error nor declares one."""
    return and_(stands(evidence), ~select(correction).where(_C.declaration == evidence).exists())


def declared(session: Session, evidences: Collection[bytes]) -> set[bytes]:
    """Those of the captures that do not count: declared errors, and declarations."""
    if not evidences:
        return set()
    query = select(_C.voided, _C.declaration).where(or_(_C.voided.in_(evidences), _C.declaration.in_(evidences)))
    return {bytes(each) for row in session.execute(query) for each in row} & set(evidences)


def errors(session: Session, evidences: Collection[bytes]) -> dict[bytes, DeclaredError]:
    """Those of the captures that were declared errors, each with its declaration."""
    wanted = _C.voided == func.any(literal(list(evidences), type_=ARRAY(BYTEA)))
    rows = session.execute(select(correction).where(wanted)) if evidences else ()
    return {bytes(row.voided): DeclaredError(bytes(row.declaration), row.party, row.at) for row in rows}
