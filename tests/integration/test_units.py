"""Which bottle and which case is whose: every honest way through the front door, and every way a cheat has tried."""

from datetime import timedelta
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from backend.capture import service as capture
from backend.capture.rules import EventIdTaken, NotTheActor, ToldTooLate
from backend.catalog import service as catalog
from backend.custody import rebuilding, refusals
from backend.custody import service as custody
from backend.errors import Malformed
from backend.risk import service as risk
from backend.units import foreign, store
from backend.units import refusals as no
from backend.units import service as units
from backend.verification.rules import Scan
from scanner.codes.run import CodeRun, make_run
from scanner.device import events
from scanner.device.events import Lot, Parties, case_uri, item_uri
from tests.kit.people import BRAND, DEALER, GRAIN, LIQUOR, OTHER_DEALER, PRODUCT, SPIRIT, STORE, WAREHOUSE, sscc
from tests.kit.trade import Trade, bottle_of, evidence_of
from tests.kit.units_stage import books, bottle, case, refused

pytestmark = pytest.mark.integration
LOT = Lot(LIQUOR, "B1", 6)


def ship(trade: Trade, epcs: list[str], quantity: int = 6, *, by: str = BRAND, to: str = DEALER) -> dict[str, Any]:
    return events.ship(trade.place(by), Lot(LIQUOR, "B1", quantity), Parties(by, to), epcs)


def receive(
    trade: Trade, consignment: bytes, epcs: list[str], quantity: int = 6, *, by: str = DEALER, frm: str = BRAND
) -> dict[str, Any]:
    return events.receive(trade.place(by), Lot(LIQUOR, "B1", quantity), Parties(frm, by), consignment, epcs)


def holder(trade: Trade, run: CodeRun, index: int) -> str | None:
    return custody.holder_at(trade.db, bottle_of(run, index), trade.at)


def signed(trade: Trade, *epcs: str) -> list[str]:
    return [gln for each in custody.receivers_of_units(trade.db, epcs).values() for gln, _, _ in each]


# What the codes are


def test_codes_are_born_where_they_are_commissioned_in_their_cases(trade: Trade, run: CodeRun) -> None:
    assert units.sums(trade.db) == [(LIQUOR, "B1", BRAND, "held", 60)]
    record = store.load(trade.db, [bottle(run, 0)])
    assert record[bottle(run, 0)].parent == case(run, 0)
    assert record[case(run, 0)].bottles == 6


def test_nothing_ships_before_its_codes_are_in_force(trade: Trade) -> None:
    catalog.add_product(trade.db, PRODUCT, now=trade.at)
    made = make_run(LIQUOR, "B1", 60, 6, "06900000", Random(1).randbytes, first_case=77)
    catalog.add_code_run(trade.db, made, now=trade.at)
    details = refused(trade, ship(trade, [case_uri(made.cases[0].sscc)]), no.CodesNotInForce, by=BRAND)
    assert details == {"gtin": LIQUOR, "batch": "B1"}


def test_codes_are_commissioned_by_who_bottled_and_holds_the_whole_batch(trade: Trade) -> None:
    trade.move(6, to=WAREHOUSE)
    with pytest.raises(refusals.NotHeld), trade.db.begin_nested():
        trade.codes(quantity=60)


def test_there_are_no_more_codes_than_bottles(trade: Trade) -> None:
    with pytest.raises(no.MoreCodesThanBottles) as caught, trade.db.begin_nested():
        trade.codes(quantity=61)
    assert (caught.value.details["codes"], caught.value.details["bottles"]) == (61, 60)


# Cheats


def test_goods_with_codes_move_by_their_codes_only(trade: Trade, run: CodeRun) -> None:
    assert refused(trade, ship(trade, []), no.UnitsMissing, by=BRAND)["asked"] == 6


def test_one_bottle_cannot_name_a_case(trade: Trade, run: CodeRun) -> None:
    details = refused(trade, ship(trade, [case(run, n) for n in range(3)], 1), no.SumDiffers, by=BRAND)
    assert (details["asked"], details["bottles"], details["units"]) == (1, 18, 3)


