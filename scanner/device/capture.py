"""A capture: what the contract is told about an event. Every field is derived from the event, by one pure function.

So the message a device sends is the event and a signature over its capture; nothing in it can disagree.
The same derivation exists in JavaScript for the warehouse app; `tests/vectors/capture/` keeps the two together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from hashlib import sha256
from typing import Any

from scanner.device.names import batch_id, batch_of, gln_of, party_id
from scanner.epcis.canonical import evidence
from scanner.epcis.vocabulary import BIZ_STEP, BIZ_TRANSACTION_TYPE, SOURCE_DESTINATION_TYPE, Vocabulary
from scanner.errors import Malformed
from scanner.evidence import tree

Event = Mapping[str, Any]
ZERO = bytes(32)
UINT64_MAX, UINT128_MAX = 2**64 - 1, 2**128 - 1


class Step(IntEnum):
    """Steps of the protocol, numbered as in the contract."""

    NONE = 0
    HARVEST = 1
    FERMENT = 2
    DISTIL = 3
    AGE = 4
    BLEND = 5
    BOTTLE = 6
    INSPECT = 7
    COMMISSION = 8
    SHIP = 9
    RECEIVE = 10
    RETURN = 11
    SELL = 12
    WRITE_OFF = 13
    RECALL = 14
    LIFT = 15


@dataclass(frozen=True, slots=True)
class Input:
    """What was used up: batch id and quantity in grams, millilitres or bottles."""

    batch: bytes
    quantity: int


@dataclass(frozen=True, slots=True)
class Capture:
    """The struct of the contract. Hashes are 32 bytes, zero when absent; quantities in grams, millilitres or bottles;
    time in whole seconds UTC."""

    evidence: bytes
    batch: bytes = ZERO
    step: Step = Step.NONE
    quantity: int = 0
    counterparty: bytes = ZERO
    location: bytes = ZERO
    time: int = 0
    units: bytes = ZERO
    ref: bytes = ZERO
    inputs: tuple[Input, ...] = ()


OBJECT_STEPS = {
    "commissioning": Step.COMMISSION,
    "shipping": Step.SHIP,
    "receiving": Step.RECEIVE,
    "inspecting": Step.INSPECT,
    "retail_selling": Step.SELL,
    "destroying": Step.WRITE_OFF,
    "jl:harvest": Step.HARVEST,
    "jl:age": Step.AGE,
    "jl:return": Step.RETURN,
    "jl:recall": Step.RECALL,
    "jl:lift": Step.LIFT,
}
TRANSFORMATION_STEPS = {
    "jl:ferment": Step.FERMENT,
    "jl:distil": Step.DISTIL,
    "jl:blend": Step.BLEND,
    "jl:bottle": Step.BOTTLE,
}
SPEAKING = frozenset({Step.AGE, Step.INSPECT, Step.COMMISSION, Step.RECALL, Step.LIFT})
"""Steps that move nothing: their quantity may be left out and is then 0."""

UNITS_OF_MEASURE = {None: 1, "KGM": 1000, "LTR": 1000}
JL = "https://ns.jiulian.example/epcis/"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_EVIDENCE_URI = re.compile(r"ni:///sha-256;([0-9a-f]{64})")
_HASH = re.compile(r"(?:0x)?([0-9a-f]{64})")


def capture_of(event: Event) -> Capture:
    """The capture of an event; Malformed names the field that a step needs and the event has not.

    An event of no step of ours gives a capture with step None: evidence and time, and all else zero.
    """
    step = step_of(event)
    if step is Step.NONE:
        return evidence_only(event)
    if step in TRANSFORMATION_STEPS.values():
        batch, quantity = _single(event, "outputQuantityList", step)
        inputs = tuple(
            Input(*_batch_quantity(entry, f"inputQuantityList[{at}]", step))
            for at, entry in enumerate(_objects(event, "inputQuantityList"))
        )
    else:
        batch, quantity = _single(event, "quantityList", step)
        inputs = ()
    return Capture(
        evidence=evidence(event),
        batch=batch,
        step=step,
        quantity=quantity,
        counterparty=_counterparty(event, step),
        location=_location(event),
        time=_time(event),
        units=_units(event, step),
        ref=_ref(event),
        inputs=inputs,
    )


def evidence_only(event: Event) -> Capture:
    """A capture that goes into the evidence log and moves nothing, whatever the event says was done."""
    return Capture(evidence=evidence(event), time=_time(event))


def step_of(event: Event) -> Step:
    """The step an event takes, by its type and business step."""
    steps = {"ObjectEvent": OBJECT_STEPS, "TransformationEvent": TRANSFORMATION_STEPS}.get(str(event.get("type")), {})
    return steps.get(_word(event.get("bizStep"), BIZ_STEP), Step.NONE)


def _word(value: object, words: Vocabulary) -> str:
    """A CBV word or `jl:` word, from any of the spellings EPCIS allows."""
    text = value if isinstance(value, str) else ""
    return "jl:" + text.removeprefix(JL) if text.startswith(JL) else words.short(text) or text


def _objects(event: Event, field: str) -> Sequence[Event]:
    entries = event.get(field, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise Malformed(field, "is not a list of objects")
    return entries


def _text(entry: Event, field: str, path: str) -> str:
    value = entry.get(field)
    if not isinstance(value, str):
        raise Malformed(f"{path}.{field}", "is missing or not text")
    return value


def _single(event: Event, field: str, step: Step) -> tuple[bytes, int]:
    entries = _objects(event, field)
    if len(entries) != 1:
        raise Malformed(field, f"has {len(entries)} entries; this step is about one batch")
    return _batch_quantity(entries[0], f"{field}[0]", step)


def _batch_quantity(entry: Event, path: str, step: Step) -> tuple[bytes, int]:
    try:
        batch = batch_id(*batch_of(_text(entry, "epcClass", path)))
    except Malformed as error:
        raise Malformed(f"{path}.epcClass", error.reason) from error
    uom = entry.get("uom")
    if not (uom is None or isinstance(uom, str)) or uom not in UNITS_OF_MEASURE:
        raise Malformed(f"{path}.uom", "is neither KGM nor LTR nor left out for bottles")
    value = entry.get("quantity", 0 if step in SPEAKING else None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(f"{path}.quantity", "is missing or not a number")
    quantity = Decimal(repr(value)) * UNITS_OF_MEASURE[uom]
    if not quantity.is_finite() or quantity != quantity.to_integral_value() or not 0 <= quantity <= UINT128_MAX:
        raise Malformed(f"{path}.quantity", "is not a whole number of grams, millilitres or bottles")
    return batch, int(quantity)


def _counterparty(event: Event, step: Step) -> bytes:
    sides = {Step.SHIP: ("destinationList", "destination"), Step.RECEIVE: ("sourceList", "source")}
    if step not in sides:
        return ZERO
    field, key = sides[step]
    owners = [
        each for each in _objects(event, field) if _word(each.get("type"), SOURCE_DESTINATION_TYPE) == "owning_party"
    ]
    if len(owners) != 1:
        raise Malformed(field, f"names {len(owners)} owning parties instead of one")
    try:
        return party_id(gln_of(_text(owners[0], key, field)))
    except Malformed as error:
        raise Malformed(f"{field}.{key}", error.reason) from error


def _location(event: Event) -> bytes:
    point = event.get("readPoint")
    if point is None:
        return ZERO
    try:
        return party_id(gln_of(_text(point if isinstance(point, Mapping) else {}, "id", "readPoint")))
    except Malformed as error:
        raise Malformed("readPoint.id", error.reason) from error


def _time(event: Event) -> int:
    text = event.get("eventTime")
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise Malformed("eventTime", "is not a time with its offset from UTC")
    try:
        # Fractions are cut off before, not rounded: the second a thing happened in is the second it is known by.
        seconds = int(datetime.fromisoformat(re.sub(r"\.\d+", "", text)).timestamp())
    except (ValueError, OverflowError) as error:
        raise Malformed("eventTime", "is not a time that exists") from error
    if seconds < 0:
        raise Malformed("eventTime", "is before 1970")
    return seconds


def _units(event: Event, step: Step) -> bytes:
    if step is Step.COMMISSION:
        match = _HASH.fullmatch(str(event.get("jl:unitsRoot")))
        if match is None:
            raise Malformed("jl:unitsRoot", "is not 64 hexadecimal digits")
        return bytes.fromhex(match[1])
    epcs = event.get("epcList", [])
    if not isinstance(epcs, list) or not all(isinstance(epc, str) for epc in epcs):
        raise Malformed("epcList", "is not a list of URIs")
    return tree.root(epc.encode() for epc in epcs) if epcs else ZERO


def _ref(event: Event) -> bytes:
    field = "bizTransactionList"
    entries = [
        (_word(each.get("type"), BIZ_TRANSACTION_TYPE), _text(each, "bizTransaction", field))
        for each in _objects(event, field)
    ]
    for kind, uri in entries:
        if kind == "desadv" and (match := _EVIDENCE_URI.fullmatch(uri)):
            return bytes.fromhex(match[1])
    return next((sha256(uri.encode()).digest() for kind, uri in entries if kind in ("po", "desadv")), ZERO)
