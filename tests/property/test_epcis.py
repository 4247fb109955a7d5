"""Whatever strangers send is taken or refused with a field; what is taken has one canonical form."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scanner.epcis.canonical import canonical, evidence, ni, parse_ni
from scanner.epcis.document import parse_document
from scanner.epcis.event import parse_event
from scanner.epcis.hashing import document_hashes, event_hash
from scanner.errors import Malformed

FIELDS = """type @context eventTime eventTimeZoneOffset action epcList quantityList bizStep disposition readPoint id
    sourceList destinationList bizTransactionList sensorElementList ilmd errorDeclaration epcisBody eventList
    epcisHeader schemaVersion creationDate queryResults resultsBody parentID childEPCs jl:x persistentDisposition
    certificationInfo inputEPCList outputEPCList"""
VALUES = """ObjectEvent AggregationEvent TransactionEvent TransformationEvent AssociationEvent EPCISDocument ADD 2.0
    EPCISQueryDocument OBSERVE +08:00 2026-03-18T09:30:00Z receiving urn:epc:id:sscc:1 https://id.gs1.org/00/1"""
NAMES = st.sampled_from(FIELDS.split())
WORDS = st.sampled_from(VALUES.split())
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=6),
    max_leaves=25,
)
BASE = {
    "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    "type": "ObjectEvent",
    "eventTime": "2026-03-18T09:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "epcList": ["https://id.gs1.org/00/106901234567890128"],
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
EXACT = (
    st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-(2.0**53) + 1, 2.0**53 - 1)
    | st.floats(min_value=1e21, allow_infinity=False)
)
PLAIN = st.recursive(
    st.none() | st.booleans() | EXACT | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)


@given(JSON)
def test_any_value_is_taken_or_refused(value: Any) -> None:
    for parse in (parse_event, parse_document):
        with suppress(Malformed):
            parse(value)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_taken_or_refused(data: bytes) -> None:
    with suppress(Malformed):
        parse_document(data)


@given(JSON)
def test_any_json_text_is_taken_or_refused(value: Any) -> None:
    with suppress(Malformed):
        parse_document(json.dumps(value).encode())


@given(st.dictionaries(NAMES, JSON, max_size=3))
def test_a_sound_event_with_anything_in_its_fields_is_taken_or_refused(changes: dict[str, Any]) -> None:
    with suppress(Malformed):
        document = parse_document({**BASE, **changes})
        document_hashes(document)
        canonical(document.content)


@given(PLAIN)
def test_a_sound_event_with_any_extension_keeps_its_meaning(extension: Any) -> None:
    event = parse_event({**BASE, "jl:note": extension})
    again = json.loads(canonical(event))
    assert again == event
    assert canonical(again) == canonical(event)
    assert event_hash(again) == event_hash(event)
    assert parse_ni(ni(evidence(event))) == evidence(again)


@given(PLAIN, PLAIN)
def test_different_extensions_have_different_evidence(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    if same:
        assert evidence({**BASE, "jl:note": one}) == evidence({**BASE, "jl:note": other})
    elif canonical({"a": one}) != canonical({"a": other}):
        assert evidence({**BASE, "jl:note": one}) != evidence({**BASE, "jl:note": other})