def test_a_dealer_cannot_name_cases_that_another_holds(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    received = trade.move(6, to=OTHER_DEALER, epcs=[case(run, 1)])
    event = ship(trade, [case(run, 1)], by=DEALER, to=STORE)
    details = refused(trade, event, no.NotHolder, by=DEALER)
    assert (details["unit"], details["holder"]) == (case(run, 1), OTHER_DEALER)
    assert details["against"] not in (None, received.hex()), "the receipt speaks against it, not the shipment"
    assert signed(trade, bottle(run, 6)) == [OTHER_DEALER]


def test_a_peer_who_received_one_bottle_holds_one(trade: Trade, run: CodeRun) -> None:
    trade.move(12, to=DEALER, epcs=[case(run, 0), case(run, 1)])
    trade.move(1, by=DEALER, to=OTHER_DEALER, epcs=[bottle(run, 0)])
    assert [holder(trade, run, n) for n in (0, 1, 6)] == [OTHER_DEALER, DEALER, DEALER]
    assert signed(trade, bottle(run, 1)) == [DEALER]


def test_a_code_nobody_commissioned_is_named(trade: Trade, run: CodeRun) -> None:
    unknown = case_uri(sscc(999))
    assert refused(trade, ship(trade, [unknown]), no.UnitUnknown, by=BRAND)["unit"] == unknown


def test_a_unit_of_another_batch_or_product_is_named(trade: Trade, run: CodeRun) -> None:
    trade.bottle(batch="B2", quantity=60)
    other = trade.codes(batch="B2", quantity=60)
    details = refused(trade, ship(trade, [case(other, 0)]), no.OtherBatch, by=BRAND)
    assert (details["unit"], details["of_batch"], details["batch"]) == (case(other, 0), "B2", "B1")
    elsewhere = f"https://id.gs1.org/01/{LIQUOR}/10/B2/21/{run.units[0].serial}"
    assert refused(trade, ship(trade, [elsewhere], 1), no.OtherBatch, by=BRAND)["of_batch"] == "B2"


def test_a_case_and_what_is_in_it_are_not_named_together(trade: Trade, run: CodeRun) -> None:
    details = refused(trade, ship(trade, [case(run, 0), bottle(run, 0)], 7), no.NamedTwice, by=BRAND)
    assert (details["unit"], details["inside"]) == (bottle(run, 0), case(run, 0))


def test_the_same_case_is_not_shipped_to_two_dealers(trade: Trade, run: CodeRun) -> None:
    first = trade.ship(6, to=DEALER, epcs=[case(run, 0)])
    details = refused(trade, ship(trade, [case(run, 0)], to=OTHER_DEALER), no.OnTheWay, by=BRAND)
    assert details["against"] == first.hex()


def test_another_case_than_was_sent_is_not_received(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(6, to=DEALER, epcs=[case(run, 0)])
    details = refused(trade, receive(trade, shipped, [case(run, 1)]), no.NotInConsignment, by=DEALER)
    assert details["unit"] == case(run, 1)


def test_a_case_that_was_never_received_is_not_shipped_on(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 1)])
    trade.ship(6, to=DEALER, epcs=[case(run, 0)])
    refused(trade, ship(trade, [case(run, 0)], by=DEALER, to=STORE), no.OnTheWay, by=DEALER)


def test_one_bottle_is_sold_once(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=STORE, epcs=[case(run, 0)])
    sold = trade.sell(1, by=STORE, epcs=[bottle(run, 0)])
    again = events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 1), [f"urn:epc:id:sgtin:{_urn(run, 0)}"])
    details = refused(trade, again, no.Gone, by=STORE)
    assert (details["unit"], details["state"], details["against"]) == (bottle(run, 0), "sold", sold.hex())


def _urn(run: CodeRun, index: int) -> str:
    return f"{LIQUOR[1:8]}.{LIQUOR[0]}{LIQUOR[8:13]}.{run.units[index].serial}"


