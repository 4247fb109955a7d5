"""Use cases of unit custody: each lets one capture move the units it names, all or none of them.

Whoever calls has locked what is concerned (`backend.custody.locking`): nobody else moves a unit of it meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.units import refusals as no
from backend.units import rules, rules_packing, store, store_contents, store_corrections, store_rebuilt, store_steps
from backend.units.rules import Asked, Kind, Record, State, Unit
from scanner.device.event_values import Packing
from scanner.device.events import item_uri

list_trees = store.list_trees
sums = store_contents.sums
list_held = store.list_held
list_under_way = store.list_under_way
list_steps = store_steps.list_steps
list_packages = store_steps.list_packages
add_opening = store_contents.add_opening
declared = store_corrections.declared
stands = store_corrections.stands
counts = store_corrections.counts
find_declaration = store_corrections.find
list_errors = store_corrections.errors
add_correction = store_corrections.add
take_unnamed = store_contents.take_unnamed
REBUILT = store_rebuilt.TABLES
HIDDEN_IN_REBUILDING = store_rebuilt.HIDDEN


is_serialised = store.has_units
"""Whether goods of a batch move by their codes: from the moment they are commissioned, as the record has it."""


def wants_codes(session: Session, gtin: str, batch: str) -> bool:
    """Whether goods of a batch should have codes: their product says so, or a code run was made for them.

    That is the catalogue's word of today: asked when a capture is taken, never when it is played again.
    """
    return catalog.moves_by_codes(session, gtin, batch)


def batches_by_unit(session: Session, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """GTIN and batch of each unit that anybody knows; empty texts for a case in which lie several."""
    record = store.load(session, keys)
    found = {key: record.find(key) for key in keys}
    return {
        key: (unit.gtin or "", unit.batch or "") for key, unit in found.items() if unit and unit.state != State.VOID
    }


def ship(session: Session, asked: Asked, keys: Sequence[str], *, way_back: bool) -> None:
    """Units leave; what is named goes with all that lies in it. `way_back`: recalled bottles may go this way.

    Raises:
        UnitsMissing, UnitUnknown, OtherBatch, NamedTwice, NotHolder, OnTheWay, Gone, Opened, SumDiffers,
        BeforeLastStep, UnitRecalled.
    """
    record = _held(session, asked, keys)
    _check_recalled(session, asked, keys, way_back=way_back)
    _move(session, asked, record, keys, holder=asked.party, state=State.IN_TRANSIT, consignment=asked.evidence)


def arrive(
    session: Session, asked: Asked, keys: Sequence[str], consignment: bytes, *, keeper: str, open: int, way_back: bool
) -> None:
    """Units of a consignment come to a keeper: received, returned to the sender, or written off on the way.

    None named: all that is open, when the quantity is all that is open.

    Raises:
        PartUnnamed, NotInConsignment, SumDiffers, BeforeLastStep, and what `ship` raises of the names.
    """
    if not keys:
        if asked.quantity != open:
            raise no.PartUnnamed(consignment=consignment.hex(), open=open, asked=asked.quantity)
        keys = [each.unit for each in store.list_under_way(session, consignment)]
    record = _named(session, asked, keys)
    rules.check_under_way(record, keys, consignment)
    rules.check_sum(record, keys, asked)
    rules.check_time(record, keys, asked)
    _check_recalled(session, asked, keys, way_back=way_back)
    state = State.LOST if asked.kind is Kind.WRITE_OFF else State.HELD
    _move(session, asked, record, keys, holder=keeper, state=state)


def part_with(session: Session, asked: Asked, keys: Sequence[str], *, way_back: bool, till: bool = False) -> None:
    """Units are sold, written off or used up by who holds them. With a `till` a sum may be sold unnamed.

    Raises:
        RecalledAmongThem: more is sold unnamed than is held beside recalled bottles; and as `ship`.
    """
    if not keys and till and asked.kind is Kind.SELL:
        _check_beside_recalled(session, asked)
        store_contents.add_unnamed(session, asked.gtin, asked.batch, asked.party, asked.quantity)
        return
    record = _held(session, asked, keys)
    _check_recalled(session, asked, keys, way_back=way_back)
    state = {Kind.SELL: State.SOLD, Kind.CONSUME: State.CONSUMED}.get(asked.kind, State.LOST)
    _move(session, asked, record, keys, holder=asked.party, state=state)


def pack(session: Session, asked: Asked, packing: Packing) -> None:
    """Children come into a case that the actor holds, or leave it; a case nobody knows is born by packing into it.

    Raises:
        NothingInside, NotAPackage, IntoItself, AlreadyPacked, PackedTooDeep, NotInside, UnitUnknown, NotHolder,
        OnTheWay, Gone, Opened, BeforeLastStep, CodesNotInForce.
    """
    parent = packing.parent.key
    children = [each.key for each in packing.children]
    if packing.action == "DELETE" and not children:
        children = store.list_inside(session, parent)
    if not children:
        raise no.NothingInside(field="childEPCs", parent=parent)
    adds = packing.action == "ADD"
    record = store.load(session, [parent, *children], within=children if adds else ())
    if adds:
        rules_packing.check_packing(record, parent, children, asked.party)
        rules_packing.check_depth(record, parent, store.levels(session, children))
        if parent not in record:
            _check_free(session, parent)
    else:
        rules_packing.check_unpacking(record, parent, children, asked.party)
    rules.check_time(record, [key for key in (parent, *children) if key in record], asked)
    if adds:
        _pack(session, asked, record, parent, children)
    else:
        _unpack(session, asked, record, parent, children)


def _check_free(session: Session, parent: str) -> None:
    """Whether a case may be born by packing: nobody takes a number that a code run has for its own cases."""
    found = catalog.find_numbered(session, parent.rpartition("/")[2])
    if found is not None:
        raise no.CodesNotInForce(unit=parent, gtin=found[0], batch=found[1])


def recall(session: Session, asked: Asked, keys: Sequence[str]) -> None:
    """Stop the bottles under the named units, wherever they are.

    Raises:
        UnitUnknown, OtherBatch, NamedTwice, SumDiffers, UnitRecalled.
    """
    record = _named(session, asked, keys)
    rules.check_sum(record, keys, asked)
    bottles = store.list_bottles(session, keys)
    for each in bottles:
        if each.recalled is not None:
            raise no.UnitRecalled(unit=each.unit, against=each.recalled.hex())
    _set_recalled(session, asked, bottles, asked.evidence)


def lift(session: Session, asked: Asked, recalled: bytes) -> None:
    """Free the bottles that one recall stopped, wherever they are now and whatever they are packed in."""
    _set_recalled(session, asked, store.list_recalled_by(session, recalled), None)


def _set_recalled(session: Session, asked: Asked, bottles: Sequence[Unit], by: bytes | None) -> None:
    store.set_recalled(session, [each.unit for each in bottles], by)
    store_steps.add_steps(session, asked, [(asked.kind, replace(each, recalled=by)) for each in bottles])


def _named(session: Session, asked: Asked, keys: Sequence[str], *, within: Sequence[str] = ()) -> Record:
    if not keys:
        raise no.UnitsMissing(gtin=asked.gtin, batch=asked.batch, asked=asked.quantity)
    record = store.load(session, keys, within=within)
    rules.check_known(record, keys, asked)
    rules.check_once(record, keys)
    return record


def _held(session: Session, asked: Asked, keys: Sequence[str]) -> Record:
    record = _named(session, asked, keys, within=keys)
    rules.check_held(record, keys, asked.party)
    rules.check_sum(record, keys, asked)
    rules.check_time(record, keys, asked)
    return record


def _check_recalled(session: Session, asked: Asked, keys: Collection[str], *, way_back: bool) -> None:
    stopped = [] if way_back else store.list_recalled(session, asked.gtin, asked.batch)
    if not stopped:
        return
    record, named = store.load(session, stopped), set(keys)
    for key in stopped:
        inside = next((each.unit for each in record.line(key) if each.unit in named), None)
        if inside is not None:
            by = record[key].recalled
            raise no.UnitRecalled(unit=key, inside=inside, against=by and by.hex())


def _check_beside_recalled(session: Session, asked: Asked) -> None:
    """A sum can only be of bottles that are not recalled: those stay, whoever knows them by name."""
    stopped = store.list_recalled(session, asked.gtin, asked.batch)
    record = store.load(session, stopped)
    outer = [record.outermost(key) for key in stopped]
    recalled = sum(each.state is State.HELD and each.holder == asked.party for each in outer)
    if not recalled:
        return
    here = (asked.gtin, asked.batch, asked.party, State.HELD)
    held = sum(n for *of, n in store_contents.sums(session, asked.gtin, asked.batch) if tuple(of) == here)
    if asked.quantity > held - recalled:
        raise no.RecalledAmongThem(
            gtin=asked.gtin,
            batch=asked.batch,
            party=asked.party,
            held=held,
            recalled=recalled,
            left=max(held - recalled, 0),
            asked=asked.quantity,
        )


def _move(
    session: Session,
    asked: Asked,
    record: Record,
    keys: Sequence[str],
    *,
    holder: str,
    state: State,
    consignment: bytes | None = None,
) -> None:
    outside, leaving = rules_packing.take_out(record, keys)
    moved = [asked.stamp(replace(each, holder=holder, state=state, consignment=consignment)) for each in outside]
    store.move(session, keys, moved[0])
    _lighten(session, asked, record, leaving)
    store_steps.add_steps(session, asked, [(asked.kind, each) for each in moved])


def _lighten(session: Session, asked: Asked, record: Record, leaving: dict[str, int], named: str | None = None) -> None:
    """Bottles leave what they were packed in; those steps of the packages, of which the capture `named` one or none."""
    if not leaving:
        return
    store_contents.add_bottles(session, {key: -n for key, n in leaving.items()}, asked.evidence, asked.at)
    around = [record[key] for key in sorted(leaving, key=lambda key: -len(record.line(key)))]
    store_contents.name_contents(session, [each.unit for each in around if each.gtin is None])
    lighter = [(Kind.UNPACK, replace(each, bottles=each.bottles - leaving[each.unit])) for each in around]
    store_steps.add_steps(session, asked, [each for each in lighter if each[1].unit == named])
    store_steps.add_steps(session, asked, [each for each in lighter if each[1].unit != named], inside=True)


def _pack(session: Session, asked: Asked, record: Record, parent: str, children: Sequence[str]) -> None:
    bottles = sum(record[key].bottles for key in children)
    if parent in record:
        around = record.line(parent)
    else:
        stamp = (asked.evidence, asked.at, asked.at, asked.evidence)
        born = Unit(parent, None, None, 0, None, asked.party, State.HELD, None, None, *stamp)
        store.write(session, [born])
        around = [born]
    inside = [asked.stamp(replace(record[key], parent=parent)) for key in children]
    store.write(session, [asked.stamp(around[0]), *inside])
    store_contents.add_bottles(session, {each.unit: bottles for each in around}, asked.evidence, asked.at)
    store_contents.name_contents(session, [each.unit for each in around])
    package, *outer = [(Kind.PACK, replace(each, bottles=each.bottles + bottles)) for each in around]
    store_steps.add_steps(session, asked, [package])
    store_steps.add_steps(session, asked, outer, inside=True)
    store_steps.add_steps(session, asked, [(Kind.PACK, each) for each in inside])


def _unpack(session: Session, asked: Asked, record: Record, parent: str, children: Sequence[str]) -> None:
    outside, leaving = rules_packing.take_out(record, children)
    outside = [asked.stamp(each) for each in outside]
    store.write(session, [asked.stamp(record[parent]), *outside])
    _lighten(session, asked, record, leaving, named=parent)
    store_steps.add_steps(session, asked, [(Kind.UNPACK, each) for each in outside])


def open_bottle(session: Session, gtin: str, serial: str, *, now: datetime) -> bool:
    """Note that a consumer opened a bottle: it cannot move any more. False when it was opened before."""
    return store_contents.add_opening(session, item_uri(gtin, serial), now)
