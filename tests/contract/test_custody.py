"""Given who holds what, when a signed capture is relayed, then the ledger moves exactly that, or says why not."""

import pytest

from tests.contract.world import (
    STORE,
    SUSPENDED,
    WAREHOUSE,
    Member,
    Said,
    Step,
    account_key,
    browser_key,
    named,
)
from tests.kit.chain_trade import BATCH, ChainTrade

pytestmark = pytest.mark.contract

GRAIN, SPIRIT = named("grain"), named("spirit")


# Birth


def test_a_harvest_is_held_by_the_grower(trade: ChainTrade) -> None:
    assert trade.world.held(BATCH, trade.brand) == 100
    assert trade.world.totals(BATCH)["born"] == 100


def test_a_batch_is_born_once(trade: ChainTrade) -> None:
    assert trade.refused(trade.world.says(trade.brand, Step.HARVEST, BATCH, 5)) == "BatchExists"


def test_nothing_cannot_be_born(trade: ChainTrade) -> None:
    assert trade.refused(trade.world.says(trade.brand, Step.HARVEST, GRAIN, 0)) == "QuantityMissing"


def test_more_than_the_books_can_write_is_not_born(trade: ChainTrade) -> None:
    assert trade.refused(trade.world.says(trade.brand, Step.HARVEST, GRAIN, 2**64)) == "QuantityTooLarge"
    trade.bear(GRAIN, 2**64 - 1)


def made(trade: ChainTrade, step: Step, *inputs: tuple[bytes, int], batch: bytes = SPIRIT) -> Said:
    items = [{"batch": source, "quantity": quantity} for source, quantity in inputs]
    return trade.world.says(trade.brand, step, batch, 40, inputs=items)


@pytest.mark.parametrize("step", [Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE])
def test_making_a_batch_uses_up_what_it_is_made_of(trade: ChainTrade, step: Step) -> None:
    trade.bear(GRAIN, 70)
    assert not trade.world.record(made(trade, step, (GRAIN, 70), (BATCH, 30))).refused
    assert trade.world.held(SPIRIT, trade.brand) == 40
    assert trade.world.held(GRAIN, trade.brand) == 0
    assert trade.world.totals(BATCH) == {
        "born": 100, "held": 70, "inTransit": 0, "sold": 0, "lost": 0, "consumed": 30
    }  # fmt: skip


def test_a_blend_of_two_tanks_of_one_batch_counts_both(trade: ChainTrade) -> None:
    assert trade.refused(made(trade, Step.BLEND, (BATCH, 60), (BATCH, 60))) == "HoldsLess"
    assert not trade.world.record(made(trade, Step.BLEND, (BATCH, 60), (BATCH, 40))).refused


def test_spirit_is_not_made_from_nothing(trade: ChainTrade) -> None:
    assert trade.refused(made(trade, Step.BOTTLE)) == "InputsMissing"


def test_no_more_is_used_up_than_is_held(trade: ChainTrade) -> None:
    assert trade.refused(made(trade, Step.DISTIL, (BATCH, 101))) == "HoldsLess"


def test_an_input_that_was_never_born_is_refused(trade: ChainTrade) -> None:
    assert trade.refused(made(trade, Step.DISTIL, (GRAIN, 1))) == "BatchUnknown"


def test_an_input_of_nothing_is_refused(trade: ChainTrade) -> None:
    assert trade.refused(made(trade, Step.DISTIL, (BATCH, 0))) == "QuantityMissing"


def test_a_recalled_batch_is_not_used_up(trade: ChainTrade) -> None:
    trade.recall()
    assert trade.refused(made(trade, Step.BLEND, (BATCH, 1))) == "BatchRecalled"


def test_a_shipment_uses_nothing_up(trade: ChainTrade) -> None:
    items = [{"batch": BATCH, "quantity": 1}]
    said = trade.world.says(trade.brand, Step.SHIP, BATCH, 1, counterparty=trade.dealer.id, inputs=items)
    assert trade.refused(said) == "InputsUnexpected"


# Speaking


def test_ageing_and_inspection_change_no_balance(trade: ChainTrade) -> None:
    before = trade.world.totals(BATCH)
    age = trade.world.says(trade.brand, Step.AGE, BATCH)
    inspection = trade.world.says(trade.inspector, Step.INSPECT, BATCH)
    assert trade.world.record(age, inspection).recorded == [age.evidence, inspection.evidence]
    assert trade.world.totals(BATCH) == before


