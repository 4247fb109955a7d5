"""What lies in a case counts when the case moves: what was opened, when it was packed, and of which batch it is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.custody import rebuilding
from backend.custody import service as custody
from backend.units import refusals as no
from backend.units import service as units
from backend.units import store
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.events import At, Lot, Parties, case_uri
from scanner.device.reading import DEPTH_MAX
from tests.kit.people import BRAND, DEALER, LIQUOR, SPIRIT, STORE, sscc
from tests.kit.trade import Trade, bottle_of
from tests.kit.units_stage import bottle, case, refused

pytestmark = pytest.mark.integration


def shipped(at: At, quantity: int, to: str, *epcs: str) -> dict[str, Any]:
    return events.ship(at, Lot(LIQUOR, "B1", quantity), Parties(at.place, to), epcs)


def test_an_opened_bottle_does_not_move_inside_its_case_or_pallet(trade: Trade, run: CodeRun) -> None:
    trade.pack(sscc(600), [case(run, 0), case(run, 1)])
    trade.move(12, to=STORE, epcs=[case_uri(sscc(600))])
    units.open_bottle(trade.db, LIQUOR, run.units[7].serial, now=trade.at)
    for quantity, around in ((12, case_uri(sscc(600))), (6, case(run, 1))):
        details = refused(trade, shipped(trade.place(STORE), quantity, DEALER, around), no.Opened, by=STORE)
        assert (details["unit"], details["inside"]) == (bottle(run, 7), around)
    sold = events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 6), [case(run, 1)])
    refused(trade, sold, no.Opened, by=STORE)
    trade.unpack(sscc(600), by=STORE)
    refused(trade, events.pack(trade.place(STORE), sscc(601), [case(run, 1)]), no.Opened, by=STORE)
    trade.unpack(run.cases[1].sscc, [bottle(run, 7)], by=STORE)
    trade.ship(11, by=STORE, to=DEALER, epcs=[case(run, 0), case(run, 1)])


def test_a_case_is_not_told_as_shipped_before_a_bottle_left_it(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    early, trade.at = At(trade.at + timedelta(hours=1), DEALER), trade.at + timedelta(hours=10)
    sold = trade.sell(1, by=DEALER, epcs=[bottle(run, 0)])
    details = refused(trade, shipped(early, 5, STORE, case(run, 0)), no.BeforeLastStep, by=DEALER)
    assert details["against"] == sold.hex()
    trade.submit(shipped(trade.place(DEALER), 5, STORE, case(run, 0)), by=DEALER)


def test_a_pallet_is_not_told_as_shipped_before_its_content_was_packed(trade: Trade, run: CodeRun) -> None:
    trade.pack(sscc(500), [case(run, 0), case(run, 1)])
    trade.unpack(run.cases[2].sscc, [bottle(run, 12)])
    early, trade.at = At(trade.at + timedelta(hours=1), BRAND), trade.at + timedelta(hours=10)
    packed = trade.pack(run.cases[0].sscc, [bottle(run, 12)])
    details = refused(trade, shipped(early, 13, DEALER, case_uri(sscc(500))), no.BeforeLastStep, by=BRAND)
    assert details["against"] == packed.hex()


def test_two_tills_may_tell_of_two_bottles_of_one_case_in_any_order(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=STORE, epcs=[case(run, 0)])
    early, trade.at = At(trade.at + timedelta(hours=1), STORE), trade.at + timedelta(hours=2)
    trade.sell(1, by=STORE, epcs=[bottle(run, 0)])
    trade.submit(events.sell(early, Lot(LIQUOR, "B1", 1), [bottle(run, 1)]), by=STORE)
    assert rebuilding.compare(trade.db) is None


def test_what_is_declared_an_error_leaves_times_as_they_were_around_it_too(trade: Trade, run: CodeRun) -> None:
    trade.pack(sscc(500), [case(run, 0), case(run, 1)])
    trade.unpack(run.cases[2].sscc, [bottle(run, 12), bottle(run, 13)])
    rows = "select * from unit_custody order by unit"
    for event in (
        events.pack(trade.place(BRAND), run.cases[0].sscc, [bottle(run, 12)]),
        shipped(trade.place(BRAND), 1, DEALER, bottle(run, 6)),
        events.unpack(trade.place(BRAND), run.cases[1].sscc, [bottle(run, 7)]),
        shipped(trade.place(BRAND), 12, DEALER, case_uri(sscc(500))),
    ):
        before = trade.db.execute(text(rows)).all()
        trade.submit(event, by=BRAND)
        trade.submit(events.declared_wrong(event, trade.place(BRAND).time), by=BRAND)
        assert trade.db.execute(text(rows)).all() == before
    assert rebuilding.compare(trade.db) is None


def test_a_pallet_whose_cases_are_of_one_batch_again_is_of_that_batch(trade: Trade, run: CodeRun) -> None:
    trade.bottle(batch="B2", quantity=12)
    other = trade.codes(batch="B2", quantity=12)
    trade.unpack(other.cases[0].sscc)
    for number in (0, 1):
        trade.pack(run.cases[number].sscc, [bottle(other, number)])
    trade.pack(sscc(501), [case(run, 0), case(run, 1)])
    trade.ship(2, to=DEALER, batch="B2", epcs=[bottle(other, 0), bottle(other, 1)])
    pallet = store.load(trade.db, [case_uri(sscc(501))])[case_uri(sscc(501))]
    assert (pallet.gtin, pallet.batch, pallet.bottles) == (LIQUOR, "B1", 12)
    trade.ship(12, to=DEALER, epcs=[case_uri(sscc(501))])
    assert rebuilding.compare(trade.db) is None


def tower(trade: Trade, inside: str, packages: int, *, first: int) -> str:
    """A case in so many packages, one in another; the outermost."""
    for number in range(first, first + packages):
        trade.pack(sscc(number), [inside])
        inside = case_uri(sscc(number))
    return inside


def test_what_lies_as_deep_as_may_be_still_has_its_whole_way(trade: Trade, run: CodeRun) -> None:
    around = tower(trade, case(run, 0), DEPTH_MAX - 1, first=700)
    trade.move(6, to=DEALER, epcs=[around])
    unit = bottle_of(run, 0)
    assert custody.holder_at(trade.db, unit, trade.at) == DEALER
    assert [each.gln for each in custody.answers(trade.db, [unit.uri])[unit.uri]] == [DEALER]
    assert [step.step.name for step in custody.trail(trade.db, unit)][-2:] == ["SHIP", "RECEIVE"]
    assert rebuilding.compare(trade.db) is None


def test_nobody_packs_anything_deeper_than_ways_are_followed(trade: Trade, run: CodeRun) -> None:
    """Whether a package is put around, a tower onto a pallet, or a bottle into the innermost of empty ones."""
    around = tower(trade, case(run, 0), DEPTH_MAX - 1, first=700)
    details = refused(trade, events.pack(trade.place(BRAND), sscc(799), [around]), no.PackedTooDeep)
    assert details == {"unit": around, "parent": case_uri(sscc(799)), "packages": DEPTH_MAX + 1, "most": DEPTH_MAX}
    low = tower(trade, case(run, 1), 5, first=800)
    tower(trade, case(run, 2), 7, first=900)
    assert refused(trade, events.pack(trade.place(BRAND), sscc(900), [low]), no.PackedTooDeep)["unit"] == low
    trade.pack(sscc(901), [low])
    trade.unpack(run.cases[3].sscc)
    tower(trade, case(run, 3), DEPTH_MAX, first=1000)
    into_the_lowest = events.pack(trade.place(BRAND), run.cases[3].sscc, [bottle(run, 18)])
    assert refused(trade, into_the_lowest, no.PackedTooDeep)["packages"] == DEPTH_MAX + 1
    assert rebuilding.compare(trade.db) is None


def test_a_till_sells_no_more_unnamed_than_is_not_recalled(trade: Trade, run: CodeRun) -> None:
    trade.move(12, to=STORE, epcs=[case(run, 0), case(run, 1)])
    trade.move(6, to=DEALER, epcs=[case(run, 2)])
    trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", 12), [case(run, 0), case(run, 2)]), by=BRAND)

    def sold(quantity: int) -> dict[str, Any]:
        return events.sell(trade.place(STORE), Lot(LIQUOR, "B1", quantity))

    details = refused(trade, sold(12), no.RecalledAmongThem, by=STORE)
    numbers = {name: details[name] for name in ("party", "held", "recalled", "left", "asked")}
    assert numbers == {"party": STORE, "held": 12, "recalled": 6, "left": 6, "asked": 12}
    assert refused(trade, sold(7), no.RecalledAmongThem, by=STORE)["left"] == 6
    trade.submit(sold(4), by=STORE)
    assert refused(trade, sold(3), no.RecalledAmongThem, by=STORE)["left"] == 2
    trade.submit(sold(2), by=STORE)
    assert refused(trade, sold(1), no.RecalledAmongThem, by=STORE)["left"] == 0
    trade.move(6, by=STORE, to=BRAND, epcs=[case(run, 0)])
    assert custody.held(trade.db, STORE, LIQUOR, "B1") == 0
    assert rebuilding.compare(trade.db) is None


def test_freed_bottles_go_over_the_till_again(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=STORE, epcs=[case(run, 0)])
    lot = Lot(LIQUOR, "B1", 6)
    trade.submit(events.recall(trade.place(BRAND), lot, [case(run, 0)]), by=BRAND)
    refused(trade, events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 1)), no.RecalledAmongThem, by=STORE)
    trade.submit(events.lift(trade.place(BRAND), lot, [case(run, 0)]), by=BRAND)
    trade.sell(6, by=STORE)


@pytest.mark.parametrize("how", ["ship", "write off", "use up", "receive", "return"])
def test_no_other_way_out_takes_recalled_bottles_unnamed(trade: Trade, run: CodeRun, how: str) -> None:
    trade.move(12, to=STORE, epcs=[case(run, 0), case(run, 1)])
    sent = trade.ship(12, to=DEALER, epcs=[case(run, 2), case(run, 3)])
    recalled = [case(run, number) for number in (0, 2, 4)]
    trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", 18), recalled), by=BRAND)
    twelve = Lot(LIQUOR, "B1", 12)
    if how == "ship":
        refused(trade, events.ship(trade.place(STORE), twelve, Parties(STORE, DEALER)), no.UnitsMissing, by=STORE)
    elif how == "write off":
        refused(trade, events.write_off(trade.place(STORE), twelve), no.UnitsMissing, by=STORE)
    elif how == "use up":
        blended = events.transformation(trade.place(BRAND), "blend", [twelve], Lot(SPIRIT, "S9", 1, "LTR"))
        refused(trade, blended, no.UnitsMissing)
    elif how == "receive":
        taken = events.receive(trade.place(DEALER), twelve, Parties(BRAND, DEALER), sent)
        assert refused(trade, taken, no.UnitRecalled, by=DEALER)["inside"] == case(run, 2)
    else:
        trade.submit(events.return_(trade.place(DEALER), twelve, Parties(DEALER, BRAND), sent), by=DEALER)
        assert custody.held(trade.db, BRAND, LIQUOR, "B1") == 48
