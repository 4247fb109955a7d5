"""What goes on chain about an event is read off the event, whoever wrote it and in whatever spelling."""

import copy
import dataclasses
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.device import events
from scanner.device.capture import ZERO, Step, capture_of, evidence_only
from scanner.device.events import At, Lot, Parties
from scanner.device.names import batch_id, batch_of, gln_of, party_id
from scanner.epcis.canonical import evidence
from scanner.errors import Malformed
from scanner.evidence import tree

BRAND, DEALER, PLACE = "6901234500011", "6901234500028", "6901234500004"
GTIN = "06901234567892"
AT = At(datetime(2025, 3, 1, 8, 30, 15, 999_000, tzinfo=timezone(timedelta(hours=8))), PLACE)
BOTTLES = Lot(GTIN, "B1", 12)
SORGHUM = Lot("06901234567809", "S-1", 1_234_500, "KGM")
SPIRIT = Lot("06901234567816", "R-1", 5_000, "LTR")
WAY = Parties(BRAND, DEALER)
CASES = (events.case_uri("369012345000000005"), events.case_uri("369012345000000012"))
SHIPMENT = bytes(range(32))

BUILT: list[tuple[Step, dict[str, Any]]] = [
    (Step.HARVEST, events.harvest(AT, SORGHUM)),
    (Step.FERMENT, events.transformation(AT, "ferment", [SORGHUM], SPIRIT)),
    (Step.DISTIL, events.transformation(AT, "distil", [SPIRIT], SPIRIT)),
    (Step.AGE, events.age(AT, SPIRIT)),
    (Step.BLEND, events.transformation(AT, "blend", [SPIRIT, SPIRIT], SPIRIT)),
    (Step.BOTTLE, events.transformation(AT, "bottle", [SPIRIT], BOTTLES)),
    (Step.INSPECT, events.inspect(AT, BOTTLES)),
    (Step.COMMISSION, events.commission(AT, BOTTLES, SHIPMENT)),
    (Step.NONE, events.pack(AT, "369012345000000005", [events.item_uri(GTIN, "A")])),
    (Step.SHIP, events.ship(AT, BOTTLES, WAY, CASES)),
    (Step.RECEIVE, events.receive(AT, BOTTLES, WAY, SHIPMENT, CASES)),
    (Step.RETURN, events.return_(AT, BOTTLES, Parties(DEALER, BRAND), SHIPMENT)),
    (Step.SELL, events.sell(AT, BOTTLES)),
    (Step.WRITE_OFF, events.write_off(AT, BOTTLES)),
    (Step.RECALL, events.recall(AT, BOTTLES)),
    (Step.LIFT, events.lift(AT, BOTTLES)),
]


@pytest.mark.parametrize(("step", "event"), BUILT, ids=lambda each: each.name if isinstance(each, Step) else "")
def test_every_event_we_build_takes_its_step(step: Step, event: dict[str, Any]) -> None:
    capture = capture_of(event)
    assert (capture.step, capture.evidence, capture.time) == (step, evidence(event), 1_740_789_015)


@pytest.mark.parametrize(("step", "event"), BUILT, ids=lambda each: each.name if isinstance(each, Step) else "")
def test_a_declaration_says_the_same_as_what_it_voids(step: Step, event: dict[str, Any]) -> None:
    said = capture_of(event)
    declared = capture_of(events.declared_wrong(event, AT.time, corrective=["urn:uuid:1"]))
    assert (said.voids, declared.voids, declared.step) == (ZERO, evidence(event), step)
    assert dataclasses.replace(declared, evidence=said.evidence, voids=ZERO) == said


def test_a_declaration_about_evidence_of_another_says_what_it_voids_too() -> None:
    event = events.ship(AT, BOTTLES, WAY, CASES)
    declared = evidence_only(events.declared_wrong(event, AT.time))
    assert (declared.step, declared.batch, declared.voids) == (Step.NONE, ZERO, evidence(event))


