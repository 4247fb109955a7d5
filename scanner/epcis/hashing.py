"""The CBV 2.0 event hash of an event in JSON: the same for every way of writing the same event (CBV 2.0, 8.9).

The order of fields follows the published examples of the reference implementation: first the ordered fields below,
then all others sorted by what they say: business transactions, destinations, ILMD, sources, extensions.
"""

import hashlib
from collections.abc import Mapping

from scanner.epcis import vocabulary as cbv
from scanner.epcis.context import OWN, Context
from scanner.epcis.document import Document
from scanner.epcis.normal_values import normal_time, normal_value

# What takes no part: who stored it when, and what was said about it later.
_IGNORED = frozenset({"recordTime", "eventID", "type", "errorDeclaration", "@context", "rdfs:comment", "comment"})
_COMMENTS = frozenset({"rdfs:comment", "comment"})
_TIMES = frozenset({"eventTime", "time", "startTime", "endTime"})
_EPC, _QUANTITY = ("epc",), ("quantityElement",)
# Field: name of each entry of its list, "" for none.
_ENTRIES = {
    "epcList": _EPC, "inputEPCList": _EPC, "childEPCs": _EPC, "outputEPCList": _EPC,
    "quantityList": _QUANTITY, "childQuantityList": _QUANTITY, "inputQuantityList": _QUANTITY,
    "outputQuantityList": _QUANTITY, "sensorElementList": ("sensorElement",), "bizTransactionList": ("",),
    "sourceList": ("",), "destinationList": ("",),
}  # fmt: skip
_EVENT_ORDER = (
    "eventTime", "eventTimeZoneOffset", "certificationInfo", "parentID", "epcList", "inputEPCList", "childEPCs",
    "quantityList", "childQuantityList", "inputQuantityList", "outputEPCList", "outputQuantityList", "action",
    "transformationID", "bizStep", "disposition", "persistentDisposition", "readPoint", "bizLocation",
    "sensorElementList",
)  # fmt: skip
# Order of fields inside these objects; what is not named follows, sorted.
_ORDERS: dict[str, tuple[str, ...]] = {
    "quantityElement": ("epcClass", "quantity", "uom"),
    "persistentDisposition": ("set", "unset"),
    "readPoint": ("id",),
    "bizLocation": ("id",),
    "bizTransactionList": ("type", "bizTransaction"),
    "sourceList": ("type", "source"),
    "destinationList": ("type", "destination"),
    "sensorElement": ("sensorMetadata", "sensorReport"),
    "sensorMetadata": (
        "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules",
    ),
    "sensorReport": (
        "type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time",
        "microorganism", "chemicalSubstance", "value", "component", "stringValue", "booleanValue", "hexBinaryValue",
        "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom",
        "coordinateReferenceSystem",
    ),
}  # fmt: skip
# (object, field) whose bare words are of a vocabulary.
_WORDS: Mapping[tuple[str, str], cbv.Vocabulary] = {
    ("", "bizStep"): cbv.BIZ_STEP,
    ("", "disposition"): cbv.DISPOSITION,
    ("persistentDisposition", "set"): cbv.DISPOSITION,
    ("persistentDisposition", "unset"): cbv.DISPOSITION,
    ("bizTransactionList", "type"): cbv.BIZ_TRANSACTION_TYPE,
    ("sourceList", "type"): cbv.SOURCE_DESTINATION_TYPE,
    ("destinationList", "type"): cbv.SOURCE_DESTINATION_TYPE,
    ("sensorReport", "component"): cbv.COMPONENT,
}


def prehash(event: Mapping[str, object], context: Context = OWN, ignored: frozenset[str] = frozenset()) -> str:
    """The text whose SHA-256 is the event hash; for a valid event, with the prefixes of its document."""
    left_out = _IGNORED | ignored
    ordered = "".join(_field("", name, event[name], context) for name in _EVENT_ORDER if name in event)
    rest = sorted(
        _field("", name, value, context)
        for name, value in event.items()
        if name not in left_out and name not in _EVENT_ORDER
    )
    return f"eventType={event['type']}{ordered}{''.join(rest)}"


def event_hash(event: Mapping[str, object], context: Context = OWN, ignored: frozenset[str] = frozenset()) -> str:
    """`ni:///sha-256;<hex>?ver=CBV2.0`."""
    digest = hashlib.sha256(prehash(event, context, ignored).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def document_hashes(document: Document) -> tuple[str, ...]:
    """The event hash of each event of a document."""
    return tuple(event_hash(event, document.context, document.ignored) for event in document.events)


def _field(holder: str, name: str, value: object, context: Context) -> str:
    """`name=value`, `name` with the fields of an object, or once for each entry of a list; empty things say nothing."""
    if name in _ENTRIES and not holder and isinstance(value, list):
        entry = _ENTRIES[name][0]
        inside = sorted(_single(name, entry, item, context) for item in value)
        return name + "".join(inside) if any(inside) else ""
    if isinstance(value, list):
        return "".join(sorted(_single(holder, name, item, context) for item in value))
    return _single(holder, name, value, context)


def _single(holder: str, name: str, value: object, context: Context) -> str:
    shown = _shown(name, context)
    if isinstance(value, dict):
        inside = _object(name or holder, value, context)
        return shown + inside if inside else ""
    if isinstance(value, list):
        return shown + "".join(_single(holder, name, item, context) for item in value)
    text = _text(holder, name, value, context)
    return f"{shown}={text}" if text else ""


def _object(kind: str, value: Mapping[str, object], context: Context) -> str:
    order = _ORDERS.get(kind, ())
    ordered = "".join(_field(kind, name, value[name], context) for name in order if name in value)
    left_out = _COMMENTS | {"type"} if order else _COMMENTS
    rest = sorted(
        _field(kind, name, inner, context)
        for name, inner in value.items()
        if name not in order and name not in left_out
    )
    return ordered + "".join(rest)


def _shown(name: str, context: Context) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{context.names[prefix]}}}{local}" if colon and prefix in context.names else name


def _text(holder: str, name: str, value: object, context: Context) -> str:
    if name in _TIMES and isinstance(value, str) and holder in ("", "sensorMetadata", "sensorReport"):
        return normal_time(value.strip())
    if isinstance(value, str):
        value = value.strip()
        if (vocabulary := _WORDS.get((holder, name))) is not None:
            value = vocabulary.long(value)
        elif holder == "sensorReport" and name in ("type", "exception") and ":" not in value:
            value = cbv.GS1_VOCABULARY + value
    return normal_value(value, context)
