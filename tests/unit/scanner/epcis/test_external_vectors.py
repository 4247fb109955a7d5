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
from tests import outside

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
    assert hashes
    assert prehashes


def test_canonical_bytes_are_those_of_rfc_8785(shared_data: Path) -> None:
    folder = shared_data / "rfc8785-jcs"
    inputs = sorted((folder / "input").iterdir())
    for path in inputs:
        assert canonical(load(path.read_bytes())) == (folder / "output" / path.name).read_bytes().strip(), path.name
    assert inputs


@pytest.mark.parametrize("folder", ["openepcis-test-resources", "openepcis-event-sentry", "fastnt-epcis"])
def test_valid_documents_come_back_unchanged_and_others_name_a_field(shared_data: Path, folder: str) -> None:
    taken = refused = 0
    for path in sorted((shared_data / folder).rglob("*.json")):
        text = path.read_text("utf-8-sig")
        right = outside.is_epcis(text) and not outside.meant_as_wrong(path, shared_data / folder)
        if not right:
            with pytest.raises(Malformed) as refusal:
                parse_document(path.read_bytes())
            assert outside.is_field_of(refusal.value.field, text), f"{path} is refused at {refusal.value.field}"
            refused += 1
            continue
        document = parse_document(path.read_bytes())
        taken += 1
        content = json.loads(path.read_text("utf-8-sig"))
        body = content.get("epcisBody", {"eventList": [content]})
        events = body.get("queryResults", {}).get("resultsBody", body)["eventList"]
        assert list(document.events) == events
        assert [json.loads(canonical(event)) for event in document.events] == events
        assert len(set(document_hashes(document))) <= len(events)
    print(f"{folder}: {taken} taken, {refused} refused as they say of themselves")
    assert taken


def test_every_json_of_the_collections_is_answered(shared_data: Path) -> None:
    for path in sorted((shared_data / "fastnt-epcis").rglob("*.postman_collection.json")):
        for raw in re.findall(r'"raw": ("(?:[^"\\]|\\.)*")', path.read_text("utf-8-sig")):
            with suppress(Malformed):
                parse_document(json.loads(raw))
