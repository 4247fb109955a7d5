"""Who answers for a unit: read off its steps and the deliveries that its senders told of. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from backend.units.rules import Kind, State
from backend.units.rules_deliveries import Answer, Delivery
from backend.units.store_steps import UnitStep

_CLOSING = frozenset({Kind.RECEIVE, Kind.RETURN, Kind.WRITE_OFF})


def answers(way: Sequence[UnitStep], told: Mapping[bytes, Delivery]) -> list[Answer]:
    """Everybody who answered for a unit since it was first handed over, in order.

    `way` are its steps, `told` the deliveries of it that stand, by consignment. Whoever signs after a delivery was told
    answers from the day of the delivery: he says himself that he got it.
    """
    found: list[Answer] = []
    delivery: Delivery | None = None
    shipped: datetime | None = None
    for step in way:
        if step.kind is Kind.SHIP:
            delivery, shipped = told.get(step.evidence), step.taken_at
        elif step.kind in _CLOSING:
            found += _closed(step, delivery, shipped)
            delivery = None
    return [*found, *_unsigned(delivery, shipped)]


def _closed(step: UnitStep, delivery: Delivery | None, shipped: datetime | None) -> Iterable[Answer]:
    if step.kind is Kind.RECEIVE:
        since = step.taken_at if delivery is None else min(step.taken_at, _since(delivery, shipped))
        yield Answer(step.holder, since, step.evidence)
    elif delivery is not None:
        yield from _unsigned(delivery, shipped)
        yield Answer(step.holder, step.taken_at, step.evidence, back=True)


def _unsigned(delivery: Delivery | None, shipped: datetime | None) -> Iterable[Answer]:
    if delivery is not None:
        yield Answer(delivery.addressee, _since(delivery, shipped), delivery.evidence, delivery)


def _since(delivery: Delivery, shipped: datetime | None) -> datetime:
    """Never before the shipment itself was taken, whatever times were told."""
    return max(delivery.since, shipped or delivery.since)


def unsigned(way: Sequence[UnitStep], told: Mapping[bytes, Delivery]) -> Delivery | None:
    """The delivery of a unit that its addressee has not signed for: it is on its way by the record of units."""
    last = way[-1] if way else None
    if last is None or last.state is not State.IN_TRANSIT or last.consignment is None:
        return None
    return told.get(last.consignment)
