"""Use cases of deliveries: keep what a sender tells to have arrived, and say who answers for units."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from backend.identity import service as identity
from backend.units import history, rules, rules_answering, store, store_deliveries
from backend.units import refusals as no
from backend.units.rules import Asked, Record
from backend.units.rules_deliveries import Answer, Closing, Delivery, Suspension, still_open

list_standing = store_deliveries.list_standing


def list_unsigned(
    session: Session, consignments: Collection[bytes], closed: Mapping[bytes, Sequence[Closing]] | None = None
) -> list[Delivery]:
    """What consignments are told to have delivered, and nobody signed for, sent back or wrote off since: a line a
    consignment, of the first such delivery, with all such bottles.

    `closed` is what was signed for, sent back or written off of each consignment, also where that was declared an error
    since: of goods without codes it says how much of what was told is still open.
    """
    standing: dict[bytes, list[Delivery]] = {}
    for each in list_standing(session, consignments):
        standing.setdefault(each.consignment, []).append(each)
    counted = store_deliveries.count_open(session, standing) if standing else {}
    found = []
    for consignment, told in standing.items():
        uncounted = [each for each in told if each.evidence not in counted]
        left = counted | still_open(uncounted, (closed or {}).get(consignment, ()))
        open_ones = [each for each in told if left.get(each.evidence)]
        if open_ones:
            found.append(replace(open_ones[0], quantity=sum(left[each.evidence] for each in open_ones)))
    return found


def deliver(session: Session, asked: Asked, told: Delivery, keys: Sequence[str], *, counted: bool) -> None:
    """Keep that units of a consignment were delivered; none named: all that are open and not told of before.

    Nothing moves. `counted`: the event says how many bottles, so they must add up. Whoever calls has locked the batch.

    Raises:
        AlreadyDelivered, UnitUnknown, OtherBatch, NamedTwice, NotInConsignment, SumDiffers, BeforeLastStep,
        UnitRecalled.
    """
    before = store_deliveries.list_told(session, told.consignment)
    if not keys:
        keys = _untold(session, told.consignment, before)
    record = store.load(session, [*keys, *before])
    rules.check_known(record, keys, asked)
    rules.check_once(record, keys)
    rules.check_under_way(record, keys, told.consignment)
    check_untold(record, keys, before, told.consignment)
    if counted:
        rules.check_sum(record, keys, asked)
    rules.check_time(record, keys, asked)
    _check_recalled(session, asked, keys)
    store_deliveries.add(session, replace(told, quantity=sum(record[key].bottles for key in keys)), keys)


def deliver_uncounted(session: Session, told: Delivery, left: int, asked: int | None) -> None:
    """Keep that so many bottles of goods without codes were delivered: those asked for, else all that are left to tell
    of (`count_untold`).

    Raises:
        AlreadyDelivered: fewer are left than that.
    """
    quantity = left if asked is None else asked
    if not 0 < quantity <= left:
        before = list_standing(session, [told.consignment])
        against = before[-1].evidence.hex() if before else None
        raise no.AlreadyDelivered(consignment=told.consignment.hex(), asked=quantity, left=left, against=against)
    store_deliveries.add(session, replace(told, quantity=quantity), ())


def count_untold(session: Session, consignment: bytes, open: int, closed: Sequence[Closing]) -> int:
    """How many of the bottles of a consignment that are still on the way nobody told to be delivered; without codes."""
    return open - sum(still_open(list_standing(session, [consignment]), closed).values())


def list_untold(session: Session, consignment: bytes) -> list[str]:
    """What is on the way and nobody told to be delivered: outermost units, or bottles of those told of in part."""
    told = store_deliveries.list_told(session, consignment)
    record = store.load(session, list(told))
    touched = {each.unit for key in told if key in record for each in record.line(key)}
    outer = [each.unit for each in store.list_under_way(session, consignment)]
    broken = [unit for unit in outer if unit in touched and unit not in told]
    rest = [each.unit for each in store.list_bottles(session, broken) if each.unit not in told]
    return [unit for unit in outer if unit not in touched] + rest


def _untold(session: Session, consignment: bytes, before: dict[str, bytes]) -> list[str]:
    keys = list_untold(session, consignment)
    if not keys:
        against = next(reversed(before.values())).hex() if before else None
        raise no.AlreadyDelivered(consignment=consignment.hex(), against=against)
    return keys


def check_untold(record: Record, keys: Collection[str], before: dict[str, bytes], consignment: bytes) -> None:
    """Neither a unit nor anything in it, or around it, is told twice."""
    named = set(keys)
    for key, evidence in before.items():
        if key in record and any(each.unit in named for each in record.line(key)):
            raise no.AlreadyDelivered(unit=key, consignment=consignment.hex(), against=evidence.hex())


def _check_recalled(session: Session, asked: Asked, keys: Collection[str]) -> None:
    stopped = store.list_recalled(session, asked.gtin, asked.batch)
    record, named = store.load(session, stopped), set(keys)
    for key in stopped:
        inside = next((each.unit for each in record.line(key) if each.unit in named), None)
        if inside is not None:
            by = record[key].recalled
            raise no.UnitRecalled(unit=key, inside=inside, against=by and by.hex())


def answers(session: Session, units: Collection[str]) -> dict[str, list[Answer]]:
    """Everybody who answered for each of many units since it was first handed over, in order; unknown ones are absent.

    A bottle's are those of the cases it lay in at the time too.
    """
    told = store_deliveries.of_units(session, units)
    way = history.told_ways(session, units)
    found = {unit: rules_answering.answers(own, told.get(unit, {}), way.errors) for unit, own in way.ways.items()}
    return _with_suspensions(session, {unit: each for unit, each in found.items() if each})


def _with_suspensions(session: Session, found: dict[str, list[Answer]]) -> dict[str, list[Answer]]:
    """Where somebody who has not signed may not sign meanwhile, his answer says so."""
    silent = {each.gln for own in found.values() for each in own if not each.signed}
    changes = identity.list_standings(session, silent)
    if not changes:
        return found
    off = {gln: rules_answering.suspensions(each) for gln, each in changes.items()}
    return {unit: rules_answering.suspended(own, off) for unit, own in found.items()}


def suspensions_of(session: Session, gln: str) -> list[Suspension]:
    """When a party could not sign."""
    return rules_answering.suspensions(identity.list_standings(session, [gln]).get(gln, []))
