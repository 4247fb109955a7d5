"""What an event says, in plain identifiers: read once, by one function, for everybody who acts on it.

The capture that is signed, custody, orders, stock and trails all take their fields from here, so that none can read
another addressee, batch or bottle out of the same event. `scanner/pwa/reading.js` is the twin for the warehouse app;
`tests/vectors/capture/` keeps the two together.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256

from scanner.device.declaration import voided
from scanner.device.event_values import Amount, Arrival, Packing, Reading, Step
from scanner.device.names import Unit, batch_of, event_key, gln_of, unit_of
from scanner.device.times import seconds_of
from scanner.epcis.json_text import INTEGER_MAX
from scanner.epcis.vocabulary import BIZ_STEP, BIZ_TRANSACTION_TYPE, SOURCE_DESTINATION_TYPE, Vocabulary
from scanner.errors import Malformed

Event = Mapping[str, object]
UINT64_MAX, UINT128_MAX = 2**64 - 1, 2**128 - 1


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

DEPTH_MAX = 12
"""In how many packages a thing may lie, one in another: bottle, box, case, pallet, container, and room. Nobody may pack
deeper, so that whoever follows a thing through its packages sees all of its way."""
INPUTS_MAX = 64
"""The most entries of what a batch is made of, as in the contract: more might not fit into one of its transactions."""
UNITS_OF_MEASURE = {None: 1, "KGM": 1000, "LTR": 1000}
JL = "https://ns.jiulian.example/epcis/"
_EVIDENCE_URI = re.compile(r"ni:///sha-256;([0-9a-f]{64})")
_HASH = re.compile(r"(?:0x)?([0-9a-f]{64})")
_HALF = re.compile("[\ud800-\udfff]")
_OWNER_NEEDED = {Step.SHIP: "destinationList", Step.RECEIVE: "sourceList"}
_SIDES = (("sourceList", "source"), ("destinationList", "destination"))


def read(event: Event) -> Reading:
    """The reading of an event, which is one of no step of ours when it says nothing that moves a batch.

    Raises:
        Malformed: a field that the step needs is missing, says two things, or names what cannot be; `field` says which.
    """
    step = step_of(event)
    if step is Step.NONE:
        packing, arrival, voids = _packing(event), _arrival(event), voided(event)
        return Reading(step, time_of(event), packing=packing, arrival=arrival, voids=voids, event_id=_event_id(event))
    transforms = step in TRANSFORMATION_STEPS.values()
    output = _single(event, "outputQuantityList" if transforms else "quantityList", step)
    inputs = _inputs(event) if transforms else ()
    sender, receiver = (_owner(event, field, key, step) for field, key in _SIDES)
    field = "inputEPCList" if transforms else "epcList"
    named = _texts(event, field)
    shipment, documents = _documents(event)
    return Reading(
        step=step,
        time=time_of(event),
        output=output,
        inputs=tuple(_amount(each, f"inputQuantityList[{at}]", step) for at, each in enumerate(inputs)),
        sender=sender,
        receiver=receiver,
        place=_place(event),
        named=named,
        units=_units(named, field),
        units_root=_commissioned(event) if step is Step.COMMISSION else None,
        ref=shipment or next((sha256(uri.encode()).digest() for uri in documents), None),
        documents=documents,
        voids=voided(event),
        event_id=_event_id(event),
    )


def witnessed(event: Event) -> Reading:
    """The reading of an event that only bears witness: it takes no step, whatever it tells of.

    Raises:
        Malformed: its time or its declaration of an error cannot be read.
    """
    return Reading(Step.NONE, time_of(event), voids=voided(event), event_id=_event_id(event))


def _event_id(event: Event) -> str | None:
    return event_key(event.get("eventID"))


def step_of(event: Event) -> Step:
    """The step an event takes, by its type and business step."""
    steps = {"ObjectEvent": OBJECT_STEPS, "TransformationEvent": TRANSFORMATION_STEPS}.get(str(event.get("type")), {})
    return steps.get(_word(event.get("bizStep"), BIZ_STEP), Step.NONE)


def time_of(event: Event) -> int:
    """When it happened, in whole seconds UTC since 1970; Malformed when `eventTime` is no time, or one before that."""
    return seconds_of(event.get("eventTime"), "eventTime")


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


def _texts(event: Event, field: str) -> tuple[str, ...]:
    values = event.get(field, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Malformed(field, "is not a list of URIs")
    return tuple(values)


def _units(named: Sequence[str], field: str) -> tuple[Unit, ...]:
    """What the texts name, each once."""
    places: dict[str, int] = {}
    units = []
    for at, text in enumerate(named):
        unit = _unit(text, f"{field}[{at}]")
        if (first := places.setdefault(unit.key, at)) != at:
            raise Malformed(f"{field}[{at}]", f"names {unit.key} again, which {field}[{first}] names already")
        units.append(unit)
    return tuple(units)


def _unit(text: str, path: str) -> Unit:
    try:
        return unit_of(text)
    except Malformed as error:
        raise Malformed(path, error.reason) from error


def _single(event: Event, field: str, step: Step) -> Amount:
    entries = _objects(event, field)
    if len(entries) != 1:
        raise Malformed(field, f"has {len(entries)} entries; this step is about one batch")
    return _amount(entries[0], f"{field}[0]", step)


def _inputs(event: Event) -> Sequence[Event]:
    field = "inputQuantityList"
    entries = _objects(event, field)
    if len(entries) > INPUTS_MAX:
        raise Malformed(
            field,
            f"has {len(entries)} entries; at most {INPUTS_MAX}: sum up what is of one batch, or blend in two steps",
        )
    return entries


def _amount(entry: Event, path: str, step: Step) -> Amount:
    try:
        gtin, batch = batch_of(_text(entry, "epcClass", path))
    except Malformed as error:
        raise Malformed(f"{path}.epcClass", error.reason) from error
    uom = entry.get("uom")
    if not (uom is None or isinstance(uom, str)) or uom not in UNITS_OF_MEASURE:
        raise Malformed(f"{path}.uom", "is neither KGM nor LTR nor left out for bottles")
    value = entry.get("quantity", 0 if step in SPEAKING else None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(f"{path}.quantity", "is missing or not a number")
    if abs(value) > INTEGER_MAX:
        raise Malformed(f"{path}.quantity", "is beyond 2^53, which JSON cannot carry exactly")
    quantity = Decimal(repr(value)) * UNITS_OF_MEASURE[uom]
    if not quantity.is_finite() or quantity != quantity.to_integral_value() or not 0 <= quantity <= UINT128_MAX:
        raise Malformed(f"{path}.quantity", "is not a whole number of grams, millilitres or bottles")
    return Amount(gtin, batch, int(quantity), uom)


def _owner(event: Event, field: str, key: str, step: Step) -> str | None:
    """GLN of the one owning party of a list; only the CBV's own word counts, not one that ends like it."""
    owners = [
        each for each in _objects(event, field) if _word(each.get("type"), SOURCE_DESTINATION_TYPE) == "owning_party"
    ]
    if len(owners) > 1 or (not owners and _OWNER_NEEDED.get(step) == field):
        raise Malformed(field, f"names {len(owners)} owning parties instead of one")
    return _gln(_text(owners[0], key, field), f"{field}.{key}") if owners else None


