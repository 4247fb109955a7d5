"""Captures through the service: what is taken, what is refused, and that a refusal changes nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.capabilities import REACTIONS
from backend.capture import rules as capture_rules
from backend.capture import service as capture
from backend.custody import refusals, rules
from backend.custody import service as custody
from backend.errors import Malformed
from backend.identity import keys
from backend.identity.rules import RevokedDevice, UnknownDevice
from backend.identity.store import set_standing
from scanner.device import events
from scanner.device.capture import Step
from scanner.device.events import At, Lot, Parties, case_uri
from tests.kit.people import (
    BRAND,
    DEALER,
    DOMAIN,
    GRAIN,
    LIQUOR,
    NOW,
    OTHER_DEALER,
    OUTSIDER,
    SPIRIT,
    STORE,
    enrol,
    gln,
    signer,
)
from tests.kit.trade import Trade, bottle_of, message

pytestmark = pytest.mark.integration


@pytest.fixture
def trade(session: Session) -> Trade:
    enrol(session)
    return Trade(session)


@pytest.fixture
def bottled(trade: Trade) -> Trade:
    trade.bottle(quantity=100)
    return trade


def held(trade: Trade, party: str) -> int:
    return custody.held(trade.db, party, LIQUOR, "B1")


def test_bottles_go_from_brand_to_dealer_to_store_and_over_the_counter(bottled: Trade) -> None:
    bottled.move(60, to=DEALER)
    bottled.move(24, to=STORE, by=DEALER)
    bottled.submit(events.sell(bottled.place(STORE), Lot(LIQUOR, "B1", 5)), by=STORE)
    assert [held(bottled, party) for party in (BRAND, DEALER, STORE)] == [40, 36, 19]
    (account,) = custody.list_accounts(bottled.db, [rules.BatchKey(LIQUOR, "B1")])
    assert (account.born, account.held, account.in_transit, account.sold) == (100, 95, 0, 5)


def test_a_blend_uses_its_inputs_up(trade: Trade) -> None:
    trade.harvest("G1", 500_000)
    trade.make("distil", [Lot(GRAIN, "G1", 400_000, "KGM")], Lot(SPIRIT, "S1", 90_000, "LTR"))
    assert custody.held(trade.db, BRAND, GRAIN, "G1") == 100_000
    assert custody.held(trade.db, BRAND, SPIRIT, "S1") == 90_000


def test_the_same_capture_again_gives_the_same_receipt_and_changes_nothing(bottled: Trade) -> None:
    event = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 10), Parties(BRAND, DEALER))
    first, second = bottled.submit(event, by=BRAND), bottled.submit(event, by=BRAND)
    assert (first.fresh, second.fresh) == (True, False)
    assert first.evidence == second.evidence
    assert held(bottled, BRAND) == 90


def refused(trade: Trade, event: dict, kind: type[Exception], *, by: str) -> Exception:  # type: ignore[type-arg]
    before = _books(trade.db)
    with pytest.raises(kind) as caught, trade.db.begin_nested():
        trade.submit(event, by=by)
    assert _books(trade.db) == before, "a refused capture must change nothing"
    return caught.value


def _books(db: Session) -> list[object]:
    return [
        list(db.execute(text(f"select * from {table} order by 1, 2, 3")))
        for table in ("capture", "batch_account", "holding", "movement", "consignment", "anchor")
    ]


def test_more_than_is_held_is_refused_with_both_numbers(bottled: Trade) -> None:
    event = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 101), Parties(BRAND, DEALER))
    error = refused(bottled, event, refusals.NotHeld, by=BRAND)
    assert (error.details["held"], error.details["asked"]) == (100, 101)  # type: ignore[attr-defined]


def test_a_second_receipt_finds_nothing_in_transit(bottled: Trade) -> None:
    shipped = bottled.move(10, to=DEALER)
    again = events.receive(bottled.place(DEALER), Lot(LIQUOR, "B1", 10), Parties(BRAND, DEALER), shipped)
    error = refused(bottled, again, refusals.NothingInTransit, by=DEALER)
    assert error.details["in_transit"] == 0  # type: ignore[attr-defined]


def test_only_the_addressee_receives(bottled: Trade) -> None:
    shipped = bottled.ship(10, to=DEALER)
    event = events.receive(bottled.place(OTHER_DEALER), Lot(LIQUOR, "B1", 10), Parties(BRAND, OTHER_DEALER), shipped)
    refused(bottled, event, refusals.NotAddressee, by=OTHER_DEALER)


def test_a_receipt_must_name_who_sent(bottled: Trade) -> None:
    shipped = bottled.ship(10, to=DEALER)
    event = events.receive(bottled.place(DEALER), Lot(LIQUOR, "B1", 10), Parties(STORE, DEALER), shipped)
    refused(bottled, event, refusals.NotSender, by=DEALER)


def test_a_receipt_of_nothing_shipped_is_refused(bottled: Trade) -> None:
    event = events.receive(bottled.place(DEALER), Lot(LIQUOR, "B1", 10), Parties(BRAND, DEALER), bytes(32))
    refused(bottled, event, refusals.UnknownConsignment, by=DEALER)


def test_what_is_not_taken_goes_back_to_the_sender(bottled: Trade) -> None:
    shipped = bottled.ship(10, to=DEALER)
    bottled.receive(7, shipped, by=DEALER)
    back = events.return_(bottled.place(DEALER), Lot(LIQUOR, "B1", 3), Parties(DEALER, BRAND), shipped)
    bottled.submit(back, by=DEALER)
    assert (held(bottled, BRAND), held(bottled, DEALER)) == (93, 7)
    consigned = custody.find_consignment(bottled.db, shipped)
    assert consigned is not None
    assert (consigned.received, consigned.returned, consigned.open) == (7, 3, 0)


def test_goods_lost_on_the_way_are_written_off_by_their_sender(bottled: Trade) -> None:
    shipped = bottled.ship(10, to=DEALER)
    bottled.submit(events.write_off(bottled.place(BRAND), Lot(LIQUOR, "B1", 4), consignment=shipped), by=BRAND)
    (account,) = custody.list_accounts(bottled.db, [rules.BatchKey(LIQUOR, "B1")])
    assert (account.in_transit, account.lost, account.held) == (6, 4, 90)


def test_a_recalled_batch_moves_only_back_to_a_maker(bottled: Trade) -> None:
    bottled.move(10, to=DEALER)
    bottled.submit(events.recall(bottled.place(BRAND), Lot(LIQUOR, "B1", 0)), by=BRAND)
    assert custody.is_recalled(bottled.db, LIQUOR, "B1")
    onwards = events.ship(bottled.place(DEALER), Lot(LIQUOR, "B1", 10), Parties(DEALER, STORE))
    refused(bottled, onwards, refusals.Recalled, by=DEALER)
    refused(bottled, events.sell(bottled.place(DEALER), Lot(LIQUOR, "B1", 1)), refusals.Recalled, by=DEALER)
    bottled.move(10, to=BRAND, by=DEALER)
    assert held(bottled, BRAND) == 100
    bottled.submit(events.lift(bottled.place(BRAND), Lot(LIQUOR, "B1", 0)), by=BRAND)
    bottled.move(10, to=DEALER)
    assert held(bottled, DEALER) == 10


def test_a_recall_is_said_once(bottled: Trade) -> None:
    refused(bottled, events.lift(bottled.place(BRAND), Lot(LIQUOR, "B1", 0)), refusals.NotRecalled, by=BRAND)
    bottled.submit(events.recall(bottled.place(BRAND), Lot(LIQUOR, "B1", 0)), by=BRAND)
    refused(bottled, events.recall(bottled.place(BRAND), Lot(LIQUOR, "B1", 0)), refusals.Recalled, by=BRAND)


def test_a_dealer_makes_nothing(trade: Trade) -> None:
    event = events.harvest(trade.place(DEALER), Lot(GRAIN, "X1", 5, "KGM"))
    refused(trade, event, refusals.RoleNotAllowed, by=DEALER)


def test_a_batch_is_born_once(bottled: Trade) -> None:
    event = events.harvest(bottled.place(BRAND), Lot(LIQUOR, "B1", 5))
    refused(bottled, event, refusals.BatchExists, by=BRAND)


def test_nothing_is_shipped_of_a_batch_never_born(trade: Trade) -> None:
    event = events.ship(trade.place(BRAND), Lot(LIQUOR, "NONE", 5), Parties(BRAND, DEALER))
    refused(trade, event, refusals.UnknownBatch, by=BRAND)


def test_codes_of_a_batch_come_into_force_once_when_it_is_bottled(trade: Trade) -> None:
    lot = Lot(LIQUOR, "B1", 0)
    refused(trade, events.commission(trade.place(BRAND), lot, b"\x01" * 32), refusals.UnknownBatch, by=BRAND)
    trade.bottle(quantity=100)
    trade.codes(quantity=100)
    event = events.commission(trade.place(BRAND), lot, b"\x02" * 32)
    refused(trade, event, refusals.UnitsCommissioned, by=BRAND)


def test_a_suspended_party_neither_ships_nor_is_shipped_to(bottled: Trade) -> None:
    bottled.move(10, to=DEALER)
    set_standing(bottled.db, DEALER, "suspended")
    out = events.ship(bottled.place(DEALER), Lot(LIQUOR, "B1", 1), Parties(DEALER, STORE))
    refused(bottled, out, refusals.PartyNotActive, by=DEALER)
    to = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 1), Parties(BRAND, DEALER))
    refused(bottled, to, refusals.PartyNotActive, by=BRAND)


def test_nobody_ships_for_another(bottled: Trade) -> None:
    event = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 1), Parties(BRAND, DEALER))
    refused(bottled, event, capture_rules.NotTheActor, by=STORE)


def test_an_unknown_device_is_not_believed(bottled: Trade) -> None:
    event = events.ship(bottled.place(OUTSIDER), Lot(LIQUOR, "B1", 1), Parties(OUTSIDER, DEALER))
    refused(bottled, event, UnknownDevice, by=OUTSIDER)


def test_a_revoked_device_is_not_believed(bottled: Trade) -> None:
    keys.revoke(bottled.db, signer(BRAND), now=NOW)
    event = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 1), Parties(BRAND, DEALER))
    refused(bottled, event, RevokedDevice, by=BRAND)


def submit_raw(trade: Trade, value: object) -> None:
    capture.submit(trade.db, value, domain=DOMAIN, now=NOW, reactions=REACTIONS)


def test_an_unsigned_capture_is_untrusted(trade: Trade) -> None:
    event = events.harvest(trade.place(BRAND), Lot(GRAIN, "G1", 5, "KGM"))
    with pytest.raises(capture_rules.Unsigned):
        submit_raw(trade, {"event": event, "signer": "0x" + signer(BRAND).hex()})


def test_a_signature_over_other_numbers_is_untrusted(trade: Trade) -> None:
    said = message(events.harvest(trade.place(BRAND), Lot(GRAIN, "G1", 5000, "KGM")), by=BRAND)
    said["event"]["quantityList"][0]["quantity"] = 6
    with pytest.raises(capture_rules.WronglySigned):
        submit_raw(trade, said)


def test_an_event_of_tomorrow_is_not_believed(trade: Trade) -> None:
    event = events.harvest(At(NOW + timedelta(minutes=11), BRAND), Lot(GRAIN, "G1", 5000, "KGM"))
    refused(trade, event, capture_rules.FromTheFuture, by=BRAND)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"type": "Nothing"}, "type"),
        ({"quantityList": []}, "quantityList"),
        ({"bizStep": "shipping"}, "destinationList"),
    ],
)
def test_a_malformed_event_is_refused_with_its_field(trade: Trade, change: dict[str, object], field: str) -> None:
    said = message(events.harvest(trade.place(BRAND), Lot(GRAIN, "G1", 5000, "KGM")), by=BRAND)
    said["event"] |= change
    with pytest.raises(Malformed) as caught:
        submit_raw(trade, said)
    assert field in str(caught.value.details["field"]) or field == "quantityList"


def test_an_event_without_a_step_is_kept_as_evidence_only(bottled: Trade) -> None:
    event = {**events.inspect(bottled.place(BRAND), Lot(LIQUOR, "B1", 1)), "bizStep": "sampling"}
    receipt = bottled.submit(event, by=BRAND)
    found = capture.find_event(bottled.db, receipt.evidence)
    assert found is not None
    assert found.step == Step.NONE
    kind = bottled.db.execute(text("select kind from anchor where evidence = :e"), {"e": receipt.evidence}).scalar_one()
    assert kind == "leaf"


def test_captured_events_are_never_changed(bottled: Trade) -> None:
    for table in ("capture", "movement"):
        with pytest.raises(Exception, match="append-only"), bottled.db.begin_nested():
            bottled.db.execute(text(f"update {table} set party = 'x'"))


def test_the_trail_of_a_bottle_tells_its_making_and_its_hands(bottled: Trade) -> None:
    run = bottled.codes()
    cases = [case_uri(case.sscc) for case in run.cases]
    bottled.move(12, to=DEALER, epcs=cases[:2])
    bottled.move(12, to=OTHER_DEALER, epcs=cases[2:4])
    bottled.move(6, to=STORE, by=DEALER, epcs=cases[:1])
    trail = custody.trail(bottled.db, bottle_of(run, 0))
    assert [step.step for step in trail] == [
        Step.HARVEST,
        Step.DISTIL,
        Step.BOTTLE,
        Step.COMMISSION,
        Step.SHIP,
        Step.RECEIVE,
        Step.SHIP,
        Step.RECEIVE,
    ]
    assert [(s.actor, s.sender, s.addressee) for s in trail[4:]] == [
        (BRAND, BRAND, DEALER),
        (DEALER, BRAND, DEALER),
        (DEALER, DEALER, STORE),
        (STORE, DEALER, STORE),
    ]


def test_whoever_signed_for_a_bottle_answers_for_it(trade: Trade) -> None:
    trade.bottle(quantity=100)
    run = trade.codes()
    case, bottle = [case_uri(run.cases[0].sscc)], bottle_of(run, 0)
    before = trade.at
    trade.move(6, to=DEALER, epcs=case)
    at_dealer = trade.at
    trade.ship(6, to=STORE, by=DEALER, epcs=case)
    assert custody.holder_at(trade.db, bottle, before - timedelta(days=300)) is None
    assert custody.holder_at(trade.db, bottle, before) == BRAND
    assert custody.holder_at(trade.db, bottle, at_dealer) == DEALER
    assert custody.holder_at(trade.db, bottle, NOW) == DEALER, "on the way the sender still answers"


def test_a_capture_sent_again_after_its_device_was_revoked_still_has_its_receipt(bottled: Trade) -> None:
    event = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 10), Parties(BRAND, DEALER))
    bottled.submit(event, by=BRAND)
    keys.revoke(bottled.db, signer(BRAND), now=NOW)
    assert not bottled.submit(event, by=BRAND).fresh
    other = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 10), Parties(BRAND, DEALER))
    refused(bottled, other, RevokedDevice, by=BRAND)


def test_the_same_event_of_another_party_is_refused_and_not_swallowed(bottled: Trade) -> None:
    enrol(bottled.db, other := gln(40), roles=("store",))
    for store in (STORE, other):
        bottled.move(10, to=store)
    sale = events.sell(bottled.place(STORE), Lot(LIQUOR, "B1", 4))
    for place in ("readPoint", "bizLocation", "sourceList"):
        sale.pop(place, None)
    bottled.submit(sale, by=STORE)
    refused(bottled, sale, capture_rules.ToldByAnother, by=other)
    assert (held(bottled, STORE), held(bottled, other)) == (6, 10)


def test_a_wrong_signature_over_a_known_event_gets_no_receipt(bottled: Trade) -> None:
    sale = events.ship(bottled.place(BRAND), Lot(LIQUOR, "B1", 4), Parties(BRAND, DEALER))
    bottled.submit(sale, by=BRAND)
    forged = message(sale, by=BRAND) | {"signature": "0x" + "11" * 65}
    with pytest.raises(capture_rules.WronglySigned):
        capture.submit(bottled.db, forged, domain=DOMAIN, now=bottled.at, reactions=REACTIONS)


def test_only_a_hand_over_has_another_side(bottled: Trade) -> None:
    seen = events.inspect(bottled.place(BRAND), Lot(LIQUOR, "B1", 100))
    seen["destinationList"] = [{"type": "owning_party", "destination": f"https://id.gs1.org/417/{OTHER_DEALER}"}]
    bottled.submit(seen, by=BRAND)
    assert custody.list_movements(bottled.db, party=OTHER_DEALER) == []
