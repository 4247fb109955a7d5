"""SQL of consignments: shipments under way, and what of them arrived, went back or was lost."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Protocol

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.custody.rules import Consignment, How, Movement
from backend.custody.store import _C
from backend.db.prepared import Prepared, PreparedQuery
from backend.db.tables.custody import consignment, movement
from backend.units import service as units
from scanner.device.capture import Step

NOT_WHOLE = _C.shipped > _C.received
"""Where something is open, went back or was lost: those have an index of their own."""
IS_OPEN = and_(NOT_WHOLE, _C.shipped > _C.received + _C.returned + _C.lost)


class ConsignmentRow(Protocol):
    """A row of the consignments."""

    evidence: bytes
    gtin: str
    batch: str
    sender: str
    addressee: str
    ref: bytes | None
    shipped: int
    received: int
    returned: int
    lost: int
    shipped_at: datetime


_CONSIGNMENT: PreparedQuery[ConsignmentRow] = PreparedQuery(
    select(consignment).where(_C.evidence == bindparam("key_evidence"))
)


_OPEN = Prepared(
    insert(consignment),
    ["evidence", "gtin", "batch", "sender", "addressee", "ref", "shipped", "shipped_at"],
)


@cache
def _close(how: How) -> Prepared:
    quantity, under_way = bindparam("quantity", type_=BigInteger), _C.shipped - _C.received - _C.returned - _C.lost
    closed = update(consignment).where(_C.evidence == bindparam("key_evidence"), under_way >= quantity)
    return Prepared(closed.values({_C[how]: _C[how] + quantity}))


def open_consignment(session: Session, movement: Movement, addressee: str) -> None:
    """Put a shipment under way."""
    _OPEN.run(
        session,
        {
            "evidence": movement.evidence,
            "gtin": movement.batch.gtin,
            "batch": movement.batch.batch,
            "sender": movement.party,
            "addressee": addressee,
            "ref": movement.ref,
            "shipped": movement.quantity,
            "shipped_at": movement.at,
        },
    )


def close(session: Session, evidence: bytes, how: How, quantity: int) -> bool:
    """Take a quantity out of a consignment (`received`, `returned` or `lost`); False when less is under way."""
    return _close(how).run(session, {"key_evidence": evidence, "quantity": quantity}) > 0


def unopen(session: Session, evidence: bytes) -> bool:
    """Take a shipment back; False when something of it has moved since."""
    c = consignment.c
    done = session.execute(
        delete(consignment).where(c.evidence == evidence, c.received + c.returned + c.lost == 0).returning(c.evidence)
    )
    return done.one_or_none() is not None


def reopen(session: Session, evidence: bytes, how: How, quantity: int) -> None:
    """Put a quantity back under way in a consignment."""
    column = consignment.c[how]
    session.execute(update(consignment).where(consignment.c.evidence == evidence).values({how: column - quantity}))


def consignment_of(r: ConsignmentRow) -> Consignment:
    """The consignment of a row."""
    return Consignment(
        r.evidence,
        BatchKey(r.gtin, r.batch),
        r.sender,
        r.addressee,
        r.ref,
        r.shipped,
        r.received,
        r.returned,
        r.lost,
        r.shipped_at,
    )


def find_consignment(session: Session, evidence: bytes) -> Consignment | None:
    """The consignment that the shipment with this evidence opened."""
    row = _CONSIGNMENT.one(session, {"key_evidence": evidence})
    return consignment_of(row) if row else None


def list_doubtful(
    session: Session,
    *,
    party: str | None = None,
    gtin: str | None = None,
    evidences: Collection[bytes] | None = None,
) -> list[Consignment]:
    """Consignments of which something went back or was lost, or whose receipt was declared an error while something of
    them is open again: those that a party sent, then those to it; or of a product, or some; by the time of shipping."""
    c, m = consignment.c, movement.c
    voided = select(m.evidence).where(m.ref == c.evidence, m.step == int(Step.RECEIVE), ~units.stands(m.evidence))
    again_open = and_(IS_OPEN, voided.exists())
    query = select(consignment).where(NOT_WHOLE, or_(c.returned > 0, c.lost > 0, again_open))
    if gtin is not None:
        query = query.where(c.gtin == gtin)
    if evidences is not None:
        query = query.where(c.evidence.in_(evidences))
    if party is not None:
        query = query.where(or_(c.sender == party, c.addressee == party)).order_by(c.addressee == party)
    return [consignment_of(row) for row in session.execute(query.order_by(c.shipped_at, c.evidence))]


def list_consignments(
    session: Session,
    *,
    to: str | None = None,
    frm: str | None = None,
    open: bool | None = None,
    gtin: str | None = None,
    batch: str | None = None,
    evidences: Collection[bytes] | None = None,
) -> list[Consignment]:
    """Consignments by the time of shipping; `open` asks for those with something, or nothing, still under way."""
    c = consignment.c
    query = select(consignment).order_by(c.shipped_at, c.evidence)
    for column, value in ((c.addressee, to), (c.sender, frm), (c.gtin, gtin), (c.batch, batch)):
        if value is not None:
            query = query.where(column == value)
    if evidences is not None:
        query = query.where(c.evidence.in_(evidences))
    if open is not None:
        query = query.where(IS_OPEN if open else ~IS_OPEN)
    return [consignment_of(row) for row in session.execute(query)]
