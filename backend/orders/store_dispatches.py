"""SQL of shipments as orders see them: what left, and what became of it."""

from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Protocol
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from backend.db.prepared import Prepared, PreparedQuery
from backend.db.tables.orders import dispatch
from backend.orders.rules import Arrived, Dispatch


class DispatchRow(Protocol):
    """A row of the shipments."""

    evidence: bytes
    order: UUID | None
    sender: str
    addressee: str
    gtin: str
    batch: str
    bottles: int
    received: int
    returned: int
    lost: int
    shipped_at: datetime


_DISPATCH = Prepared(insert(dispatch), [each.name for each in fields(Dispatch)])
_BY_EVIDENCE: PreparedQuery[DispatchRow] = PreparedQuery(
    select(dispatch).where(dispatch.c.evidence == bindparam("key_evidence"))
)


@cache
def _moved(how: Arrived) -> Prepared:
    column, more = dispatch.c[how], bindparam("more", type_=BigInteger)
    return Prepared(
        update(dispatch).where(dispatch.c.evidence == bindparam("key_evidence")).values({how: column + more})
    )


def add_dispatch(session: Session, value: Dispatch) -> None:
    """Note a shipment."""
    _DISPATCH.run(session, value.__dict__)


def delete_dispatch(session: Session, evidence: bytes) -> None:
    """Forget a shipment that did not occur."""
    session.execute(delete(dispatch).where(dispatch.c.evidence == evidence))


def find_dispatch(session: Session, evidence: bytes) -> Dispatch | None:
    """The shipment with this evidence."""
    row = _BY_EVIDENCE.one(session, {"key_evidence": evidence})
    return _dispatch(row) if row else None


def _dispatch(row: DispatchRow) -> Dispatch:
    return Dispatch(
        row.evidence, row.order, row.sender, row.addressee, row.gtin, row.batch, row.bottles, row.received,
        row.returned, row.lost, row.shipped_at,
    )  # fmt: skip


def move_dispatch(session: Session, evidence: bytes, how: Arrived, bottles: int) -> None:
    """Add to what of a shipment was received, returned or lost; CHECK keeps it within what was shipped."""
    _moved(how).run(session, {"key_evidence": evidence, "more": bottles})


def list_dispatches(
    session: Session, *, order: UUID | None = None, sender: str | None = None, unordered: bool = False
) -> list[Dispatch]:
    """Shipments, the newest first: of an order, of a party, those nobody ordered."""
    query = select(dispatch).order_by(dispatch.c.shipped_at.desc(), dispatch.c.evidence)
    if order is not None:
        query = query.where(dispatch.c.order == order)
    if sender is not None:
        query = query.where(dispatch.c.sender == sender)
    if unordered:
        query = query.where(dispatch.c.order.is_(None))
    return [_dispatch(row) for row in session.execute(query)]