def test_a_shipment_says_what_goes_to_whom_from_where() -> None:
    capture = capture_of(events.ship(AT, BOTTLES, WAY, CASES, order="https://brand.example/orders/7"))
    assert capture.batch == sha256(f"01{GTIN}10B1".encode()).digest()
    assert capture.quantity == 12
    assert capture.counterparty == sha256(DEALER.encode()).digest()
    assert capture.location == sha256(PLACE.encode()).digest()
    assert capture.units == tree.root(uri.encode() for uri in CASES)
    assert capture.ref == sha256(b"https://brand.example/orders/7").digest()


def test_a_receipt_names_the_sender_and_the_consignment() -> None:
    capture = capture_of(events.receive(AT, BOTTLES, WAY, SHIPMENT))
    assert (capture.counterparty, capture.ref, capture.units) == (party_id(BRAND), SHIPMENT, ZERO)


def test_a_loss_on_the_way_names_the_consignment_and_one_in_the_store_does_not() -> None:
    assert capture_of(events.write_off(AT, BOTTLES, consignment=SHIPMENT)).ref == SHIPMENT
    assert capture_of(events.write_off(AT, BOTTLES)).ref == ZERO


def test_commissioning_puts_the_root_of_the_code_run_on_chain() -> None:
    assert capture_of(events.commission(AT, BOTTLES, SHIPMENT)).units == SHIPMENT


def test_a_transformation_uses_up_its_inputs_in_order_and_in_grams_and_millilitres() -> None:
    capture = capture_of(events.transformation(AT, "ferment", [SORGHUM, SPIRIT], BOTTLES))
    assert [each.quantity for each in capture.inputs] == [1_234_500, 5_000]
    assert [each.batch for each in capture.inputs] == [batch_id(SORGHUM.gtin, "S-1"), batch_id(SPIRIT.gtin, "R-1")]
    assert (capture.batch, capture.quantity) == (batch_id(GTIN, "B1"), 12)


def test_an_event_of_no_step_is_evidence_and_time_alone() -> None:
    event = events.pack(AT, "369012345000000005", CASES)
    assert capture_of(event) == evidence_only(event)
    assert evidence_only(event).location == ZERO


@given(st.integers(0, 2**40))
def test_any_whole_number_of_grams_comes_through_as_it_is(grams: int) -> None:
    assert capture_of(events.harvest(AT, Lot(GTIN, "B1", grams, "KGM"))).quantity == grams


@pytest.mark.parametrize(
    "spelling",
    [
        "shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
        "cbv:BizStep-shipping",
    ],
)
def test_a_step_is_understood_in_every_spelling(spelling: str) -> None:
    assert capture_of({**events.ship(AT, BOTTLES, WAY), "bizStep": spelling}).step is Step.SHIP


def test_our_own_steps_are_understood_written_in_full() -> None:
    event = {**events.recall(AT, BOTTLES), "bizStep": "https://ns.jiulian.example/epcis/recall"}
    assert capture_of(event).step is Step.RECALL


@pytest.mark.parametrize(("kind", "step"), [("ObjectEvent", "jl:bottle"), ("TransformationEvent", "shipping")])
def test_a_step_in_an_event_of_another_type_is_evidence_only(kind: str, step: str) -> None:
    assert capture_of({**events.sell(AT, BOTTLES), "type": kind, "bizStep": step}).step is Step.NONE


def test_the_older_urns_name_the_same_things() -> None:
    assert batch_of("urn:epc:class:lgtin:6901234.056789.B1") == (GTIN, "B1")
    assert gln_of("urn:epc:id:sgln:6901234.50000.0") == PLACE
    assert gln_of("urn:epc:id:pgln:6901234.50001") == BRAND
    assert gln_of(events.party_uri(BRAND)) == gln_of(events.place_uri(BRAND)) == BRAND


