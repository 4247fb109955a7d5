"""Ways to have goods, codes or recalls that are not so, each refused by the books; and the honest way beside it."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.catalog import service as catalog
from backend.custody import rebuilding, refusals
from backend.custody import service as custody
from backend.errors import Malformed
from backend.units import refusals as no
from backend.units import service as units
from scanner.codes.run import CodeRun, make_run
from scanner.device import events
from scanner.device.events import At, Lot, Parties, case_uri, item_uri
from tests.kit.people import (
    BRAND,
    DEALER,
    DOMAIN,
    GRAIN,
    LIQUOR,
    OTHER_DEALER,
    PRODUCT,
    SPIRIT,
    STORE,
    WAREHOUSE,
    enrol,
    gln,
    gtin,
    sscc,
)
from tests.kit.trade import Trade, message
from tests.kit.units_stage import bottle, case, refused

pytestmark = pytest.mark.integration
PLAIN = gtin(9)
"""A product without codes."""
MAKER = gln(41)


@pytest.fixture
def plain(trade: Trade) -> Trade:
    """Fifty bottles without codes, at the brand."""
    trade.harvest("G9")
    trade.make("distil", [Lot(GRAIN, "G9", 1_000_000, "KGM")], Lot(SPIRIT, "S9", 1000, "LTR"))
    trade.make("bottle", [Lot(SPIRIT, "S9", 600, "LTR")], Lot(PLAIN, "X1", 50))
    return trade


def made(trade: Trade, inputs: list[Lot], output: Lot, step: str = "distil") -> dict[str, Any]:
    return events.transformation(trade.place(BRAND), step, inputs, output)


def bare(event: dict[str, Any]) -> dict[str, Any]:
    """The event without its quantity."""
    return event | {"quantityList": [{"epcClass": event["quantityList"][0]["epcClass"]}]}


def measured(event: dict[str, Any], quantity: float, uom: str) -> dict[str, Any]:
    """The event with its quantity in another measure."""
    return event | {"quantityList": [event["quantityList"][0] | {"quantity": quantity, "uom": uom}]}


# Goods out of nothing


def test_a_batch_is_not_made_of_itself_in_whatever_spelling(trade: Trade) -> None:
    refused(trade, made(trade, [Lot(SPIRIT, "S", 40, "LTR")], Lot(SPIRIT, "S", 100, "LTR")), refusals.UnknownBatch)
    event = made(trade, [Lot(SPIRIT, "S", 40, "LTR")], Lot(SPIRIT, "S", 100, "LTR"))
    event["inputQuantityList"][0]["epcClass"] = f"https://brand.example/01/{SPIRIT}/10/%53"
    refused(trade, event, refusals.UnknownBatch)


def test_two_batches_are_not_made_of_each_other(trade: Trade) -> None:
    refused(trade, made(trade, [Lot(SPIRIT, "S2", 40, "LTR")], Lot(SPIRIT, "S1", 90, "LTR")), refusals.UnknownBatch)
    refused(trade, made(trade, [Lot(SPIRIT, "S1", 40, "LTR")], Lot(SPIRIT, "S2", 90, "LTR")), refusals.UnknownBatch)


def test_two_tanks_of_a_batch_count_together(plain: Trade) -> None:
    tank, out = Lot(SPIRIT, "S9", 300, "LTR"), Lot(SPIRIT, "S10", 500, "LTR")
    refused(plain, made(plain, [tank, tank], out, "blend"), refusals.NotHeld)
    half = Lot(SPIRIT, "S9", 200, "LTR")
    plain.submit(made(plain, [half, half], out, "blend"), by=BRAND)
    assert custody.held(plain.db, BRAND, SPIRIT, "S9") == 0


def test_two_cases_of_a_batch_are_blended_as_two_inputs(trade: Trade, run: CodeRun) -> None:
    six = Lot(LIQUOR, "B1", 6)
    event = made(trade, [six, six], Lot(SPIRIT, "N1", 6000, "LTR"), "blend")
    refused(trade, event | {"inputEPCList": [case(run, 0)]}, no.SumDiffers)
    trade.submit(event | {"inputEPCList": [case(run, 0), case(run, 1)]}, by=BRAND)
    assert custody.held(trade.db, BRAND, LIQUOR, "B1") == 48


def test_more_inputs_than_the_chain_takes_are_refused_at_the_door(trade: Trade) -> None:
    trade.harvest("G1", 1000)
    most = made(trade, [Lot(GRAIN, "G1", 1, "KGM")] * 64, Lot(SPIRIT, "S1", 50, "LTR"))
    signed = message(most, by=BRAND)
    more = signed | {"event": most | {"inputQuantityList": most["inputQuantityList"] * 2}}
    with pytest.raises(Malformed) as caught:
        capture.submit(trade.db, more, domain=DOMAIN, now=trade.at, reactions=REACTIONS)
    assert caught.value.details["field"] == "inputQuantityList"
    trade.submit(most, by=BRAND)


# Measures


def test_bottles_are_not_weighed_nor_poured(trade: Trade, run: CodeRun) -> None:
    shipment = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), [case(run, 0)])
    said = refused(trade, measured(shipment, 0.006, "KGM"), refusals.MeasureDiffers)
    assert (said["born_in"], said["says"]) == ("bottles", "KGM")
    trade.move(6, to=STORE, epcs=[case(run, 1)])
    sale = events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 3))
    refused(trade, measured(sale, 0.003, "LTR"), refusals.MeasureDiffers, by=STORE)


def test_grain_is_not_counted_in_litres_when_it_is_used_up(trade: Trade) -> None:
    trade.harvest("G1", 1000)
    refused(trade, made(trade, [Lot(GRAIN, "G1", 900, "LTR")], Lot(SPIRIT, "S1", 50, "LTR")), refusals.MeasureDiffers)


def test_goods_with_codes_are_born_in_bottles(trade: Trade, run: CodeRun) -> None:
    draw = Random(7).randbytes
    catalog.add_code_run(trade.db, make_run(LIQUOR, "B2", 6, 6, "06900000", draw, first_case=7_000_000), now=trade.at)
    event = made(trade, [Lot(LIQUOR, "B1", 6)], Lot(LIQUOR, "B2", 6000, "LTR"), "blend")
    refused(trade, event | {"inputEPCList": [case(run, 0)]}, refusals.MeasureDiffers)


# Codes


def test_who_was_sent_a_whole_batch_does_not_commission_it(trade: Trade) -> None:
    enrol(trade.db, MAKER, roles=("producer",))
    trade.bottle("B7", 12)
    trade.move(12, to=MAKER, batch="B7")
    event = events.commission(trade.place(MAKER), Lot(LIQUOR, "B7", 12), b"\x07" * 32)
    assert refused(trade, event, refusals.NotMaker, by=MAKER)["maker"] == BRAND
    trade.move(12, by=MAKER, to=BRAND, batch="B7")
    trade.codes("B7", 12)
    assert units.sums(trade.db, LIQUOR, "B7") == [(LIQUOR, "B7", BRAND, "held", 12)]


def test_a_root_of_no_code_run_does_not_freeze_the_batch(trade: Trade) -> None:
    refused(trade, events.commission(trade.place(BRAND), Lot(LIQUOR, "B1", 60), b"\x07" * 32), refusals.NoCodeRun)
    trade.move(6, to=DEALER)
    trade.move(6, by=DEALER, to=BRAND)
    trade.codes("B1", 60)


def test_codes_made_after_goods_went_out_stop_none_of_them(trade: Trade) -> None:
    under_way = trade.ship(6, to=DEALER)
    catalog.add_product(trade.db, PRODUCT, now=trade.at)
    late = make_run(LIQUOR, "B1", 60, 6, "06900000", Random(3).randbytes, first_case=9_000_000)
    catalog.add_code_run(trade.db, late, now=trade.at)
    trade.receive(6, under_way, by=DEALER)
    trade.move(6, by=DEALER, to=BRAND)
    refused(trade, events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER)), no.CodesNotInForce)
    trade.submit(events.commission(trade.place(BRAND), Lot(LIQUOR, "B1", 60), late.root), by=BRAND)
    assert rebuilding.compare(trade.db) is None


# Names


def test_goods_without_codes_carry_nobody_elses_units(trade: Trade, run: CodeRun, plain: Trade) -> None:
    trade.move(6, to=OTHER_DEALER, epcs=[case(run, 0)])
    for named in (case(run, 0), bottle(run, 30), item_uri(LIQUOR, "NOBODYS1")):
        event = events.ship(trade.place(BRAND), Lot(PLAIN, "X1", 3), Parties(BRAND, DEALER), [named])
        assert refused(trade, event, no.OtherBatch)["unit"] == named
    assert custody.receivers_of_units(trade.db, [bottle(run, 30)]) == {}


def test_goods_without_codes_carry_no_case_of_a_run_that_is_not_in_force_yet(trade: Trade, plain: Trade) -> None:
    catalog.add_product(trade.db, PRODUCT, now=trade.at)
    waiting = make_run(LIQUOR, "B1", 60, 6, "06900000", Random(4).randbytes, first_case=8_000_000)
    catalog.add_code_run(trade.db, waiting, now=trade.at)
    event = events.ship(trade.place(BRAND), Lot(PLAIN, "X1", 6), Parties(BRAND, DEALER), [case(waiting, 0)])
    refused(trade, event, no.OtherBatch)


def test_goods_without_codes_may_say_their_own_labels_but_no_more_than_there_are(plain: Trade) -> None:
    labels = [case_uri(sscc(number)) for number in range(700, 703)]
    two = events.ship(plain.place(BRAND), Lot(PLAIN, "X1", 2), Parties(BRAND, DEALER), labels)
    refused(plain, two, no.SumDiffers)
    plain.submit(events.ship(plain.place(BRAND), Lot(PLAIN, "X1", 3), Parties(BRAND, DEALER), labels), by=BRAND)


def test_an_inspection_names_bottles_of_its_batch(trade: Trade, run: CodeRun) -> None:
    trade.bottle("B2", 12)
    other = trade.codes("B2", 12)
    lot = Lot(LIQUOR, "B1", 0)
    inspected = events.inspect(trade.place(BRAND), lot) | {"epcList": [bottle(other, 0)]}
    refused(trade, inspected, no.OtherBatch)
    refused(trade, inspected | {"epcList": [item_uri(LIQUOR, "NOBODYS1")]}, no.UnitUnknown)
    trade.submit(inspected | {"epcList": [bottle(run, 0)]}, by=BRAND)


# Times


def test_nobody_inspects_ages_or_recalls_before_the_birth(trade: Trade) -> None:
    early, lot = At(trade.at - timedelta(days=5), BRAND), Lot(LIQUOR, "B1", 0)
    for event in (events.inspect(early, lot), events.age(early, lot), events.recall(early, lot)):
        refused(trade, event, no.BeforeBirth)


def test_goods_are_not_lost_on_the_way_before_they_left(plain: Trade) -> None:
    plain.at += timedelta(days=2)
    shipped = plain.submit(
        events.ship(plain.place(BRAND), Lot(PLAIN, "X1", 10), Parties(BRAND, DEALER)), by=BRAND
    ).evidence
    for by in (DEALER, BRAND):
        early = events.write_off(At(plain.at - timedelta(days=1), by), Lot(PLAIN, "X1", 10), consignment=shipped)
        refused(plain, early, refusals.BeforeShipment, by=by)
    plain.submit(events.write_off(plain.place(DEALER), Lot(PLAIN, "X1", 10), consignment=shipped), by=DEALER)


# Births taken back


def test_what_moved_of_a_batch_that_was_taken_back_is_nothing_of_the_new_one(plain: Trade) -> None:
    spirit = Lot(SPIRIT, "S9", 200, "LTR")
    birth = made(plain, [spirit], Lot(PLAIN, "X2", 50), "bottle")
    plain.submit(birth, by=BRAND)
    out = events.ship(plain.place(BRAND), Lot(PLAIN, "X2", 10), Parties(BRAND, DEALER))
    shipped = plain.submit(out, by=BRAND).evidence
    back = events.return_(plain.place(DEALER), Lot(PLAIN, "X2", 10), Parties(DEALER, BRAND), shipped)
    plain.submit(back, by=DEALER)
    plain.submit(events.declared_wrong(birth, plain.place(BRAND).time), by=BRAND)
    plain.submit(made(plain, [spirit], Lot(PLAIN, "X2", 40), "bottle"), by=BRAND)
    wrong = events.declared_wrong(back, plain.place(DEALER).time)
    refused(plain, wrong, refusals.UnknownConsignment, by=DEALER)
    again = events.receive(plain.place(DEALER), Lot(PLAIN, "X2", 10), Parties(BRAND, DEALER), shipped)
    refused(plain, again, refusals.UnknownConsignment, by=DEALER)
    assert custody.held(plain.db, BRAND, PLAIN, "X2") == 40


# Recalls of units


def recall(trade: Trade, epcs: list[str], quantity: int) -> dict[str, Any]:
    return events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", quantity), epcs)


def lift(trade: Trade, epcs: list[str], quantity: int) -> dict[str, Any]:
    return events.lift(trade.place(BRAND), Lot(LIQUOR, "B1", quantity), epcs)


def test_a_recall_that_names_units_never_stops_the_batch(trade: Trade, run: CodeRun) -> None:
    one = [bottle(run, 0)]
    refused(trade, bare(recall(trade, one, 1)), Malformed)
    refused(trade, recall(trade, one, 0), Malformed)
    refused(trade, recall(trade, one, 59), no.SumDiffers)
    refused(trade, recall(trade, one, 60), no.SumDiffers)
    refused(trade, recall(trade, one, 61), refusals.MoreThanBorn)
    refused(trade, recall(trade, [bottle(run, 0), bottle(run, 1)], 1), no.SumDiffers)
    trade.submit(recall(trade, [case(run, number) for number in range(10)], 60), by=BRAND)
    assert not custody.is_recalled(trade.db, LIQUOR, "B1")
    event = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), [case(run, 3)])
    refused(trade, event, no.UnitRecalled)


def test_units_are_freed_in_any_order_and_spelling_and_all_at_once(trade: Trade, run: CodeRun) -> None:
    a, b = bottle(run, 0), bottle(run, 7)
    trade.submit(recall(trade, [a, b], 2), by=BRAND)
    assert refused(trade, lift(trade, [a], 1), refusals.NotRecalled)["recalled"] == 0
    refused(trade, lift(trade, [a, b], 1), refusals.NotRecalled)
    written = f"https://brand.example/01/{LIQUOR}/10/B1/21/{run.units[0].serial}"
    trade.submit(lift(trade, [b, written], 2), by=BRAND)
    assert custody.list_recalled_units(trade.db) == []
    trade.submit(recall(trade, [b, a], 2), by=BRAND)
    refused(trade, recall(trade, [a, b], 2), refusals.Recalled)


def test_a_lift_frees_what_the_recall_stopped_wherever_it_lies_now(trade: Trade, run: CodeRun) -> None:
    trade.submit(recall(trade, [case(run, 0)], 6), by=BRAND)
    trade.unpack(run.cases[0].sscc, [bottle(run, 0)])
    trade.submit(lift(trade, [case(run, 0)], 6), by=BRAND)
    event = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 1), Parties(BRAND, DEALER), [bottle(run, 0)])
    trade.submit(event, by=BRAND)


def test_a_shipment_is_corrected_after_a_recall_and_its_lift_and_during_one(trade: Trade, run: CodeRun) -> None:
    wrong = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), [case(run, 0)])
    before = units.sums(trade.db)
    trade.submit(wrong, by=BRAND)
    trade.submit(recall(trade, [bottle(run, 0)], 1), by=BRAND)
    trade.submit(lift(trade, [bottle(run, 0)], 1), by=BRAND)
    trade.submit(events.declared_wrong(wrong, trade.place(BRAND).time), by=BRAND)
    assert units.sums(trade.db) == before
    second = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, WAREHOUSE), [case(run, 0)])
    trade.submit(second, by=BRAND)
    trade.submit(recall(trade, [bottle(run, 0)], 1), by=BRAND)
    trade.submit(events.declared_wrong(second, trade.place(BRAND).time), by=BRAND)
    still = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), [case(run, 0)])
    refused(trade, still, no.UnitRecalled)
    assert rebuilding.compare(trade.db) is None


def test_a_recalled_bottle_is_not_made_free_by_taking_its_codes_back(trade: Trade, run: CodeRun) -> None:
    commissioned = events.commission(At(trade.at, BRAND), Lot(LIQUOR, "B1", 60), run.root)
    evidence = trade.submit(recall(trade, [bottle(run, 0)], 1), by=BRAND).evidence
    said = refused(trade, events.declared_wrong(commissioned, trade.place(BRAND).time), no.LaterEventStands)
    assert said["against"] == evidence.hex()


# A sale is a sale


def test_a_sale_that_names_a_shipment_is_taken_from_what_is_held(plain: Trade) -> None:
    out = events.ship(plain.place(BRAND), Lot(PLAIN, "X1", 10), Parties(BRAND, STORE))
    shipped = plain.submit(out, by=BRAND).evidence
    about = {"bizTransactionList": [{"type": "desadv", "bizTransaction": events.evidence_uri(shipped)}]}
    refused(plain, events.sell(plain.place(STORE), Lot(PLAIN, "X1", 2)) | about, refusals.NotHeld, by=STORE)
    plain.submit(events.receive(plain.place(STORE), Lot(PLAIN, "X1", 4), Parties(BRAND, STORE), shipped), by=STORE)
    sale = events.sell(plain.place(STORE), Lot(PLAIN, "X1", 2)) | about
    plain.submit(sale, by=STORE)
    account = next(each for each in custody.list_accounts(plain.db) if each.batch.batch == "X1")
    assert (account.sold, account.lost, account.in_transit) == (2, 0, 6)
    plain.submit(events.declared_wrong(sale, plain.place(STORE).time), by=STORE)
    assert custody.held(plain.db, STORE, PLAIN, "X1") == 4
