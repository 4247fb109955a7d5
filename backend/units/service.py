"""Use cases of unit custody: each lets one capture move the units it names, all or none of them.

Whoever calls has locked the batches concerned (`batches_of`), so that nobody else moves a unit of them meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.catalog.rules import CodeRunRecord
from backend.units import refusals as no
from backend.units import rules, store, store_corrections, store_steps
from backend.units.rules import Asked, Kind, Record, State, Unit
from scanner.device.events import case_uri, item_uri
from scanner.device.reading import Packing

batches_of = store.batches_of
sums = store.sums
list_held = store.list_held
list_under_way = store.list_under_way
list_steps = store_steps.list_steps
list_packages = store_steps.list_packages
add_opening = store.add_opening
declared = store_corrections.declared
find_declaration = store_corrections.find
add_correction = store_corrections.add
take_unnamed = store.take_unnamed


def is_serialised(session: Session, gtin: str, batch: str) -> bool:
    """Whether goods of a batch move by their codes: their product says so, or a code run was made for them."""
    return catalog.moves_by_codes(session, gtin, batch)


def batches_by_unit(session: Session, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """GTIN and batch of each unit that anybody knows; empty texts for a case in which lie several."""
    record = store.load(session, keys)
    found = {key: record.find(key) for key in keys}
    return {
        key: (unit.gtin or "", unit.batch or "") for key, unit in found.items() if unit and unit.state != State.VOID
    }


def commission(session: Session, asked: Asked, root: bytes, *, born: int) -> None:
    """Bring the codes of a batch into force, all at who bottled it.

    Raises:
        CodesDiffer, MoreCodesThanBottles, CodeKnown: see there. A batch without a code run has no units.
    """
    run = catalog.find_code_run(session, asked.gtin, asked.batch)
    if run is None:
        if is_serialised(session, asked.gtin, asked.batch):
            raise no.CodesDiffer(gtin=asked.gtin, batch=asked.batch, commissioned=root.hex())
        return
    if run.root != root:
        raise no.CodesDiffer(gtin=asked.gtin, batch=asked.batch, run=run.root.hex(), commissioned=root.hex())
    if run.count > born:
        raise no.MoreCodesThanBottles(gtin=asked.gtin, batch=asked.batch, codes=run.count, bottles=born)
    _enter(session, asked, run)


def _enter(session: Session, asked: Asked, run: CodeRunRecord) -> None:
    rest = (asked.party, asked.evidence, asked.at)
    cases = [(case_uri(c.sscc), run.gtin, run.batch, c.bottles, None, *rest) for c in catalog.list_cases(session, run)]
    bottles = [
        (item_uri(u.gtin, u.serial), u.gtin, u.batch, 1, case_uri(u.sscc), *rest)
        for u in catalog.list_units(session, run)
    ]
    taken = store.known(session, [row[0] for row in (*cases, *bottles)])
    if taken is not None:
        raise no.CodeKnown(unit=taken, gtin=run.gtin, batch=run.batch)
    store.commission(session, bottles, cases)
    store_steps.add_run_steps(session, asked)


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
        as `ship`.
    """
    if not keys and till and asked.kind is Kind.SELL:
        store.add_unnamed(session, asked.gtin, asked.batch, asked.party, asked.quantity)
        return
    record = _held(session, asked, keys)
    _check_recalled(session, asked, keys, way_back=way_back)
    state = {Kind.SELL: State.SOLD, Kind.CONSUME: State.CONSUMED}.get(asked.kind, State.LOST)
    _move(session, asked, record, keys, holder=asked.party, state=state)