def test_a_batch_with_awkward_characters_keeps_its_name() -> None:
    assert batch_of(events.class_uri(GTIN, "B/1%&")) == (GTIN, "B/1%&")


def test_the_time_is_cut_to_the_second_it_happened_in() -> None:
    late = At(datetime(2025, 3, 1, 0, 30, 15, 999_999, tzinfo=UTC), PLACE)
    assert capture_of(events.sell(late, BOTTLES)).time == 1_740_789_015


def changed(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    result = copy.deepcopy(event)
    for field, value in fields.items():
        result[field] = value
        if value is None:
            del result[field]
    return result


SHIP = events.ship(AT, BOTTLES, WAY, CASES)
CLASS = events.class_uri(GTIN, "B1")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"quantityList": None}, "quantityList"),
        ({"quantityList": []}, "quantityList"),
        ({"quantityList": "12"}, "quantityList"),
        ({"quantityList": [{"epcClass": CLASS, "quantity": 1}] * 2}, "quantityList"),
        ({"quantityList": [{"epcClass": CLASS}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": CLASS, "quantity": 1.5}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": CLASS, "quantity": -1}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": CLASS, "quantity": True}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": CLASS, "quantity": "12"}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": CLASS, "quantity": 1, "uom": "LBR"}]}, "quantityList[0].uom"),
        ({"quantityList": [{"epcClass": CLASS, "quantity": 1, "uom": []}]}, "quantityList[0].uom"),
        ({"quantityList": [{"epcClass": "https://id.gs1.org/01/" + GTIN, "quantity": 1}]}, "quantityList[0].epcClass"),
        ({"quantityList": [{"epcClass": 7, "quantity": 1}]}, "quantityList[0].epcClass"),
        ({"quantityList": [{"quantity": 1}]}, "quantityList[0].epcClass"),
        ({"destinationList": None}, "destinationList"),
        ({"destinationList": [{"type": "location", "destination": CLASS}]}, "destinationList"),
        ({"destinationList": [{"type": "owning_party", "destination": CLASS}]}, "destinationList.destination"),
        ({"destinationList": [{"type": "owning_party"}]}, "destinationList.destination"),
        ({"readPoint": "here"}, "readPoint.id"),
        ({"readPoint": {"id": "https://brand.example/gate"}}, "readPoint.id"),
        ({"eventTime": None}, "eventTime"),
        ({"eventTime": "2025-03-01T08:30:15"}, "eventTime"),
        ({"eventTime": "2025-02-30T08:30:15Z"}, "eventTime"),
        ({"eventTime": "1969-12-31T23:59:59Z"}, "eventTime"),
        ({"eventTime": "0001-01-01T00:00:00+14:00"}, "eventTime"),
        ({"epcList": "x"}, "epcList"),
        ({"epcList": [1]}, "epcList"),
        ({"bizTransactionList": [{"type": "po"}]}, "bizTransactionList.bizTransaction"),
    ],
)
def test_what_a_step_needs_and_the_event_has_not_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Malformed) as refusal:
        capture_of(changed(SHIP, **fields))
    assert refusal.value.field == named


def test_commissioning_without_a_root_is_refused() -> None:
    with pytest.raises(Malformed, match="unitsRoot"):
        capture_of(changed(events.commission(AT, BOTTLES, SHIPMENT), **{"jl:unitsRoot": None}))


def test_a_cbv_event_hash_is_a_document_and_no_consignment() -> None:
    uri = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"
    event = changed(SHIP, bizTransactionList=[{"type": "desadv", "bizTransaction": uri}])
    assert capture_of(event).ref == sha256(uri.encode()).digest()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "type",
    "bizStep",
    "quantityList",
    "destinationList",
    "readPoint",
    "eventTime",
    "epcList",
    "bizTransactionList",
]


@given(st.sampled_from(FIELDS), json_values)
def test_no_json_whatever_makes_it_stumble(field: str, value: Any) -> None:
    with suppress(Malformed):
        capture_of({**SHIP, field: value})
