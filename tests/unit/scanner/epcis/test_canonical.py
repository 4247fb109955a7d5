"""Evidence: what is signed and what stands on chain."""

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.epcis.canonical import canonical, evidence, ni, parse_ni
from scanner.epcis.document import parse_document
from scanner.epcis.hashing import document_hashes, event_hash, prehash
from scanner.errors import Malformed

VECTORS = Path(__file__).resolve().parents[4] / "tests" / "vectors" / "epcis" / "events.json"
EVENTS: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))


@pytest.mark.parametrize("vector", EVENTS, ids=lambda vector: vector["what"])
def test_every_reader_computes_the_same_evidence(vector: dict[str, Any]) -> None:
    assert canonical(vector["event"]).decode() == vector["canonical"]
    assert evidence(vector["event"]).hex() == vector["evidence"]
    shuffled = dict(reversed(vector["event"].items()))
    assert evidence(shuffled) == evidence(vector["event"])


@pytest.mark.parametrize("vector", EVENTS, ids=lambda vector: vector["what"])
def test_the_event_hash_is_the_same_for_whoever_reads_the_event(vector: dict[str, Any]) -> None:
    assert prehash(vector["event"]) == vector["prehash"]
    assert event_hash(vector["event"]) == vector["eventHash"]
    assert document_hashes(parse_document(vector["event"])) == (vector["eventHash"],)


def test_two_spellings_of_one_receipt_have_one_event_hash_but_evidence_of_their_own() -> None:
    old = EVENTS[2]["event"]
    new = {
        **old,
        "bizStep": "receiving",
        "eventTime": "2026-03-20T10:00:00.0004+08:00",
        "epcList": ["https://jiu.example/00/169012340567890126"],
        "readPoint": {"id": "https://id.gs1.org/gln/6902345000025"},
        "eventID": "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8",
    }
    assert event_hash(new) == event_hash(old)
    assert evidence(new) != evidence(old)


def test_fields_that_a_repository_adds_can_be_left_out() -> None:
    event = {**EVENTS[0]["event"], "repository:hash": "x"}
    assert event_hash(event, ignored=frozenset({"repository:hash"})) == EVENTS[0]["eventHash"]
    assert event_hash(event) != EVENTS[0]["eventHash"]


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 2.0**53, 1e20, float("nan"), float("inf"), "\ud800", {1: 1}, b"", object()]
)
def test_what_json_cannot_carry_exactly_is_not_signed(value: Any) -> None:
    with pytest.raises(Malformed, match="quantity"):
        canonical({"quantity": value})


def test_evidence_is_written_and_read_back() -> None:
    digest = bytes(range(32))
    assert ni(digest) == f"ni:///sha-256;{digest.hex()}"
    assert parse_ni(ni(digest)) == digest


@pytest.mark.parametrize(
    "text", ["", "ni:///sha-256;00", "ni:///sha-256;" + "A" * 64, "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"]
)
def test_another_hash_is_not_taken_for_evidence(text: str) -> None:
    with pytest.raises(Malformed, match="evidence"):
        parse_ni(text)


def test_evidence_has_thirty_two_bytes() -> None:
    with pytest.raises(Malformed, match="evidence"):
        ni(b"short")
