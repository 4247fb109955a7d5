"""What devices capture moves orders on: a shipment uses its allocation up, a receipt brings it home."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted, BatchKey
from backend.custody import service as custody
from backend.orders import rules, store, store_dispatches, store_promises
from backend.orders.order_uri import order_named
from backend.orders.rules import Arrived, Dispatch, Order, OrderState
from backend.orders.timeline import Happening, HappeningKind
from scanner.device.capture import Step

_ENDS: dict[Step, Arrived] = {Step.RECEIVE: "received", Step.RETURN: "returned", Step.WRITE_OFF: "lost"}


def follow(session: Session, accepted: Accepted) -> None:
    """The reaction of orders; stands after custody's, which has moved the goods already.

    Raises:
        OrderUnknown, ShipsForAnother, ShipsToAnother: the shipment and the order it names do not fit.
        OrderNotApproved, OrderCancelled: the order is not one to ship for.
        ShipsMoreThanAllocated: it takes more of the batch than the order was promised.
        ShipsWhatIsPromised: it names no order and takes what others were promised.
    """
    step = accepted.reading.step
    if accepted.reading.voids is not None:
        if step is Step.SHIP:
            _take_back(session, accepted, accepted.reading.voids)
        elif step in _ENDS:
            _end(session, accepted, _ENDS[step], sign=-1)
    elif step is Step.SHIP:
        _dispatch(session, accepted)
    elif step in _ENDS:
        _end(session, accepted, _ENDS[step])


def _dispatch(session: Session, accepted: Accepted) -> None:
    key, addressee = accepted.batch, accepted.reading.receiver
    assert key is not None and addressee is not None  # noqa: PT018  (custody refuses a shipment without them)
    bottles = accepted.capture.quantity
    named = order_named(accepted.reading.documents)
    if named is None:
        _check_unpromised(session, accepted.party, key, bottles)
    else:
        order = _fitting_order(session, named, accepted.party, addressee)
        _use_up(session, order, key, bottles)
        _add_happening(session, named, HappeningKind.DISPATCHED, accepted, key, bottles)
    store_dispatches.add_dispatch(
        session,
        Dispatch(
            accepted.evidence,
            named,
            accepted.party,
            addressee,
            key.gtin,
            key.batch,
            bottles,
            received=0,
            returned=0,
            lost=0,
            shipped_at=accepted.event_time,
        ),
    )


def _fitting_order(session: Session, id: UUID, sender: str, addressee: str) -> Order:
    order = store.find_order(session, id, lock=True)
    if order is None:
        raise rules.OrderUnknown(order=str(id))
    if order.seller != sender:
        raise rules.ShipsForAnother(order=str(id), seller=order.seller, sender=sender)
    if order.buyer != addressee:
        raise rules.ShipsToAnother(order=str(id), buyer=order.buyer, addressee=addressee)
    if order.state is OrderState.CANCELLED:
        raise rules.OrderCancelled(order=str(id))
    return order


def _use_up(session: Session, order: Order, key: BatchKey, bottles: int) -> None:
    if not store.take_allocation(session, order.id, key.gtin, key.batch, bottles):
        left = sum(each.open for each in order.allocations if (each.gtin, each.batch) == (key.gtin, key.batch))
        raise rules.ShipsMoreThanAllocated(
            order=str(order.id), gtin=key.gtin, batch=key.batch, allocated=left, asked=bottles
        )
    store_promises.lock(session, order.seller, key.gtin, [key.batch])
    store_promises.release(session, order.seller, key.gtin, key.batch, bottles)
    store.move_line(session, order.id, key.gtin, dispatched=bottles)


def _check_unpromised(session: Session, sender: str, key: BatchKey, bottles: int) -> None:
    """Custody has taken the bottles out of what is held; what is left must still cover every promise."""
    promised = store_promises.lock(session, sender, key.gtin, [key.batch])[key.batch]
    if not promised:
        return
    left = custody.held(session, sender, key.gtin, key.batch)
    if left < promised:
        raise rules.ShipsWhatIsPromised(
            gtin=key.gtin, batch=key.batch, asked=bottles, available=max(left + bottles - promised, 0)
        )


def _take_back(session: Session, accepted: Accepted, shipment: bytes) -> None:
    """The shipment was declared an error: what it served is open again, and promised as it was."""
    sent = store_dispatches.find_dispatch(session, shipment)
    key = accepted.batch
    if sent is None or key is None:
        return
    store_dispatches.delete_dispatch(session, shipment)
    if sent.order is not None:
        order = store.find_order(session, sent.order, lock=True)
        store.give_allocation(session, sent.order, key.gtin, key.batch, sent.bottles)
        store_promises.lock(session, sent.sender, key.gtin, [key.batch])
        if order is not None and order.state is not OrderState.CANCELLED:
            store_promises.release(session, sent.sender, key.gtin, key.batch, -sent.bottles)
        store.move_line(session, sent.order, key.gtin, dispatched=-sent.bottles)
        _add_happening(session, sent.order, HappeningKind.CORRECTED, accepted, key, sent.bottles)


def _end(session: Session, accepted: Accepted, how: Arrived, *, sign: int = 1) -> None:
    sent = store_dispatches.find_dispatch(session, accepted.capture.ref)
    key = accepted.batch
    if sent is None or key is None:
        return
    bottles = sign * accepted.capture.quantity
    store_dispatches.move_dispatch(session, sent.evidence, how, bottles)
    if sent.order is not None:
        store.find_order(session, sent.order, lock=True)
        store.move_line(session, sent.order, sent.gtin, **{how: bottles})
        kind = HappeningKind(how) if sign > 0 else HappeningKind.CORRECTED
        _add_happening(session, sent.order, kind, accepted, key, abs(bottles))


def _add_happening(
    session: Session, order: UUID, kind: HappeningKind, accepted: Accepted, key: BatchKey, bottles: int
) -> None:
    at: datetime = accepted.event_time
    details = {"gtin": key.gtin, "batch": key.batch, "bottles": bottles}
    store.add_happening(session, order, Happening(kind, at, accepted.party, accepted.evidence, details))