def test_an_unknown_batch_is_not_inspected(trade: ChainTrade) -> None:
    assert trade.refused(trade.world.says(trade.inspector, Step.INSPECT, GRAIN)) == "BatchUnknown"


def test_codes_are_commissioned_once(trade: ChainTrade) -> None:
    root = named("codes")
    assert not trade.world.record(trade.world.says(trade.brand, Step.COMMISSION, BATCH, 100, units=root)).refused
    assert trade.world.ledger.functions.unitsRoot(BATCH).call() == root
    again = trade.world.says(trade.brand, Step.COMMISSION, BATCH, 100, units=named("other codes"))
    assert trade.refused(again) == "UnitsCommissioned"


def test_codes_are_commissioned_by_who_holds_all_the_bottles_there_are(trade: ChainTrade) -> None:
    said = trade.world.says(trade.brand, Step.COMMISSION, GRAIN, 40, units=named("codes"))
    assert trade.refused(said) == "BatchUnknown"
    trade.shipped(trade.brand, trade.dealer, 1)
    assert trade.refused(trade.world.says(trade.brand, Step.COMMISSION, BATCH, 40, units=named("codes"))) == "HoldsLess"


def test_codes_are_commissioned_by_their_root(trade: ChainTrade) -> None:
    assert trade.refused(trade.world.says(trade.brand, Step.COMMISSION, BATCH, 100)) == "UnitsMissing"


# Shipping and receiving


def test_a_shipment_is_under_way_until_it_is_received(trade: ChainTrade) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    assert trade.world.held(BATCH, trade.brand) == 40
    assert trade.world.held(BATCH, trade.dealer) == 0
    assert trade.world.totals(BATCH)["inTransit"] == 60
    assert trade.world.ledger.functions.consignment(consignment).call() == (
        BATCH, trade.brand.id, trade.dealer.id, 60
    )  # fmt: skip


def test_a_consignment_is_received_in_parts(trade: ChainTrade) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    for part in (50, 8):
        assert not trade.world.record(trade.receive(trade.dealer, consignment, part)).refused
    assert trade.world.held(BATCH, trade.dealer) == 58
    assert trade.world.open(consignment) == 2


def test_no_more_is_received_than_was_sent(trade: ChainTrade) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    assert trade.refused(trade.receive(trade.dealer, consignment, 61)) == "OpenLess"


def test_a_consignment_is_not_received_twice(trade: ChainTrade) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    trade.world.record(trade.receive(trade.dealer, consignment, 60))
    assert trade.refused(trade.receive(trade.dealer, consignment, 60)) == "OpenLess"


@pytest.mark.parametrize("step", [Step.RECEIVE, Step.RETURN, Step.WRITE_OFF])
def test_only_the_addressee_takes_a_consignment_in(trade: ChainTrade, step: Step) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    assert trade.refused(trade.receive(trade.rival, consignment, 60, step)) == "NotAddressee"


def test_a_receipt_names_the_sender_or_nobody(trade: ChainTrade) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    wrong = trade.world.says(trade.dealer, Step.RECEIVE, BATCH, 60, ref=consignment, counterparty=trade.rival.id)
    right = trade.world.says(trade.dealer, Step.RECEIVE, BATCH, 60, ref=consignment, counterparty=trade.brand.id)
    assert trade.refused(wrong) == "NotSender"
    assert not trade.world.record(right).refused


def test_a_receipt_of_no_shipment_is_refused(trade: ChainTrade) -> None:
    assert trade.refused(trade.receive(trade.dealer, named("no shipment"), 1)) == "ConsignmentUnknown"
    birth = trade.world.says(trade.brand, Step.HARVEST, GRAIN, 5)
    trade.world.record(birth)
    assert trade.refused(trade.receive(trade.dealer, birth.evidence, 1)) == "ConsignmentUnknown"


def test_a_receipt_of_another_batch_is_refused(trade: ChainTrade) -> None:
    trade.bear(GRAIN, 5)
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    said = trade.world.says(trade.dealer, Step.RECEIVE, GRAIN, 1, ref=consignment)
    assert trade.refused(said) == "ConsignmentUnknown"