def pack(session: Session, asked: Asked, packing: Packing) -> None:
    """Children come into a case that the actor holds, or leave it; a case nobody knows is born by packing into it.

    Raises:
        NothingInside, NotAPackage, IntoItself, AlreadyPacked, NotInside, UnitUnknown, NotHolder, OnTheWay, Gone,
        Opened, BeforeLastStep, CodesNotInForce.
    """
    parent = packing.parent.key
    children = [each.key for each in packing.children]
    if packing.action == "DELETE" and not children:
        children = store.list_inside(session, parent)
    if not children:
        raise no.NothingInside(field="childEPCs", parent=parent)
    record = store.load(session, [parent, *children])
    if packing.action == "ADD":
        rules.check_packing(record, parent, children, asked.party)
        if parent not in record:
            _check_free(session, parent)
    else:
        rules.check_unpacking(record, parent, children, asked.party)
    rules.check_time(record, [key for key in (parent, *children) if key in record], asked)
    if packing.action == "ADD":
        _pack(session, asked, record, parent, children)
    else:
        _unpack(session, asked, record, parent, children)


def _check_free(session: Session, parent: str) -> None:
    """Whether a case may be born by packing: nobody takes a number that a code run has for its own cases."""
    found = catalog.find_case(session, parent.rpartition("/")[2])
    if found is not None:
        raise no.CodesNotInForce(unit=parent, gtin=found.gtin, batch=found.batch)


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


def _named(session: Session, asked: Asked, keys: Sequence[str]) -> Record:
    if not keys:
        raise no.UnitsMissing(gtin=asked.gtin, batch=asked.batch, asked=asked.quantity)
    record = store.load(session, keys)
    rules.check_known(record, keys, asked)
    rules.check_once(record, keys)
    return record


def _held(session: Session, asked: Asked, keys: Sequence[str]) -> Record:
    record = _named(session, asked, keys)
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
    outside, leaving = rules.take_out(record, keys)
    moved = [asked.stamp(replace(each, holder=holder, state=state, consignment=consignment)) for each in outside]
    store.move(session, keys, moved[0])
    around = _lighten(session, record, leaving)
    store_steps.add_steps(session, asked, [*around, *((asked.kind, each) for each in moved)])


def _lighten(session: Session, record: Record, leaving: dict[str, int]) -> list[tuple[Kind, Unit]]:
    """Bottles leave what they were packed in; those steps of the packages."""
    store.add_bottles(session, {key: -n for key, n in leaving.items()})
    around = [record[key] for key in leaving]
    store.name_contents(session, [each.unit for each in around if each.gtin is None])
    return [(Kind.UNPACK, replace(each, bottles=each.bottles - leaving[each.unit])) for each in around]


def _pack(session: Session, asked: Asked, record: Record, parent: str, children: Sequence[str]) -> None:
    bottles = sum(record[key].bottles for key in children)
    if parent in record:
        around = record.line(parent)
    else:
        born = Unit(parent, None, None, 0, None, asked.party, State.HELD, None, None, asked.evidence, asked.at)
        store.write(session, [born])
        around = [born]
    inside = [asked.stamp(replace(record[key], parent=parent)) for key in children]
    store.write(session, [asked.stamp(around[0]), *inside])
    store.add_bottles(session, {each.unit: bottles for each in around})
    store.name_contents(session, [each.unit for each in around])
    package = asked.stamp(replace(around[0], bottles=around[0].bottles + bottles))
    store_steps.add_steps(session, asked, [(Kind.PACK, package), *((Kind.PACK, each) for each in inside)])


def _unpack(session: Session, asked: Asked, record: Record, parent: str, children: Sequence[str]) -> None:
    outside, leaving = rules.take_out(record, children)
    outside = [asked.stamp(each) for each in outside]
    store.write(session, [asked.stamp(record[parent]), *outside])
    around = _lighten(session, record, leaving)
    store_steps.add_steps(session, asked, [*around, *((Kind.UNPACK, each) for each in outside)])


def open_bottle(session: Session, gtin: str, serial: str, *, now: datetime) -> bool:
    """Note that a consumer opened a bottle: it cannot move any more. False when it was opened before."""
    return store.add_opening(session, item_uri(gtin, serial), now)
