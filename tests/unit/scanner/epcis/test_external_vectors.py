"""Documents and hashes that others published, where they are at hand."""

import hashlib
import json
import re
from contextlib import suppress
from pathlib import Path

import pytest

from scanner.epcis.canonical import canonical
from scanner.epcis.document import parse_document
from scanner.epcis.hashing import document_hashes, prehash
from scanner.epcis.json_text import load
from scanner.errors import Malformed

pytestmark = pytest.mark.external


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def test_event_hashes_are_those_of_the_reference_implementation(shared_data: Path) -> None:
    hashes = prehashes = 0
    for path in sorted((shared_data / "epcis-event-hash" / "examples").glob("*.jsonld")):
        document = parse_document(path.read_bytes())
        expected = lines(path.with_suffix(".hashes"))
        assert list(document_hashes(document)) == expected, path.name
        hashes += len(expected)
        texts = [prehash(event, document.context, document.ignored) for event in document.events]
        published = path.with_suffix(".prehashes")
        for text, wanted, ni in zip(texts, lines(published) if published.exists() else [], expected, strict=False):
            # Two published pre-hashes do not hash to their own published hash; those say nothing.
            if hashlib.sha256(wanted.encode()).hexdigest() in ni:
                assert text == wanted, path.name
                prehashes += 1
    print(f"event hashes: {hashes} of {hashes}; pre-hashes: {prehashes} that agree with their own hash")
    assert (hashes, prehashes) == (25, 22)


def test_canonical_bytes_are_those_of_rfc_8785(shared_data: Path) -> None:
    folder = shared_data / "rfc8785-jcs"
    inputs = sorted((folder / "input").iterdir())
    for path in inputs:
        assert canonical(load(path.read_bytes())) == (folder / "output" / path.name).read_bytes().strip(), path.name
    assert len(inputs) == 6


# What the sources themselves mean as wrong, or what is no EPCIS document at all; each looked at by hand.
REFUSED = {
    "Capture/Invalid/Combination_of_multiple_invalid_fields.json": "epcisBody.eventList[0].bizStep",
    "Capture/Invalid/EPCISDocument_without_context.json": "@context",
    "Capture/Invalid/ObjectEvent_with_non_standard_bizStep.json": "epcisBody.eventList[0].bizStep",
    "Capture/Invalid/ObjectEvent_with_non_standard_bizStep_in_second_event.json": "epcisBody.eventList[1].bizStep",
    "Capture/Invalid/ObjectEvent_with_non_standard_disposition.json": "epcisBody.eventList[0].disposition",
    "Capture/Invalid/ObjectEvent_with_quantity_as_text.json": "epcisBody.eventList[0].quantityList[0].quantity",
    "Capture/Invalid/ObjectEvent_with_unknown_field_in_quantityList.json": (
        "epcisBody.eventList[0].quantityList[0].weight"
    ),
    "Capture/Invalid/ObjectEvent_without_action_and_eventTime.json": "epcisBody.eventList[0].eventTime",
    "Query/Invalid/QueryDocument_with_invalid_action.json": "epcisBody.queryResults.resultsBody.eventList[0].action",
    # Definitions of queries
    "Queries/Invalid/Query_with_unknown_parameter.json": "type",
    "Queries/SimpleEventQuery.json": "type",
    # JSON schemas, one with a key written twice
    "epcis-profiles/ACME_ES_SCE_0dot1_InspectingEventDocument1.json": "@context",
    "epcis-profiles/ACME_ES_SCE_0dot1_PackingEventDocument1.json": "@context",
    "epcis-profiles/ACME_ES_SCE_0dot1_ReplacementEventDocument1.json": "@context",
    "epcis-profiles/ACME_ES_SCE_0dot1_ShippingEventDocument1.json": "@context",
    "FSMA-204/FSMA-1-Harvesting-Event-Schema.json": "@context",
    "schema/generated-schema.json": "@context",
    "schema/ralph-bhavesh-sample-profile.json": "@context",
    "schema/raw_material_production_01_production.json": "if",
    # A negative quantity; a row of somebody's database between events
    "FSMA-204/FSMA-1-Harvesting-Invalid-Event.json": "quantityList[0].quantity",
    "events/EpcisDocument.json": "epcisBody.eventList[2].class",
    # Two certificates; collections of API requests
    "Events/ObjectEvent_StringCertificationInfoArrayInvalid.json": "certificationInfo",
    "EPCIS 2.0/bruno.json": "@context",
    "Documents/EPCIS 1.2.postman_collection.json": "@context",
    "Documents/EPCIS 2.0.postman_collection.json": "@context",
}


@pytest.mark.parametrize("folder", ["openepcis-test-resources", "openepcis-event-sentry", "fastnt-epcis"])
def test_valid_documents_come_back_unchanged_and_others_name_a_field(shared_data: Path, folder: str) -> None:
    taken, refused = 0, {}
    for path in sorted((shared_data / folder).rglob("*.json")):
        try:
            document = parse_document(path.read_bytes())
        except Malformed as refusal:
            refused[path] = refusal.field
            continue
        taken += 1
        content = json.loads(path.read_text("utf-8-sig"))
        body = content.get("epcisBody", {"eventList": [content]})
        events = body.get("queryResults", {}).get("resultsBody", body)["eventList"]
        assert list(document.events) == events
        assert [json.loads(canonical(event)) for event in document.events] == events
        assert len(set(document_hashes(document))) <= len(events)
    print(f"{folder}: {taken} taken, {len(refused)} refused as their source means it")
    for path, field in refused.items():
        known = [wanted for ending, wanted in REFUSED.items() if str(path).endswith("/" + ending)]
        assert known == [field], f"{path} is refused at {field}"


def test_every_json_of_the_collections_is_answered(shared_data: Path) -> None:
    for path in sorted((shared_data / "fastnt-epcis").rglob("*.postman_collection.json")):
        for raw in re.findall(r'"raw": ("(?:[^"\\]|\\.)*")', path.read_text("utf-8-sig")):
            with suppress(Malformed):
                parse_document(json.loads(raw))
