"""Whole documents, and bytes that are none."""

import json
from typing import Any

import pytest

from scanner.epcis.document import parse_document
from scanner.errors import Malformed

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-18T09:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "epcList": ["https://id.gs1.org/00/106901234567890128"],
}


def document(*events: Any, **changes: Any) -> dict[str, Any]:
    return {
        "@context": [CONTEXT, {"jl": "https://ns.jiulian.example/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-18T09:31:00Z",
        "epcisBody": {"eventList": list(events)},
        **changes,
    }


def test_a_document_gives_its_events_in_order() -> None:
    other = {**EVENT, "action": "ADD"}
    found = parse_document(json.dumps(document(EVENT, other)).encode())
    assert found.kind == "EPCISDocument"
    assert found.events == (EVENT, other)
    assert found.context.names["jl"] == "https://ns.jiulian.example/epcis/"


def test_an_answer_to_a_query_gives_its_events() -> None:
    body = {"queryResults": {"queryName": "q", "x:ignoreFields": ["x:h"], "resultsBody": {"eventList": [EVENT]}}}
    found = parse_document({"@context": CONTEXT, "type": "EPCISQueryDocument", "epcisBody": body})
    assert found.events == (EVENT,)
    assert found.ignored == {"x:h"}


def test_one_event_is_a_document_when_it_brings_its_context() -> None:
    alone = {"@context": CONTEXT, **EVENT}
    assert parse_document(b"\xef\xbb\xbf" + json.dumps(alone).encode()).events == (alone,)
    with pytest.raises(Malformed, match="@context: is missing"):
        parse_document(EVENT)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"@context": []}, "@context"),
        ({"@context": 7}, "@context"),
        ({"@context": [{"jl": [1]}]}, "@context[0].jl"),
        ({"type": None}, "type"),
        ({"type": "EPCISMasterDataDocument"}, "type"),
        ({"schemaVersion": "1.2"}, "schemaVersion"),
        ({"creationDate": "today"}, "creationDate"),
        ({"epcisBody": []}, "epcisBody"),
        ({"epcisBody": {}}, "epcisBody.eventList"),
        ({"epcisBody": {"eventList": {}}}, "epcisBody.eventList"),
        ({"epcisBody": {"eventList": [EVENT, 7]}}, "epcisBody.eventList[1]"),
        ({"epcisBody": {"eventList": [{**EVENT, "jx:a": 1}]}}, "epcisBody.eventList[0].jx:a"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": [{}]}}},
         "epcisHeader.epcisMasterData.vocabularyList[0].type"),
        ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_a_wrong_document_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_document(document(EVENT, **changes))
    assert refusal.value.field == field


def test_a_document_without_a_body_says_so() -> None:
    shell = document()
    del shell["epcisBody"]
    with pytest.raises(Malformed, match="epcisBody: is missing"):
        parse_document(shell)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "document"),
        (b"\xff\xfe{}", "document"),
        (b"not json", "document"),
        (b"[]", "document"),
        (b"null", "document"),
        (b'"text"', "document"),
        (b"[" * 100_000, "document"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "a" + ".a" * 64),
        (b'{"a":{"b":1,"b":1}}', "a.b"),
        (b'{"a":[NaN]}', "a[0]"),
        (b'{"a":1e999}', "a"),
        (b'{"a":-Infinity}', "a"),
        (b'{"a":9007199254740992}', "a"),
        (b'{"a":' + b"9" * 10_000 + b"}", "a"),
        (b'{"a":"\\ud800"}', "a"),
        (b'{"\\udfff":1}', "document"),
        (b'{"\\udfff":1,"\\udfff":2}', "?"),
    ],
)
def test_bytes_that_two_readers_could_read_in_two_ways_are_refused(data: bytes, field: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_document(data)
    assert refusal.value.field == field
    str(refusal.value).encode()
