"""Dealers who never sign: what the sender shows to have been delivered counts for them, marked, until they answer."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.capture.rules import ToldTooLate
from backend.custody import rebuilding, refusals
from backend.custody import service as custody
from backend.custody.rules import TrailStep
from backend.identity import service as identity
from backend.units import refusals as no
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.capture import Step, capture_of
from scanner.device.events import Lot, Parties, case_uri
from tests.kit import units_stage
from tests.kit.people import BRAND, DEALER, LIQUOR, OTHER_DEALER, WAREHOUSE, enrol, sscc
from tests.kit.trade import Trade, bottle_of
from tests.kit.units_stage import books, case

pytestmark = pytest.mark.integration
refused = partial(units_stage.refused, by=WAREHOUSE)
WAYBILL = "urn:sf-express:waybill:SF1400"


@pytest.fixture
def run(trade: Trade) -> CodeRun:
    """Sixty bottles in ten cases of six, all at the warehouse."""
    made = trade.codes(quantity=60)
    trade.move(60, to=WAREHOUSE, epcs=[case(made, number) for number in range(10)])
    return made


def send(trade: Trade, run: CodeRun, *numbers: int, to: str = DEALER) -> bytes:
    return trade.ship(6 * len(numbers), to=to, by=WAREHOUSE, epcs=[case(run, number) for number in numbers])


def arriving(
    trade: Trade,
    consignment: bytes,
    epcs: list[str] | None = None,
    quantity: int = 6,
    *,
    by: str = WAREHOUSE,
    parties: Parties | None = None,
    batch: str = "B1",
) -> dict[str, Any]:
    said = parties or Parties(WAREHOUSE, DEALER)
    return events.arrive(trade.place(by), Lot(LIQUOR, batch, quantity), said, consignment, epcs or [], waybill=WAYBILL)


def deliver(trade: Trade, consignment: bytes, epcs: list[str] | None = None, quantity: int = 6) -> bytes:
    return trade.submit(arriving(trade, consignment, epcs, quantity), by=WAREHOUSE).evidence


def answering(trade: Trade, run: CodeRun, index: int) -> tuple[str, bool] | None:
    found = custody.answer_at(trade.db, bottle_of(run, index), trade.at)
    return found and (found.gln, found.signed)


def shipment(trade: Trade, run: CodeRun, index: int = 0) -> TrailStep:
    return next(step for step in reversed(custody.trail(trade.db, bottle_of(run, index))) if step.step is Step.SHIP)


def is_rebuildable(trade: Trade) -> bool:
    return rebuilding.compare(trade.db) is None


def test_who_never_signs_answers_from_the_day_of_arrival_marked_as_not_signed_by_him(
    trade: Trade, run: CodeRun
) -> None:
    sent = send(trade, run, 0, 1)
    on_the_way = trade.at
    assert answering(trade, run, 0) == (WAREHOUSE, True), "on the way the sender answers"
    told = deliver(trade, sent, [case(run, 0)])
    assert answering(trade, run, 0) == (DEALER, False)
    assert custody.holder_at(trade.db, bottle_of(run, 0), trade.at) == DEALER
    assert custody.holder_at(trade.db, bottle_of(run, 0), on_the_way) == WAREHOUSE, "not before it arrived"
    assert answering(trade, run, 6) == (WAREHOUSE, True), "the case beside it was not delivered"
    got = custody.receivers_of_units(trade.db, [bottle_of(run, 0).uri])[bottle_of(run, 0).uri]
    assert [(gln, evidence) for gln, _, evidence in got][-1] == (DEALER, told)
    delivery = shipment(trade, run).delivery
    assert delivery is not None
    assert (delivery.evidence, delivery.addressee, delivery.papers) == (told, DEALER, (WAYBILL,))
    assert is_rebuildable(trade)


def test_it_moves_no_custody_and_no_balance(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    before = books(trade)
    event = arriving(trade, sent)
    assert capture_of(event).step is Step.NONE, "on chain it is evidence and nothing else"
    trade.submit(event, by=WAREHOUSE)
    after = books(trade)
    assert len(after.pop("delivery")) == len(before.pop("delivery")) + 1
    assert after == before


def test_the_mark_goes_when_he_signs_and_the_day_stays(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    deliver(trade, sent)
    arrived = trade.at
    trade.at += timedelta(days=5)
    trade.receive(6, sent, by=DEALER, frm=WAREHOUSE)
    found = custody.answer_at(trade.db, bottle_of(run, 0), arrived + timedelta(days=1))
    assert found is not None
    assert (found.gln, found.signed, found.since) == (DEALER, True, arrived), "he says himself that he got it"
    assert shipment(trade, run).delivery is None
    assert is_rebuildable(trade)


def test_who_signed_for_all_that_was_told_is_not_told_again_because_of_the_rest(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0, 1, 2)
    deliver(trade, sent, [case(run, 0), bottle_of(run, 6).uri], 7)
    for left, number in ((1, 0), (0, 1)):
        assert custody.count_told_arrived(trade.db, DEALER) == 1
        trade.receive(6, sent, by=DEALER, frm=WAREHOUSE, epcs=[case(run, number)])
        assert custody.count_told_arrived(trade.db, DEALER) == left, "the third case is still on its way"
    assert custody.count_told_arrived(trade.db, None) == 0


def test_the_mark_goes_when_the_sender_declares_his_proof_an_error_and_it_can_be_told_again(
    trade: Trade, run: CodeRun
) -> None:
    sent = send(trade, run, 0)
    event = arriving(trade, sent)
    trade.submit(event, by=WAREHOUSE)
    trade.at += timedelta(hours=1)
    trade.submit(events.declared_wrong(event, trade.at), by=WAREHOUSE)
    assert answering(trade, run, 0) == (WAREHOUSE, True)
    assert shipment(trade, run).delivery is None
    deliver(trade, sent)
    assert answering(trade, run, 0) == (DEALER, False)
    assert is_rebuildable(trade)


def test_only_the_sender_takes_his_proof_back(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    event = arriving(trade, sent)
    trade.submit(event, by=WAREHOUSE)
    refused(trade, events.declared_wrong(event, trade.at), refusals.NotYourEvent, by=DEALER)


@pytest.mark.parametrize("way", ["returns", "writes off"])
def test_an_addressee_who_never_got_it_says_so_and_the_sender_answers_again(
    trade: Trade, run: CodeRun, way: str
) -> None:
    sent = send(trade, run, 0)
    deliver(trade, sent)
    between = trade.at
    lot = Lot(LIQUOR, "B1", 6)
    if way == "returns":
        said = events.return_(trade.place(DEALER), lot, Parties(DEALER, WAREHOUSE), sent, [case(run, 0)])
    else:
        said = events.write_off(trade.place(DEALER), lot, [case(run, 0)], consignment=sent)
    trade.submit(said, by=DEALER)
    assert answering(trade, run, 0) == (WAREHOUSE, False), "by the addressee's word alone, until he confirms it"
    before = custody.answer_at(trade.db, bottle_of(run, 0), between)
    assert before is not None
    assert (before.gln, before.signed) == (DEALER, False), "until then the mark stands, with its doubt"
    assert is_rebuildable(trade)


def test_a_receipt_that_is_declared_an_error_brings_the_mark_back(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    deliver(trade, sent)
    lot, parties = Lot(LIQUOR, "B1", 6), Parties(WAREHOUSE, DEALER)
    receipt = events.receive(trade.place(DEALER), lot, parties, sent, [case(run, 0)])
    trade.submit(receipt, by=DEALER)
    trade.submit(events.declared_wrong(receipt, trade.at), by=DEALER)
    assert answering(trade, run, 0) == (DEALER, False)
    assert is_rebuildable(trade)


def test_an_honest_receipt_may_be_dated_before_the_sender_says_it_arrived(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    lot, parties = Lot(LIQUOR, "B1", 6), Parties(WAREHOUSE, DEALER)
    receipt = events.receive(trade.place(DEALER), lot, parties, sent, [case(run, 0)])
    deliver(trade, sent)
    trade.submit(receipt, by=DEALER)
    assert answering(trade, run, 0) == (DEALER, True)


def test_what_is_told_late_counts_from_the_telling(trade: Trade, run: CodeRun) -> None:
    """Else a sender could see where bottles were read and choose the day of arrival to fit."""
    sent = send(trade, run, 0)
    event = arriving(trade, sent)
    arrived = trade.at
    trade.at += timedelta(days=6)
    trade.submit(event, by=WAREHOUSE)
    told = shipment(trade, run).delivery
    assert told is not None
    assert told.late
    assert custody.holder_at(trade.db, bottle_of(run, 0), arrived + timedelta(days=3)) == WAREHOUSE
    assert answering(trade, run, 0) == (DEALER, False)
    trade.at += timedelta(days=30)
    details = refused(trade, {**event, "eventID": "urn:uuid:1"}, ToldTooLate)
    assert details["days"] == 14


def test_a_bottle_on_a_pallet_arrives_with_the_pallet(trade: Trade, run: CodeRun) -> None:
    pallet = case_uri(sscc(900))
    trade.pack(sscc(900), [case(run, 0), case(run, 1)], by=WAREHOUSE)
    sent = trade.ship(12, to=DEALER, by=WAREHOUSE, epcs=[pallet])
    deliver(trade, sent, [case(run, 1)])
    assert (answering(trade, run, 0), answering(trade, run, 6)) == ((WAREHOUSE, True), (DEALER, False))
    details = refused(trade, arriving(trade, sent, [pallet], 12), no.AlreadyDelivered)
    assert details["against"]
    deliver(trade, sent, [case(run, 0)])
    assert answering(trade, run, 0) == (DEALER, False)


def test_all_that_is_open_is_meant_when_none_is_named(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0, 1, 2)
    trade.receive(6, sent, by=DEALER, frm=WAREHOUSE, epcs=[case(run, 0)])
    deliver(trade, sent, [case(run, 1)])
    deliver(trade, sent)
    assert [answering(trade, run, index) for index in (0, 6, 12)] == [(DEALER, True), (DEALER, False), (DEALER, False)]
    refused(trade, arriving(trade, sent), no.AlreadyDelivered)


# How a sender could frame an addressee, and what is said to him


def test_nobody_shows_a_delivery_of_what_another_sent(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    details = refused(trade, arriving(trade, sent, by=OTHER_DEALER), refusals.NotItsSender, by=OTHER_DEALER)
    assert (details["sender"], details["party"]) == (WAREHOUSE, OTHER_DEALER)
    refused(trade, arriving(trade, sent, by=DEALER), refusals.SignForIt, by=DEALER)
    details = refused(trade, arriving(trade, sent, parties=Parties(WAREHOUSE, OTHER_DEALER)), refusals.NotAddressee)
    assert (details["addressee"], details["says"]) == (DEALER, OTHER_DEALER)
    refused(trade, arriving(trade, sent, parties=Parties(BRAND, DEALER)), refusals.NotItsSender)


def test_a_delivery_is_of_a_shipment_that_is_on_its_way(trade: Trade, run: CodeRun) -> None:
    assert refused(trade, arriving(trade, bytes(32)), refusals.UnknownConsignment)["consignment"] == bytes(32).hex()
    sent = send(trade, run, 0)
    refused(trade, arriving(trade, sent, batch="B2"), refusals.UnknownConsignment)
    early = {**arriving(trade, sent), "eventTime": (trade.at - timedelta(hours=3)).isoformat()}
    assert refused(trade, early, refusals.BeforeShipment)["shipped_at"]
    receipt = trade.receive(6, sent, by=DEALER, frm=WAREHOUSE)
    assert refused(trade, arriving(trade, sent), refusals.NothingUnderWay)["against"] == receipt.hex()


def test_a_delivery_names_what_travels_in_it_and_adds_up(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0, 1)
    other = send(trade, run, 2)
    details = refused(trade, arriving(trade, sent, [case(run, 2)]), no.NotInConsignment)
    assert (details["unit"], details["against"]) == (case(run, 2), other.hex())
    details = refused(trade, arriving(trade, sent, [case(run, 3)]), no.NotInConsignment)
    assert details["state"] == "held"
    assert refused(trade, arriving(trade, sent, [case(run, 0)], 5), no.SumDiffers)["bottles"] == 6
    refused(trade, arriving(trade, sent, [case(run, 0), bottle_of(run, 0).uri], 7), no.NamedTwice)
    refused(trade, arriving(trade, sent, [case_uri(sscc(7777))]), no.UnitUnknown)
    told = deliver(trade, sent, [case(run, 0)])
    details = refused(trade, arriving(trade, sent, [bottle_of(run, 0).uri], 1), no.AlreadyDelivered)
    assert details["against"] == told.hex()


def test_nobody_is_made_to_answer_who_may_not_sign(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", 6), [case(run, 0)]), by=BRAND)
    assert refused(trade, arriving(trade, sent), no.UnitRecalled)["inside"] == case(run, 0)
    trade.submit(events.lift(trade.place(BRAND), Lot(LIQUOR, "B1", 6), [case(run, 0)]), by=BRAND)
    trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", 0)), by=BRAND)
    assert refused(trade, arriving(trade, sent), refusals.Recalled)["addressee"] == DEALER
    trade.submit(events.lift(trade.place(BRAND), Lot(LIQUOR, "B1", 0)), by=BRAND)
    identity.set_standing(trade.db, DEALER, "suspended")
    assert refused(trade, arriving(trade, sent), refusals.PartyNotActive)["party"] == DEALER


def test_a_shipment_on_which_a_proof_of_delivery_stands_is_not_taken_back(trade: Trade, run: CodeRun) -> None:
    lot, parties = Lot(LIQUOR, "B1", 6), Parties(WAREHOUSE, DEALER)
    event = events.ship(trade.place(WAREHOUSE), lot, parties, [case(run, 0)])
    sent = trade.submit(event, by=WAREHOUSE).evidence
    told = deliver(trade, sent)
    details = refused(trade, events.declared_wrong(event, trade.at), no.LaterEventStands)
    assert details["against"] == told.hex()


def test_goods_without_codes_are_counted(session: Session) -> None:
    enrol(session)
    trade = Trade(session)
    trade.bottle(quantity=60)
    sent = trade.ship(20, to=DEALER)

    def told(quantity: int) -> dict[str, Any]:
        said = Parties(BRAND, DEALER)
        return events.arrive(trade.place(BRAND), Lot(LIQUOR, "B1", quantity), said, sent)

    trade.submit(told(12), by=BRAND)
    assert refused(trade, told(9), no.AlreadyDelivered, by=BRAND)["left"] == 8
    trade.submit(told(8), by=BRAND)
    assert [each.quantity for each in custody.list_deliveries(session, [sent])] == [12, 8]
    assert is_rebuildable(trade)


def test_an_arrival_of_no_shipment_of_ours_stays_evidence(trade: Trade) -> None:
    event = arriving(trade, bytes(32))
    del event["bizTransactionList"]
    trade.submit(event, by=WAREHOUSE)
    assert trade.db.execute(text("select count(*) from delivery")).scalar_one() == 0


# How much of what was told is still not signed for


def unsigned(trade: Trade, sent: bytes) -> list[int]:
    return [each.quantity for each in custody.list_unsigned(trade.db, [sent])]


@pytest.mark.parametrize("how", ["signs", "sends back", "writes off"])
def test_only_what_was_told_and_is_still_under_way_stays_unsigned(trade: Trade, run: CodeRun, how: str) -> None:
    sent = send(trade, run, 0, 1, 2, 3)
    deliver(trade, sent, [case(run, 0)])
    deliver(trade, sent, [case(run, 1), case(run, 2)], 12)
    assert unsigned(trade, sent) == [18]

    def close(number: int) -> None:
        lot, named, at = Lot(LIQUOR, "B1", 6), [case(run, number)], trade.place(DEALER)
        said = {
            "signs": events.receive(at, lot, Parties(WAREHOUSE, DEALER), sent, named),
            "sends back": events.return_(at, lot, Parties(DEALER, WAREHOUSE), sent, named),
            "writes off": events.write_off(at, lot, named, consignment=sent),
        }[how]
        trade.submit(said, by=DEALER)

    close(3)
    assert unsigned(trade, sent) == [18], "nobody told that this case was delivered"
    close(0)
    (left,) = custody.list_unsigned(trade.db, [sent])
    assert left.quantity == 12
    assert left.evidence == custody.list_deliveries(trade.db, [sent])[1].evidence, "of the delivery that is still open"
    close(1)
    assert unsigned(trade, sent) == [6]
    close(2)
    assert unsigned(trade, sent) == []


def test_a_delivery_of_other_units_is_not_open_because_the_rest_is(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0, 1)
    deliver(trade, sent, [case(run, 0)])
    lot, parties = Lot(LIQUOR, "B1", 6), Parties(WAREHOUSE, DEALER)
    receipt = events.receive(trade.place(DEALER), lot, parties, sent, [case(run, 0)])
    trade.submit(receipt, by=DEALER)
    assert (unsigned(trade, sent), custody.list_consignments(trade.db, evidences=[sent])[0].open) == ([], 6)
    trade.submit(events.declared_wrong(receipt, trade.at), by=DEALER)
    assert unsigned(trade, sent) == [6]


def test_single_bottles_out_of_a_delivered_pallet_are_signed_for_one_by_one(trade: Trade, run: CodeRun) -> None:
    trade.pack(sscc(900), [case(run, 0), case(run, 1)], by=WAREHOUSE)
    sent = trade.ship(12, to=DEALER, by=WAREHOUSE, epcs=[case_uri(sscc(900))])
    deliver(trade, sent, [case_uri(sscc(900))], 12)
    trade.receive(1, sent, by=DEALER, frm=WAREHOUSE, epcs=[bottle_of(run, 0).uri])
    assert unsigned(trade, sent) == [11]


def test_of_goods_without_codes_what_is_signed_for_is_what_was_told_before(session: Session) -> None:
    enrol(session)
    trade = Trade(session)
    trade.bottle(quantity=60)
    sent = trade.ship(30, to=DEALER)

    def told(quantity: int) -> dict[str, Any]:
        return events.arrive(trade.place(BRAND), Lot(LIQUOR, "B1", quantity), Parties(BRAND, DEALER), sent)

    trade.receive(6, sent, by=DEALER)
    trade.submit(told(6), by=BRAND)
    assert unsigned(trade, sent) == [6], "what he signed before was told of by nobody"
    assert refused(trade, told(19), no.AlreadyDelivered, by=BRAND)["left"] == 18
    trade.receive(4, sent, by=DEALER)
    assert unsigned(trade, sent) == [2]
    back = events.return_(trade.place(DEALER), Lot(LIQUOR, "B1", 2), Parties(DEALER, BRAND), sent)
    trade.submit(back, by=DEALER)
    assert unsigned(trade, sent) == []
    trade.submit(told(18), by=BRAND)
    assert unsigned(trade, sent) == [18]
    trade.receive(18, sent, by=DEALER)
    assert unsigned(trade, sent) == []
    assert is_rebuildable(trade)


def test_nobody_answers_from_before_the_shipment_was_taken(trade: Trade, run: CodeRun) -> None:
    """A sender without a network tells both in the evening: the day may be his word, not who answered for it."""
    arrives, shipped_at = trade.at + timedelta(hours=3), trade.at + timedelta(hours=20)
    trade.told_at = shipped_at
    sent = send(trade, run, 0)
    trade.at, trade.told_at = arrives, shipped_at + timedelta(minutes=5)
    event = arriving(trade, sent)
    trade.submit(event, by=WAREHOUSE)
    trade.at, trade.told_at = shipped_at + timedelta(days=1), None
    told = shipment(trade, run).delivery
    assert told is not None
    assert (told.late, told.since < shipped_at) == (False, True), "told within a day, of hours before"
    found = custody.answer_at(trade.db, bottle_of(run, 0), trade.at)
    assert found is not None
    assert (found.gln, found.since) == (DEALER, shipped_at)
    assert custody.holder_at(trade.db, bottle_of(run, 0), shipped_at - timedelta(hours=1)) == WAREHOUSE
    trade.receive(6, sent, by=DEALER, frm=WAREHOUSE)
    signed = custody.answer_at(trade.db, bottle_of(run, 0), trade.at)
    assert signed is not None
    assert (signed.signed, signed.since) == (True, shipped_at)
