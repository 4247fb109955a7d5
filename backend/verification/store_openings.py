"""SQL of openings: at most one a bottle, and how many wrong codes were tried at each."""

from datetime import datetime

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.catalog.rules import Unit
from backend.db.tables.verification import opening, wrong_code
from backend.verification.openings import Opening
from backend.verification.rules import Visitor, phone_hash


def add_opening(session: Session, unit: Unit, visitor: Visitor, at: datetime, evidence: bytes) -> bool:
    """Keep an opening; False when the bottle has one. Of two at once the second waits for the first to be decided."""
    row = session.execute(
        insert(opening)
        .values(
            gtin=unit.gtin,
            serial=unit.serial,
            batch=unit.batch,
            opened_at=at,
            adcode=visitor.adcode,
            phone_hash=phone_hash(visitor.phone, unit.gtin, unit.serial),
            request_id=visitor.request_id,
            evidence=evidence,
        )
        .on_conflict_do_nothing(index_elements=[opening.c.gtin, opening.c.serial])
        .returning(opening.c.serial)
    ).one_or_none()
    return row is not None


def find_opening(session: Session, unit: Unit, visitor: Visitor) -> tuple[Opening, bool] | None:
    """A bottle's opening, and whether this phone or this very form made it."""
    query = select(opening).where(opening.c.gtin == unit.gtin, opening.c.serial == unit.serial)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    same_form = visitor.request_id is not None and visitor.request_id == row.request_id
    return _opening(row), same_form or row.phone_hash == phone_hash(visitor.phone, unit.gtin, unit.serial)


def list_openings(session: Session, since: datetime, until: datetime) -> list[Opening]:
    """Openings in [since, until) by time."""
    query = (
        select(opening)
        .where(opening.c.opened_at >= since, opening.c.opened_at < until)
        .order_by(opening.c.opened_at, opening.c.gtin, opening.c.serial)
    )
    return [_opening(row) for row in session.execute(query)]


def _opening(row: Row[tuple[object, ...]]) -> Opening:
    return Opening(row.opened_at, row.gtin, row.batch, row.serial, row.adcode, row.evidence)


def add_wrong_code(session: Session, unit: Unit, at: datetime) -> int:
    """Count a wrong code at a bottle; how many there were in this hour with it."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    once_more = (
        insert(wrong_code)
        .values(gtin=unit.gtin, serial=unit.serial, hour=hour, tries=1)
        .on_conflict_do_update(
            index_elements=[wrong_code.c.gtin, wrong_code.c.serial, wrong_code.c.hour],
            set_={"tries": wrong_code.c.tries + 1},
        )
        .returning(wrong_code.c.tries)
    )
    return int(session.execute(once_more).scalar_one())


def count_wrong_codes(session: Session, unit: Unit) -> int:
    """How many wrong codes were ever tried at a bottle."""
    query = select(func.coalesce(func.sum(wrong_code.c.tries), 0))
    query = query.where(wrong_code.c.gtin == unit.gtin, wrong_code.c.serial == unit.serial)
    return int(session.execute(query).scalar_one())


def forget_phones_before(session: Session, moment: datetime) -> None:
    """Keep openings older than a moment without what tells the phone that made them."""
    session.execute(
        update(opening)
        .where(opening.c.opened_at < moment, opening.c.phone_hash.is_not(None))
        .values(phone_hash=None, request_id=None)
    )