def test_every_spelling_of_a_bottle_is_the_one_bottle(trade: Trade, run: CodeRun) -> None:
    serials = [run.units[n].serial for n in range(4)]
    written = [
        f"urn:epc:id:sgtin:{_urn(run, 0)}",
        f"https://shop.example/x/01/{LIQUOR}/10/B1/21/{serials[1]}",
        f"(01){LIQUOR}(21){serials[2]}",
        f"http://127.0.0.1:8000/01/{LIQUOR}/21/{'%' + format(ord(serials[3][0]), '02X')}{serials[3][1:]}",
    ]
    trade.move(4, to=DEALER, epcs=written)
    assert [holder(trade, run, n) for n in range(5)] == [DEALER] * 4 + [BRAND]


def test_a_dealer_does_not_sell_without_naming_but_a_store_with_a_till_does(trade: Trade, run: CodeRun) -> None:
    trade.move(12, to=DEALER, epcs=[case(run, 0), case(run, 1)])
    refused(trade, events.sell(trade.place(DEALER), Lot(LIQUOR, "B1", 2)), no.UnitsMissing, by=DEALER)
    trade.move(6, by=DEALER, to=STORE, epcs=[case(run, 0)])
    trade.sell(2, by=STORE)
    assert (LIQUOR, "B1", STORE, "sold", 2) in units.sums(trade.db)
    details = refused(trade, ship(trade, [case(run, 0)], by=STORE, to=DEALER), refusals.NotHeld, by=STORE)
    assert details["held"] == 4, "what went over the till cannot be shipped"


# Time


