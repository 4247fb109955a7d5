"""SQL of orders. Every number that others race for is changed by a conditional UPDATE, never after a look."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.tables.orders import allocation, command, order_line, sales_order, timeline
from backend.orders.rules import Allocation, Line, Order
from backend.orders.timeline import Happening, HappeningKind


def add_command(
    session: Session, id: UUID, kind: str, order: UUID, actor: str, payload_hash: bytes, at: datetime
) -> bytes | None:
    """Claim a command id; None when it is fresh, else the hash of the payload it was used with.

    A second claim of the same id waits until the first has committed or failed.
    """
    statement = upsert(command).values(id=id, kind=kind, order=order, actor=actor, payload_hash=payload_hash, at=at)
    if session.execute(statement.on_conflict_do_nothing().returning(command.c.id)).first():
        return None
    return bytes(session.execute(select(command.c.payload_hash).where(command.c.id == id)).scalar_one())


def add_order(session: Session, order: Order) -> None:
    """Store a new order and its lines."""
    session.execute(
        insert(sales_order).values(
            id=order.id,
            buyer=order.buyer,
            seller=order.seller,
            location=order.location,
            placed_by=order.placed_by,
            placed_at=order.placed_at,
            submitted_at=order.submitted_at,
        )
    )
    rows = [
        {"order": order.id, "gtin": line.gtin, "bottles": line.bottles, "price_fen": line.price_fen}
        for line in order.lines
    ]
    session.execute(insert(order_line), rows)


def _orders(session: Session, rows: Sequence[Row[tuple[object, ...]]]) -> list[Order]:
    ids = [row.id for row in rows]
    lines: dict[UUID, list[Line]] = {id: [] for id in ids}
    for r in session.execute(select(order_line).where(order_line.c.order.in_(ids)).order_by(order_line.c.gtin)):
        lines[r.order].append(
            Line(r.gtin, r.bottles, r.price_fen, r.allocated, r.dispatched, r.received, r.returned, r.lost)
        )
    promised: dict[UUID, list[Allocation]] = {id: [] for id in ids}
    query = select(allocation).where(allocation.c.order.in_(ids)).order_by(allocation.c.gtin, allocation.c.batch)
    for r in session.execute(query):
        promised[r.order].append(Allocation(r.gtin, r.batch, r.bottles, r.dispatched))
    return [
        Order(
            r.id,
            r.buyer,
            r.seller,
            r.location,
            r.placed_by,
            r.placed_at,
            r.submitted_at,
            r.approved_at,
            r.cancelled_at,
            tuple(lines[r.id]),
            tuple(promised[r.id]),
        )
        for r in rows
    ]


def find_order(session: Session, id: UUID, *, lock: bool = False) -> Order | None:
    """The order with this id; `lock` keeps others from changing it until the transaction ends."""
    query = select(sales_order).where(sales_order.c.id == id)
    rows = session.execute(query.with_for_update() if lock else query).all()
    return next(iter(_orders(session, rows)), None)


def list_orders(
    session: Session,
    *,
    side: str | None = None,
    seller: str | None = None,
    states: Collection[str] | None = None,
    ids: Collection[UUID] | None = None,
    limit: int | None = None,
) -> list[Order]:
    """Orders, the newest first: those a party buys or sells, those it sells, those in some states, some by id."""
    o = sales_order.c
    query = select(sales_order).order_by(o.placed_at.desc(), o.id)
    if side is not None:
        query = query.where(or_(o.buyer == side, o.seller == side))
    if seller is not None:
        query = query.where(o.seller == seller)
    if states is not None:
        query = query.where(o.state.in_(states))
    if ids is not None:
        query = query.where(o.id.in_(ids))
    if limit is not None:
        query = query.limit(limit)
    return _orders(session, session.execute(query).all())


def set_moment(session: Session, id: UUID, name: str, at: datetime) -> None:
    """Note when an order was submitted, approved or cancelled."""
    session.execute(update(sales_order).where(sales_order.c.id == id).values({name: at}))


def add_allocation(session: Session, order: UUID, gtin: str, batch: str, bottles: int) -> None:
    """Promise bottles of a batch to a line."""
    session.execute(insert(allocation).values(order=order, gtin=gtin, batch=batch, bottles=bottles))
    move_line(session, order, gtin, allocated=bottles)


def drop_allocations(session: Session, order: UUID) -> None:
    """Take an order's promises back; only for one of which nothing has left."""
    session.execute(allocation.delete().where(allocation.c.order == order, allocation.c.dispatched == 0))
    session.execute(update(order_line).where(order_line.c.order == order).values(allocated=0))


def take_allocation(session: Session, order: UUID, gtin: str, batch: str, bottles: int) -> bool:
    """Let promised bottles leave; False when fewer are promised."""
    c = allocation.c
    done = session.execute(
        update(allocation)
        .where(c.order == order, c.gtin == gtin, c.batch == batch, c.bottles - c.dispatched >= bottles)
        .values(dispatched=c.dispatched + bottles)
        .returning(c.dispatched)
    )
    return done.first() is not None


def give_allocation(session: Session, order: UUID, gtin: str, batch: str, bottles: int) -> None:
    """What left is promised again, since it did not leave."""
    c = allocation.c
    session.execute(
        update(allocation)
        .where(c.order == order, c.gtin == gtin, c.batch == batch)
        .values(dispatched=c.dispatched - bottles)
    )


def move_line(session: Session, order: UUID, gtin: str, **more: int) -> None:
    """Add to the quantities of a line."""
    session.execute(
        update(order_line)
        .where(order_line.c.order == order, order_line.c.gtin == gtin)
        .values({name: order_line.c[name] + bottles for name, bottles in more.items()})
    )


def add_happening(session: Session, order: UUID, said: Happening) -> None:
    """Append to an order's timeline."""
    session.execute(insert(timeline).values(order=order, **said.__dict__))


def list_happenings(session: Session, order: UUID) -> list[Happening]:
    """An order's timeline, the oldest first."""
    t = timeline.c
    query = select(t.kind, t.at, t.actor, t.evidence, t.details).where(t.order == order).order_by(t.at, t.id)
    return [Happening(HappeningKind(kind), *rest) for kind, *rest in session.execute(query)]
