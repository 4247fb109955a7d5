"""Codes come late, are made for goods that are gone, or meet a case number that another party packs into already."""

from random import Random

import pytest

from backend.catalog import service as catalog
from backend.catalog.rules import Product
from backend.custody import rebuilding, refusals
from backend.custody import service as custody
from backend.units import refusals as no
from backend.units import service as units
from backend.units import store
from scanner.codes.run import CodeRun, make_run
from scanner.device import events
from scanner.device.events import Lot, Parties, case_uri
from tests.kit.people import BRAND, DEALER, GRAIN, LIQUOR, PRODUCT, SPIRIT, gtin
from tests.kit.trade import Trade, bottle_of
from tests.kit.units_stage import refused

pytestmark = pytest.mark.integration
ALL = Lot(LIQUOR, "B1", 60)


def run_of(trade: Trade, batch: str = "B1", count: int = 60, *, first: int = 4_000_000) -> CodeRun:
    """Codes made and entered, not commissioned."""
    if catalog.find_product(trade.db, LIQUOR) is None:
        catalog.add_product(trade.db, PRODUCT, now=trade.at)
    made = make_run(LIQUOR, batch, count, 6, "06900000", Random(batch).randbytes, first_case=first)
    catalog.add_code_run(trade.db, made, now=trade.at)
    return made


def test_goods_that_came_back_whole_get_codes_and_the_record_can_still_be_made_anew(trade: Trade) -> None:
    shipped = trade.ship(6, to=DEALER)
    back = events.return_(trade.place(DEALER), Lot(LIQUOR, "B1", 6), Parties(DEALER, BRAND), shipped)
    trade.submit(back, by=DEALER)
    trade.codes(quantity=60)
    assert rebuilding.compare(trade.db) is None
    rebuilding.rebuild(trade.db)
    assert units.sums(trade.db) == [(LIQUOR, "B1", BRAND, "held", 60)]


def test_codes_made_while_goods_are_on_the_way_stop_nobody(trade: Trade) -> None:
    shipped = trade.ship(6, to=DEALER)
    made = run_of(trade)
    refused(trade, events.commission(trade.place(BRAND), ALL, made.root), refusals.NotHeld, by=BRAND)
    trade.receive(6, shipped, by=DEALER)
    home = trade.ship(6, by=DEALER, to=BRAND)
    trade.receive(6, home, by=BRAND, frm=DEALER)
    again = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER))
    refused(trade, again, no.CodesNotInForce, by=BRAND)
    trade.submit(events.commission(trade.place(BRAND), ALL, made.root), by=BRAND)
    trade.move(6, to=DEALER, epcs=[case_uri(made.cases[0].sscc)])
    assert rebuilding.compare(trade.db) is None


def test_a_product_that_wants_codes_too_late_does_not_stop_what_left_without(trade: Trade) -> None:
    other, spirit = gtin(9), Lot(SPIRIT, "S9", 1000, "LTR")
    trade.harvest("G9")
    trade.make("distil", [Lot(GRAIN, "G9", 1_000_000, "KGM")], spirit)
    trade.make("bottle", [spirit], Lot(other, "X1", 50))
    sent = events.ship(trade.place(BRAND), Lot(other, "X1", 10), Parties(BRAND, DEALER))
    shipped = trade.submit(sent, by=BRAND).evidence
    catalog.add_product(trade.db, Product(other, "新品", "New", 500, 520, 6, serialised=True), now=trade.at)
    got = events.receive(trade.place(DEALER), Lot(other, "X1", 10), Parties(BRAND, DEALER), shipped)
    trade.submit(got, by=DEALER)
    assert custody.held(trade.db, DEALER, other, "X1") == 10
    assert rebuilding.compare(trade.db) is None


def test_codes_made_later_do_not_make_wrong_what_was_named_before(trade: Trade) -> None:
    to_come = make_run(LIQUOR, "B2", 12, 6, "06900000", Random("B2").randbytes, first_case=4_000_000)
    trade.ship(1, to=DEALER, epcs=[case_uri(to_come.cases[0].sscc)])
    trade.bottle(batch="B2", quantity=12)
    run_of(trade, "B2", 12)
    assert rebuilding.compare(trade.db) is None


def test_codes_are_not_commissioned_before_they_are_entered(trade: Trade) -> None:
    early = make_run(LIQUOR, "B1", 60, 6, "06900000", Random("B1").randbytes, first_case=4_000_000)
    refused(trade, events.commission(trade.place(BRAND), ALL, early.root), refusals.NoCodeRun, by=BRAND)
    catalog.add_product(trade.db, PRODUCT, now=trade.at)
    other = make_run(LIQUOR, "B1", 60, 6, "06900000", Random(5).randbytes, first_case=4_100_000)
    catalog.add_code_run(trade.db, other, now=trade.at)
    trade.submit(events.commission(trade.place(BRAND), ALL, other.root), by=BRAND)
    assert units.sums(trade.db) == [(LIQUOR, "B1", BRAND, "held", 60)]
    assert rebuilding.compare(trade.db) is None


def squatted(trade: Trade, number: str) -> str:
    """A dealer packs a bottle of his into a case number; the bottle."""
    run = trade.codes(quantity=60)
    trade.move(6, to=DEALER, epcs=[case_uri(run.cases[0].sscc)])
    trade.unpack(run.cases[0].sscc, by=DEALER)
    trade.pack(number, [bottle_of(run, 0).uri], by=DEALER)
    return bottle_of(run, 0).uri


def test_nobody_stops_the_brands_codes_by_packing_into_its_next_case_numbers(trade: Trade) -> None:
    to_come = make_run(LIQUOR, "B2", 12, 6, "06900000", Random("B2").randbytes, first_case=4_000_000)
    his = squatted(trade, to_come.cases[0].sscc)
    trade.bottle(batch="B2", quantity=12)
    made = run_of(trade, "B2", 12)
    trade.submit(events.commission(trade.place(BRAND), Lot(LIQUOR, "B2", 12), made.root), by=BRAND)
    record = store.load(trade.db, [his, *(bottle_of(made, n).uri for n in (0, 6))])
    taken = case_uri(made.cases[0].sscc)
    assert (record[his].parent, record[taken].holder) == (taken, DEALER), "his case stays his"
    assert record[bottle_of(made, 0).uri].parent is None, "the bottles meant for it come loose"
    assert record[bottle_of(made, 6).uri].parent == case_uri(made.cases[1].sscc)
    trade.move(
        12, to=DEALER, batch="B2", epcs=[bottle_of(made, n).uri for n in range(6)] + [case_uri(made.cases[1].sscc)]
    )
    assert rebuilding.compare(trade.db) is None


def test_codes_are_made_past_the_case_numbers_that_others_took(trade: Trade) -> None:
    order = catalog.CodeRunOrder(LIQUOR, "B2", 12, 6, sscc_prefix="06900007")
    free = make_run(LIQUOR, "B2", 12, 6, "06900007", Random(3).randbytes)
    squatted(trade, free.cases[1].sscc)
    trade.bottle(batch="B2", quantity=12)
    record, _ = catalog.make_code_run(trade.db, order, random=Random(4).randbytes, now=trade.at)
    assert {each.sscc for each in catalog.list_cases(trade.db, record)}.isdisjoint(each.sscc for each in free.cases)
    trade.submit(events.commission(trade.place(BRAND), Lot(LIQUOR, "B2", 12), record.root), by=BRAND)
    assert len(units.list_held(trade.db, BRAND, LIQUOR, "B2")) == 2, "in cases, all of them"