def test_no_more_is_shipped_than_is_held(trade: ChainTrade) -> None:
    said = trade.ship(trade.brand, trade.dealer, 101)
    answer = trade.world.record(said)
    assert answer.refused[said.evidence] == ("HoldsLess", (BATCH, trade.brand.id, 100, 101))


def test_nothing_is_not_shipped(trade: ChainTrade) -> None:
    assert trade.refused(trade.ship(trade.brand, trade.dealer, 0)) == "QuantityMissing"


def test_a_stranger_is_not_shipped_to(trade: ChainTrade) -> None:
    stranger = Member(named("stranger"), account_key("stranger"))
    assert trade.refused(trade.ship(trade.brand, stranger, 1)) == "PartyUnknown"


def test_an_inspector_is_not_shipped_to(trade: ChainTrade) -> None:
    assert trade.refused(trade.ship(trade.brand, trade.inspector, 1)) == "CounterpartyUnsuited"


# Returning, losing, selling


def test_what_is_refused_at_the_door_goes_back_to_the_sender(trade: ChainTrade) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    trade.world.record(trade.receive(trade.dealer, consignment, 45))
    assert not trade.world.record(trade.receive(trade.dealer, consignment, 15, Step.RETURN)).refused
    assert trade.world.held(BATCH, trade.brand) == 55
    assert trade.world.open(consignment) == 0


@pytest.mark.parametrize("who", ["brand", "dealer"])
def test_what_is_lost_on_the_way_is_written_off_by_either_end(trade: ChainTrade, who: str) -> None:
    consignment = trade.shipped(trade.brand, trade.dealer, 60)
    said = trade.receive(getattr(trade, who), consignment, 2, Step.WRITE_OFF)
    assert not trade.world.record(said).refused
    assert trade.world.open(consignment) == 58
    assert trade.world.totals(BATCH)["lost"] == 2


def test_what_is_broken_is_written_off(trade: ChainTrade) -> None:
    trade.stocked(trade.dealer, 60)
    assert not trade.world.record(trade.world.says(trade.dealer, Step.WRITE_OFF, BATCH, 3)).refused
    assert trade.world.held(BATCH, trade.dealer) == 57
    assert trade.world.totals(BATCH)["lost"] == 3


def test_a_store_sells_what_it_holds_and_no_more(trade: ChainTrade) -> None:
    trade.stocked(trade.store, 6)
    assert not trade.world.record(trade.world.says(trade.store, Step.SELL, BATCH, 4)).refused
    assert trade.world.totals(BATCH)["sold"] == 4
    assert trade.refused(trade.world.says(trade.store, Step.SELL, BATCH, 3)) == "HoldsLess"


# Roles and standing


@pytest.mark.parametrize(
    ("who", "step"),
    [
        ("dealer", Step.HARVEST),
        ("store", Step.BOTTLE),
        ("dealer", Step.COMMISSION),
        ("dealer", Step.INSPECT),
        ("inspector", Step.SHIP),
        ("brand", Step.SELL),
        ("inspector", Step.WRITE_OFF),
        ("dealer", Step.RECALL),
        ("store", Step.LIFT),
        ("brand", Step.NONE),
    ],
)
def test_a_party_takes_only_the_steps_of_its_role(trade: ChainTrade, who: str, step: Step) -> None:
    assert trade.refused(trade.world.says(getattr(trade, who), step, BATCH, 1)) == "StepNotAllowed"


def test_a_warehouse_stores_but_does_not_sell(trade: ChainTrade) -> None:
    warehouse = trade.world.enrol("warehouse", WAREHOUSE)
    trade.stocked(warehouse, 10)
    assert trade.refused(trade.world.says(warehouse, Step.SELL, BATCH, 1)) == "StepNotAllowed"


def test_a_suspended_party_moves_nothing(trade: ChainTrade) -> None:
    trade.stocked(trade.dealer, 10)
    trade.world.set_standing(trade.dealer, SUSPENDED)
    assert trade.refused(trade.ship(trade.dealer, trade.store, 1)) == "PartyNotActive"


def test_nothing_is_shipped_to_a_suspended_party(trade: ChainTrade) -> None:
    trade.world.set_standing(trade.dealer, SUSPENDED)
    assert trade.refused(trade.ship(trade.brand, trade.dealer, 1)) == "PartyNotActive"