def _gln(uri: str, path: str) -> str:
    try:
        return gln_of(uri)
    except Malformed as error:
        raise Malformed(path, error.reason) from error


def _place(event: Event) -> str | None:
    point = event.get("readPoint")
    if point is None:
        return None
    return _gln(_text(point if isinstance(point, Mapping) else {}, "id", "readPoint"), "readPoint.id")


def _commissioned(event: Event) -> bytes:
    text = event.get("jl:unitsRoot")
    if not isinstance(text, str) or (match := _HASH.fullmatch(text)) is None:
        raise Malformed("jl:unitsRoot", "is not 64 hexadecimal digits")
    return bytes.fromhex(match[1])


def _transactions(event: Event) -> list[tuple[str, str]]:
    """What an event refers to: (word, URI)."""
    field = "bizTransactionList"
    return [
        (_word(each.get("type"), BIZ_TRANSACTION_TYPE), _text(each, "bizTransaction", field))
        for each in _objects(event, field)
    ]


def _documents(event: Event) -> tuple[bytes | None, tuple[str, ...]]:
    """The evidence of the one shipment that the event refers to, and the URIs of the orders and advices it names."""
    field = "bizTransactionList"
    entries = _transactions(event)
    shipments = {match[1] for kind, uri in entries if kind == "desadv" and (match := _EVIDENCE_URI.fullmatch(uri))}
    if len(shipments) > 1:
        raise Malformed(field, f"names {len(shipments)} shipments instead of one")
    shipment = bytes.fromhex(shipments.pop()) if shipments else None
    documents = tuple(uri for kind, uri in entries if kind in ("po", "desadv"))
    if any(_HALF.search(uri) for uri in documents):
        raise Malformed(field, "holds half a surrogate pair")
    return shipment, documents


def _packing(event: Event) -> Packing | None:
    """The aggregation that an event tells of; None when it tells of none, or of quantities only."""
    action = event.get("action")
    if event.get("type") != "AggregationEvent" or action not in ("ADD", "DELETE", "OBSERVE"):
        return None
    children = _texts(event, "childEPCs")
    if not children and (action != "DELETE" or event.get("childQuantityList", []) != []):
        return None
    parent = event.get("parentID")
    if not isinstance(parent, str):
        return None
    return Packing(action, _unit(parent, "parentID"), _units(children, "childEPCs"))


def _arrival(event: Event) -> Arrival | None:
    """The delivery of a shipment that an event tells of; None when it tells of none, or of no shipment of ours."""
    arrives = event.get("type") == "ObjectEvent" and _word(event.get("bizStep"), BIZ_STEP) == "arriving"
    if not arrives or event.get("action") != "OBSERVE" or (shipment := _documents(event)[0]) is None:
        return None
    sender, receiver = (_owner(event, field, key, Step.NONE) for field, key in _SIDES)
    return Arrival(
        shipment,
        _units(_texts(event, "epcList"), "epcList"),
        _single(event, "quantityList", Step.NONE) if _objects(event, "quantityList") else None,
        sender,
        receiver,
        tuple(uri for kind, uri in _transactions(event) if kind == "bol"),
    )