def test_a_receipt_is_not_told_to_be_900_days_before_the_shipment(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(6, to=DEALER, epcs=[case(run, 0)])
    early = events.At(trade.at - timedelta(days=900), DEALER)
    event = events.receive(early, LOT, Parties(BRAND, DEALER), shipped, [case(run, 0)])
    assert refused(trade, event, ToldTooLate, by=DEALER)["days"] == 14


def test_a_step_is_not_told_to_be_before_the_last_one_of_its_unit(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(6, to=DEALER, epcs=[case(run, 0)])
    event = receive(trade, shipped, [case(run, 0)])
    early = {**event, "eventTime": (trade.at - timedelta(hours=1, minutes=1)).isoformat(timespec="milliseconds")}
    refused(trade, early, refusals.BeforeShipment, by=DEALER)
    same = {**event, "eventTime": (trade.at - timedelta(hours=1)).isoformat(timespec="milliseconds")}
    trade.submit(same, by=DEALER)
    onward = ship(trade, [case(run, 0)], by=DEALER, to=STORE)
    back = {**onward, "eventTime": (trade.at - timedelta(hours=3)).isoformat(timespec="milliseconds")}
    assert refused(trade, back, no.BeforeLastStep, by=DEALER)["unit"] == case(run, 0)


def test_a_step_is_not_told_to_be_before_the_batch_was_born(trade: Trade) -> None:
    event = events.ship(trade.place(BRAND), LOT, Parties(BRAND, DEALER))
    early = {**event, "eventTime": (trade.at - timedelta(days=2)).isoformat(timespec="milliseconds")}
    refused(trade, early, no.BeforeBirth, by=BRAND)


def test_what_is_told_late_moves_attribution_when_it_is_told(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(6, to=DEALER, epcs=[case(run, 0)])
    event = receive(trade, shipped, [case(run, 0)])
    happened = trade.at
    trade.at += timedelta(days=3)
    trade.submit(event, by=DEALER)
    assert custody.holder_at(trade.db, bottle_of(run, 0), happened + timedelta(days=1)) == BRAND
    assert holder(trade, run, 0) == DEALER
    assert [step.late for step in custody.trail(trade.db, bottle_of(run, 0))[-2:]] == [False, True]


# Parts


def test_a_part_of_a_consignment_says_which(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(18, to=DEALER, epcs=[case(run, n) for n in range(3)])
    details = refused(trade, receive(trade, shipped, []), no.PartUnnamed, by=DEALER)
    assert (details["open"], details["asked"]) == (18, 6)
    trade.receive(6, shipped, by=DEALER, epcs=[case(run, 1)])
    refused(trade, receive(trade, shipped, [case(run, 1)]), no.NotInConsignment, by=DEALER)
    trade.receive(12, shipped, by=DEALER)
    assert [holder(trade, run, n) for n in (0, 6, 12)] == [DEALER] * 3


def test_a_bottle_out_of_a_case_on_the_way_is_received_alone(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(6, to=DEALER, epcs=[case(run, 0)])
    trade.receive(1, shipped, by=DEALER, epcs=[bottle(run, 2)])
    assert [holder(trade, run, n) for n in (2, 0)] == [DEALER, BRAND]
    lost = events.write_off(trade.place(DEALER), Lot(LIQUOR, "B1", 5), [case(run, 0)], consignment=shipped)
    trade.submit(lost, by=DEALER)
    assert (LIQUOR, "B1", BRAND, "lost", 5) in units.sums(trade.db)


def test_a_return_goes_back_to_who_sent_and_moves_only_what_it_names(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(12, to=DEALER, epcs=[case(run, 0), case(run, 1)])
    wrong = events.return_(trade.place(DEALER), LOT, Parties(DEALER, OTHER_DEALER), shipped, [case(run, 0)])
    refused(trade, wrong, refusals.ReturnsToSender, by=DEALER)
    back = events.return_(trade.place(DEALER), LOT, Parties(DEALER, BRAND), shipped, [case(run, 0)])
    trade.submit(back, by=DEALER)
    trade.receive(6, shipped, by=DEALER, epcs=[case(run, 1)])
    assert [holder(trade, run, n) for n in (0, 6)] == [BRAND, DEALER]


# Structure


def test_a_pallet_takes_its_cases_along(trade: Trade, run: CodeRun) -> None:
    trade.pack(sscc(500), [case(run, n) for n in range(4)])
    pallet = case_uri(sscc(500))
    trade.move(24, to=DEALER, epcs=[pallet])
    assert holder(trade, run, 23) == DEALER
    trade.unpack(sscc(500), [case(run, 0)], by=DEALER)
    trade.move(18, by=DEALER, to=OTHER_DEALER, epcs=[pallet])
    assert [holder(trade, run, n) for n in (0, 6, 23)] == [DEALER, OTHER_DEALER, OTHER_DEALER]
    assert signed(trade, bottle(run, 23)) == [DEALER, OTHER_DEALER]


def test_a_bottle_taken_out_of_a_case_does_not_travel_with_it(trade: Trade, run: CodeRun) -> None:
    trade.unpack(run.cases[0].sscc, [bottle(run, 0)])
    trade.move(5, to=DEALER, epcs=[case(run, 0)])
    assert [holder(trade, run, n) for n in (0, 1)] == [BRAND, DEALER]
    trade.pack(run.cases[1].sscc, [bottle(run, 0)])
    trade.move(7, to=OTHER_DEALER, epcs=[case(run, 1)])
    assert holder(trade, run, 0) == OTHER_DEALER
    assert signed(trade, bottle(run, 0)) == [OTHER_DEALER], "not the dealer who got its first case"


def test_a_bottle_is_not_packed_into_two_cases(trade: Trade, run: CodeRun) -> None:
    event = events.pack(trade.place(BRAND), run.cases[1].sscc, [bottle(run, 0)])
    details = refused(trade, event, no.AlreadyPacked, by=BRAND)
    assert (details["unit"], details["inside"]) == (bottle(run, 0), case(run, 0))


def test_nobody_takes_the_number_of_a_case_whose_codes_come_into_force_later(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    trade.unpack(run.cases[0].sscc, by=DEALER)
    trade.bottle(batch="B2", quantity=12)
    made = make_run(LIQUOR, "B2", 12, 6, "06900000", Random(2).randbytes, first_case=7_000_000)
    catalog.add_code_run(trade.db, made, now=trade.at)
    squat = events.pack(trade.place(DEALER), made.cases[0].sscc, [bottle(run, 0)])
    assert refused(trade, squat, no.CodesNotInForce, by=DEALER)["batch"] == "B2"
    trade.submit(events.commission(trade.place(BRAND), Lot(LIQUOR, "B2", 12), made.root), by=BRAND)


def test_a_case_is_not_packed_into_itself_nor_two_into_each_other(trade: Trade, run: CodeRun) -> None:
    refused(trade, events.pack(trade.place(BRAND), run.cases[0].sscc, [case(run, 0)]), no.IntoItself, by=BRAND)
    trade.pack(sscc(500), [case(run, 0)])
    loop = events.pack(trade.place(BRAND), run.cases[0].sscc, [case_uri(sscc(500))])
    refused(trade, loop, no.IntoItself, by=BRAND)


def test_nobody_packs_or_unpacks_what_he_does_not_hold(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    trade.unpack(run.cases[0].sscc, by=DEALER)
    stolen = events.pack(trade.place(OTHER_DEALER), sscc(501), [bottle(run, 0)])
    refused(trade, stolen, no.NotHolder, by=OTHER_DEALER)
    opened = events.unpack(trade.place(DEALER), run.cases[1].sscc, [bottle(run, 6)])
    refused(trade, opened, no.NotHolder, by=DEALER)
    never = events.pack(trade.place(DEALER), sscc(501), [item_uri(LIQUOR, "NEVER")])
    refused(trade, never, no.UnitUnknown, by=DEALER)
    trade.ship(6, to=DEALER, epcs=[case(run, 2)])
    on_the_way = events.unpack(trade.place(BRAND), run.cases[2].sscc, [bottle(run, 12)])
    refused(trade, on_the_way, no.OnTheWay, by=BRAND)
    outside = events.unpack(trade.place(BRAND), run.cases[3].sscc, [bottle(run, 30)])
    refused(trade, outside, no.NotInside, by=BRAND)
    in_a_bottle = {**events.pack(trade.place(BRAND), sscc(502), [case(run, 4)]), "parentID": bottle(run, 18)}
    refused(trade, in_a_bottle, no.NotAPackage, by=BRAND)


# Recalls


def test_a_recall_of_units_stops_those_units_and_nothing_else(trade: Trade, run: CodeRun) -> None:
    recall = events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", 2), [bottle(run, 0), bottle(run, 6)])
    trade.submit(recall, by=BRAND)
    details = refused(trade, ship(trade, [case(run, 0)]), no.UnitRecalled, by=BRAND)
    assert (details["unit"], details["inside"]) == (bottle(run, 0), case(run, 0))
    trade.move(6, to=DEALER, epcs=[case(run, 2)])
    trade.unpack(run.cases[0].sscc, [bottle(run, 0)])
    trade.move(5, to=DEALER, epcs=[case(run, 0)])
    lift = events.lift(trade.place(BRAND), Lot(LIQUOR, "B1", 2), [bottle(run, 0), bottle(run, 6)])
    trade.submit(lift, by=BRAND)
    trade.move(6, to=DEALER, epcs=[case(run, 1)])


# Events and their corrections


def test_one_event_id_is_one_event(trade: Trade, run: CodeRun) -> None:
    event = {**ship(trade, [case(run, 0)]), "eventID": "urn:uuid:7"}
    first = trade.submit(event, by=BRAND)
    assert not trade.submit(event, by=BRAND).fresh
    other = {**ship(trade, [case(run, 1)]), "eventID": "urn:uuid:7"}
    assert refused(trade, other, EventIdTaken, by=BRAND)["against"] == first.evidence.hex()
    trade.receive(6, first.evidence, by=DEALER)
    anothers = {**ship(trade, [case(run, 0)], by=DEALER, to=STORE), "eventID": "urn:uuid:7"}
    trade.submit(anothers, by=DEALER)


def test_an_event_id_is_one_in_capitals_and_in_small_letters(trade: Trade, run: CodeRun) -> None:
    name = "urn:uuid:5E1E1B6E-5B0D-4B6E-8C0F-0F3D7C3B9A10"
    first = trade.submit({**ship(trade, [case(run, 0)]), "eventID": name}, by=BRAND)
    other = {**ship(trade, [case(run, 1)]), "eventID": name.lower()}
    assert refused(trade, other, EventIdTaken, by=BRAND)["against"] == first.evidence.hex()
    kept = capture.find_event(trade.db, first.evidence)
    assert kept is not None
    assert kept.event["eventID"] == name, "the evidence keeps what was written"
    wrong = declared(trade, other)
    assert refused(trade, wrong, refusals.EventUnknown, by=BRAND)["differs_from"] == first.evidence.hex()


def test_a_refused_event_does_not_use_up_its_event_id(trade: Trade, run: CodeRun) -> None:
    refused(trade, {**ship(trade, [case(run, 0)], 5), "eventID": "urn:uuid:8"}, no.SumDiffers, by=BRAND)
    trade.submit({**ship(trade, [case(run, 0)]), "eventID": "urn:uuid:8"}, by=BRAND)


def test_an_event_id_longer_than_is_kept_is_refused_and_breaks_nothing(trade: Trade, run: CodeRun) -> None:
    longest = "urn:x:" + "7" * 1_994
    details = refused(trade, {**ship(trade, [case(run, 0)]), "eventID": longest + "7"}, Malformed, by=BRAND)
    assert (details["field"], details["most"]) == ("eventID", 2_000)
    trade.submit({**ship(trade, [case(run, 0)]), "eventID": longest}, by=BRAND)


def declared(trade: Trade, event: dict[str, Any]) -> dict[str, Any]:
    return events.declared_wrong(event, trade.place(BRAND).time)


def test_a_shipment_declared_an_error_restores_everything(trade: Trade, run: CodeRun) -> None:
    before = books(trade)
    event = ship(trade, [case(run, 0), bottle(run, 6)], 7)
    trade.submit(event, by=BRAND)
    trade.submit(declared(trade, event), by=BRAND)
    assert books(trade) == before
    assert custody.trail(trade.db, bottle_of(run, 0))[-1].step.name == "COMMISSION"
    refused(trade, declared(trade, event), refusals.DeclaredBefore, by=BRAND)


def test_every_step_can_be_declared_an_error(trade: Trade, run: CodeRun) -> None:
    trade.move(12, to=STORE, epcs=[case(run, 0), case(run, 1)])
    shipped = trade.ship(12, to=STORE, epcs=[case(run, 2), case(run, 3)])
    lot, back = Lot(LIQUOR, "B1", 2), Lot(LIQUOR, "B1", 6)
    steps = [
        (STORE, receive(trade, shipped, [case(run, 2)], by=STORE)),
        (STORE, events.return_(trade.place(STORE), back, Parties(STORE, BRAND), shipped, [case(run, 3)])),
        (STORE, events.sell(trade.place(STORE), lot, [bottle(run, 0), bottle(run, 1)])),
        (STORE, events.sell(trade.place(STORE), lot)),
        (STORE, events.write_off(trade.place(STORE), lot, [bottle(run, 6), bottle(run, 7)])),
        (STORE, events.write_off(trade.place(STORE), back, [case(run, 2)], consignment=shipped)),
        (BRAND, events.pack(trade.place(BRAND), sscc(700), [case(run, 5), case(run, 6)])),
        (BRAND, events.unpack(trade.place(BRAND), run.cases[5].sscc, [bottle(run, 30)])),
    ]
    for by, event in steps:
        before = books(trade)
        trade.at += timedelta(minutes=1)
        trade.submit(event, by=by)
        assert books(trade) != before
        trade.submit(declared(trade, event), by=by)
        after = books(trade)
        changed = {table: set(before[table]) ^ set(after[table]) for table in before}
        assert after == before, (event["bizStep"], changed)


def test_a_whole_birth_with_its_codes_is_taken_back_step_by_step(trade: Trade) -> None:
    trade.bottle(batch="B9", quantity=12)
    found = trade.db.execute(text("select body from capture order by seq")).scalars().all()
    bottled = orjson.loads(found[-1])
    trade.codes(batch="B9", quantity=12)
    commissioned = orjson.loads(trade.db.execute(text("select body from capture order by seq desc limit 1")).scalar())
    details = refused(trade, declared(trade, bottled), no.LaterEventStands, by=BRAND)
    assert details["against"] is not None
    trade.submit(declared(trade, commissioned), by=BRAND)
    assert not [row for row in units.sums(trade.db) if row[1] == "B9"]
    trade.submit(declared(trade, bottled), by=BRAND)
    assert custody.held(trade.db, BRAND, LIQUOR, "B9") == 0


def test_a_correction_waits_for_what_stands_on_it(trade: Trade, run: CodeRun) -> None:
    event = ship(trade, [case(run, 0)])
    shipped = trade.submit(event, by=BRAND).evidence
    arrived = receive(trade, shipped, [case(run, 0)])
    receipt = trade.submit(arrived, by=DEALER).evidence
    details = refused(trade, declared(trade, event), no.LaterEventStands, by=BRAND)
    assert details["against"] == receipt.hex()
    refused(trade, declared(trade, arrived), NotTheActor, by=BRAND)
    trade.submit(declared(trade, arrived), by=DEALER)
    trade.submit(declared(trade, event), by=BRAND)
    assert custody.held(trade.db, BRAND, LIQUOR, "B1") == 60


def test_a_receipt_is_not_undone_when_a_bottle_of_it_was_sold(trade: Trade, run: CodeRun) -> None:
    shipped = trade.ship(12, to=STORE, epcs=[case(run, 0), case(run, 1)])
    arrived = receive(trade, shipped, [case(run, 0)], by=STORE)
    trade.submit(arrived, by=STORE)
    trade.receive(6, shipped, by=STORE, epcs=[case(run, 1)])
    sold = trade.sell(1, by=STORE, epcs=[bottle(run, 3)])
    details = refused(trade, declared(trade, arrived), no.LaterEventStands, by=STORE)
    assert details["against"] == sold.hex()


def test_a_declaration_must_repeat_the_event_to_the_letter(trade: Trade, run: CodeRun) -> None:
    event = {**ship(trade, [case(run, 0)]), "eventID": "urn:uuid:9"}
    shipped = trade.submit(event, by=BRAND).evidence
    other = {**event, "disposition": "returned"}
    details = refused(trade, declared(trade, other), refusals.EventUnknown, by=BRAND)
    assert details["differs_from"] == shipped.hex()


def test_nobody_declares_the_event_of_another_an_error(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=STORE, epcs=[case(run, 0)])
    event = events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 1), [bottle(run, 0)])
    trade.submit(event, by=STORE)
    details = refused(trade, declared(trade, event), refusals.NotYourEvent, by=DEALER)
    assert (details["signed_by"], details["party"]) == (STORE, DEALER)


def test_a_recall_is_lifted_not_declared_an_error(trade: Trade, run: CodeRun) -> None:
    event = events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", 0))
    trade.submit(event, by=BRAND)
    refused(trade, declared(trade, event), refusals.NotCorrectable, by=BRAND)


def test_a_blend_uses_up_the_bottles_it_names(trade: Trade, run: CodeRun) -> None:
    def poured(epcs: list[str], quantity: int) -> dict[str, Any]:
        event = events.transformation(
            trade.place(BRAND), "blend", [Lot(LIQUOR, "B1", quantity)], Lot(LIQUOR, f"N{quantity}{len(epcs)}", 3, "LTR")
        )
        return {**event, "inputEPCList": epcs} if epcs else event

    refused(trade, poured([], 6), no.UnitsMissing, by=BRAND)
    refused(trade, poured([case(run, 0)], 5), no.SumDiffers, by=BRAND)
    trade.submit(poured([case(run, 0)], 6), by=BRAND)
    assert (LIQUOR, "B1", BRAND, "consumed", 6) in units.sums(trade.db)
    refused(trade, ship(trade, [case(run, 0)]), no.Gone, by=BRAND)


def answers(trade: Trade, run: CodeRun, index: int) -> str | None:
    """Which dealer the risk engine would name for a bottle read a day later."""
    one = bottle_of(run, index)
    later = trade.at + timedelta(days=1)
    scan = Scan(later, one.gtin, one.batch, one.serial, None, bytes(32), "gps")
    known = risk._attributions(trade.db, [scan], {DEALER, OTHER_DEALER}, {BRAND, WAREHOUSE})
    return known[one.gtin, one.serial].dealer_at(later)


def test_a_dealer_answers_until_he_gave_the_goods_back(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    assert answers(trade, run, 0) == DEALER
    trade.move(6, by=DEALER, to=STORE, epcs=[case(run, 0)])
    assert answers(trade, run, 0) == DEALER, "a store is his own market"
    trade.move(6, by=STORE, to=DEALER, epcs=[case(run, 0)])
    trade.move(6, by=DEALER, to=BRAND, epcs=[case(run, 0)])
    assert answers(trade, run, 0) is None
    trade.move(6, to=OTHER_DEALER, epcs=[case(run, 0)])
    assert answers(trade, run, 0) == OTHER_DEALER


def test_a_repacked_bottle_counts_with_the_case_it_was_packed_in_last(trade: Trade, run: CodeRun) -> None:
    new = sscc(9000)
    trade.unpack(run.cases[0].sscc)
    trade.pack(new, [bottle(run, 0)])
    assert units.list_packages(trade.db, [bottle(run, 0), bottle(run, 1)]) == {
        bottle(run, 0): case_uri(new),
        bottle(run, 1): case(run, 0),
    }


def test_what_was_seen_by_mistake_is_no_finding(trade: Trade, run: CodeRun) -> None:
    seen = {**events.pack(trade.place(BRAND), run.cases[1].sscc, [bottle(run, 0)]), "action": "OBSERVE"}
    other = {**events.pack(trade.place(BRAND), run.cases[2].sscc, [bottle(run, 0)]), "action": "OBSERVE"}
    trade.submit(seen, by=BRAND)
    trade.submit(other, by=BRAND)
    assert len(foreign.list_findings(trade.db)) == 2
    trade.submit(events.declared_wrong(seen, trade.at), by=BRAND)
    assert [each.evidence for each in foreign.list_findings(trade.db)] == [evidence_of(other)]
    assert foreign.count_findings(trade.db) == 1
    assert rebuilding.compare(trade.db) is None


def test_a_batch_born_anew_tells_nothing_of_the_birth_that_was_taken_back(trade: Trade) -> None:
    for name in ("WRONG", "RIGHT"):
        trade.harvest(f"H-{name}", 1000)
        trade.make("distil", [Lot(GRAIN, f"H-{name}", 1000, "KGM")], Lot(SPIRIT, f"TANK-{name}", 9000, "LTR"))
        trade.submit(events.age(trade.place(BRAND), Lot(SPIRIT, f"TANK-{name}", 9000, "LTR")), by=BRAND)
    made = Lot(LIQUOR, "RB", 12)
    wrong = events.transformation(trade.place(BRAND), "bottle", [Lot(SPIRIT, "TANK-WRONG", 6000, "LTR")], made)
    trade.submit(wrong, by=BRAND)
    trade.submit(events.inspect(trade.place(BRAND), made), by=BRAND)
    trade.submit(events.declared_wrong(wrong, trade.at), by=BRAND)
    trade.make("bottle", [Lot(SPIRIT, "TANK-RIGHT", 6000, "LTR")], made)
    unit = bottle_of(trade.codes("RB", 12), 0)
    told = [(step.step.name, step.batch.batch) for step in custody.trail(trade.db, unit)]
    right = [("HARVEST", "H-RIGHT"), ("DISTIL", "TANK-RIGHT"), ("AGE", "TANK-RIGHT")]
    assert told == [*right, ("BOTTLE", "RB"), ("COMMISSION", "RB")]