@pytest.mark.parametrize("step", [Step.RECEIVE, Step.RETURN])
def test_nothing_is_taken_from_or_sent_back_to_a_suspended_sender(trade: ChainTrade, step: Step) -> None:
    trade.stocked(trade.dealer, 10)
    consignment = trade.shipped(trade.dealer, trade.store, 5)
    trade.world.set_standing(trade.dealer, SUSPENDED)
    assert trade.refused(trade.receive(trade.store, consignment, 5, step)) == "PartyNotActive"


# Signatures, replay, time


def test_a_capture_signed_by_another_key_is_refused(trade: ChainTrade) -> None:
    said = trade.ship(trade.brand, trade.dealer, 1)
    answer = trade.world.relay([trade.world.signed(said, by=trade.rival.key)])
    assert answer.reason == "SignatureWrong"


def test_a_capture_changed_after_signing_is_refused(trade: ChainTrade) -> None:
    said = trade.ship(trade.brand, trade.dealer, 1)
    values, signer, signature = trade.world.signed(said)
    more = (*values[:3], 100, *values[4:])
    assert trade.world.relay([(more, signer, signature)]).reason == "SignatureWrong"


def test_a_key_that_was_never_enrolled_does_not_speak(trade: ChainTrade) -> None:
    stranger = Member(trade.brand.id, account_key("stranger"))
    assert trade.refused(trade.ship(stranger, trade.dealer, 1)) == "DeviceUnknown"


def test_a_revoked_key_does_not_speak(trade: ChainTrade) -> None:
    said = trade.ship(trade.brand, trade.dealer, 1)
    revoke = trade.world.participants.functions.revokeDevice(trade.brand.key.signer)
    trade.world.send(revoke, trade.world.enroller)
    assert trade.refused(said) == "DeviceIsRevoked"


def test_the_same_evidence_is_not_recorded_twice(trade: ChainTrade) -> None:
    said = trade.ship(trade.brand, trade.dealer, 10)
    trade.world.record(said)
    assert trade.world.record(said).reason == "EvidenceRecorded"
    assert trade.world.held(BATCH, trade.brand) == 90
    other = trade.world.says(trade.brand, Step.AGE, BATCH, evidence=said.evidence)
    assert trade.world.record(other).reason == "EvidenceRecorded"


def test_a_capture_without_evidence_is_refused(trade: ChainTrade) -> None:
    said = trade.ship(trade.brand, trade.dealer, 1)
    bare = Said(said.capture | {"evidence": bytes(32)}, said.key)
    assert trade.world.record(bare).reason == "EvidenceMissing"


def test_a_capture_from_the_future_is_refused(trade: ChainTrade) -> None:
    ahead = trade.world.now() + 7200
    said = trade.world.says(trade.brand, Step.AGE, BATCH, time=ahead)
    assert trade.refused(said) == "FromTheFuture"


def test_a_bad_capture_does_not_sink_the_good_ones_around_it(trade: ChainTrade) -> None:
    first = trade.ship(trade.brand, trade.dealer, 10)
    bad = trade.ship(trade.brand, trade.dealer, 1000)
    last = trade.receive(trade.dealer, first.evidence, 10)
    answer = trade.world.record(first, bad, last)
    assert answer.recorded == [first.evidence, last.evidence]
    assert list(answer.refused) == [bad.evidence]
    assert trade.world.held(BATCH, trade.dealer) == 10


def test_a_browser_key_signs_like_any_other(trade: ChainTrade) -> None:
    key = browser_key(trade.world.verifier.address, "phone")
    store = trade.world.enrol("phone store", STORE, key)
    trade.stocked(store, 10)
    # Several, so that signatures with a high and with a low s both occur.
    sales = [trade.world.says(store, Step.SELL, BATCH, 1) for _ in range(8)]
    assert not trade.world.record(*sales).refused
    assert trade.world.held(BATCH, store) == 2


def test_a_browser_key_does_not_sign_for_another_capture(trade: ChainTrade) -> None:
    key = browser_key(trade.world.verifier.address, "phone")
    store = trade.world.enrol("phone store", STORE, key)
    trade.stocked(store, 10)
    said, other = (trade.world.says(store, Step.SELL, BATCH, quantity) for quantity in (1, 2))
    wrong = trade.world.signed(said, signature=key.sign(trade.world.digest(other)))
    assert trade.world.relay([wrong]).reason == "SignatureWrong"
    short = trade.world.signed(said, signature=b"\1" * 63)
    assert trade.world.relay([short]).reason == "SignatureWrong"
