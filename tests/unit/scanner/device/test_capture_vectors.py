"""Known answers that the warehouse app's JavaScript must give too."""

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.device import signing
from scanner.device.capture import Capture, capture_of
from scanner.device.event_values import Arrival, Step
from scanner.device.reading import read
from scanner.device.signing import Domain
from scanner.epcis.canonical import canonical
from scanner.errors import Malformed

FOLDER = Path(__file__).parents[3] / "vectors" / "capture"
CAPTURES = json.loads((FOLDER / "captures.json").read_text(encoding="utf-8"))
REFUSED = json.loads((FOLDER / "refused.json").read_text(encoding="utf-8"))["cases"]
ACTORS = json.loads((FOLDER / "actors.json").read_text(encoding="utf-8"))["cases"]
READINGS = json.loads((FOLDER / "readings.json").read_text(encoding="utf-8"))["cases"]
DOMAIN = Domain(CAPTURES["domain"]["chain_id"], bytes.fromhex(CAPTURES["domain"]["contract"][2:]))


def shown(capture: Capture) -> dict[str, Any]:
    hashes = ("evidence", "batch", "counterparty", "location", "units", "ref", "voids")
    return {
        **{name: "0x" + getattr(capture, name).hex() for name in hashes},
        "step": int(capture.step),
        "quantity": str(capture.quantity),
        "time": capture.time,
        "inputs": [{"batch": "0x" + each.batch.hex(), "quantity": str(each.quantity)} for each in capture.inputs],
    }


@pytest.mark.parametrize("case", CAPTURES["cases"], ids=lambda case: case["about"])
def test_the_capture_and_its_signature_are_the_known_ones(case: dict[str, Any]) -> None:
    capture = capture_of(case["event"])
    signature = signing.sign(capture, bytes.fromhex(CAPTURES["key"][2:]), DOMAIN)
    assert canonical(case["event"]).decode() == case["canonical"]
    assert shown(capture) == case["capture"]
    assert "0x" + signing.digest(capture, DOMAIN).hex() == case["digest"]
    assert "0x" + signature.hex() == case["signature"]
    assert signing.recover(capture, signature, DOMAIN).hex() == CAPTURES["signer"][2:]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["about"])
def test_what_cannot_be_signed_is_refused_by_the_known_field(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refusal:
        capture_of(case["event"])
    assert refusal.value.field == case["field"]


def told(arrival: Arrival | None) -> dict[str, Any] | None:
    return arrival and {
        "shipment": arrival.shipment.hex(),
        "units": [unit.key for unit in arrival.units],
        "lot": arrival.lot and [arrival.lot.gtin, arrival.lot.batch, str(arrival.lot.quantity)],
        "sender": arrival.sender,
        "receiver": arrival.receiver,
        "papers": list(arrival.papers),
    }


@pytest.mark.parametrize("case", READINGS, ids=lambda case: case["about"])
def test_a_hostile_event_has_one_reading(case: dict[str, Any]) -> None:
    reading = read(case["event"])
    output, packing = reading.output, reading.packing
    assert told(reading.arrival) == case["reading"].pop("arrival", None)
    said = {"event_id": reading.event_id} if "event_id" in case["reading"] else {}
    assert case["reading"] == {
        **said,
        "step": int(reading.step),
        "gtin": output and output.gtin,
        "batch": output and output.batch,
        "quantity": output and str(output.quantity),
        "sender": reading.sender,
        "receiver": reading.receiver,
        "place": reading.place,
        "units": [unit.key for unit in reading.units],
        "ref": reading.ref and reading.ref.hex(),
        "packing": packing
        and {
            "action": packing.action,
            "parent": packing.parent.key,
            "children": [each.key for each in packing.children],
        },
    }


@pytest.mark.parametrize("case", ACTORS, ids=lambda case: case["about"])
def test_only_who_hands_over_or_is_handed_something_is_named_as_who_acts(case: dict[str, Any]) -> None:
    assert read(case["event"]).actor == case["actor"]


def test_every_step_is_asked_who_acts_with_either_owner_and_with_both() -> None:
    assert {read(case["event"]).step for case in ACTORS} == set(Step) - {Step.NONE}
    named = {(read(case["event"]).step, "both" in case["about"]) for case in ACTORS}
    assert {step for step, both in named if both} == set(Step) - {Step.NONE}
