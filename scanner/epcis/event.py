"""The five event types of EPCIS 2.0: their fields, and what must be there."""

from scanner.epcis import fields as f
from scanner.epcis import vocabulary as cbv
from scanner.epcis.context import OWN, Context, parse_context
from scanner.epcis.json_text import check, child
from scanner.errors import Malformed

_PLACE = f.fields({"id": f.uri, "type": f.bare_or_uri}, "id")
_QUANTITY = f.fields(
    {"epcClass": f.uri, "quantity": f.quantity, "uom": f.matching("[A-Z0-9]{2,3}", "a unit of measure"),
     "type": f.bare_or_uri},
    "epcClass",
)  # fmt: skip
_TRANSACTION = f.fields({"type": f.word(cbv.BIZ_TRANSACTION_TYPE), "bizTransaction": f.uri}, "bizTransaction")
_SOURCE = f.fields({"type": f.word(cbv.SOURCE_DESTINATION_TYPE), "source": f.uri}, "type", "source")
_DESTINATION = f.fields({"type": f.word(cbv.SOURCE_DESTINATION_TYPE), "destination": f.uri}, "type", "destination")
_DEVICE: dict[str, f.Check] = {
    "time": f.time, "deviceID": f.uri, "deviceMetadata": f.uri, "rawData": f.uri, "dataProcessingMethod": f.uri,
    "bizRules": f.uri,
}  # fmt: skip
_METADATA = f.fields(_DEVICE | {"startTime": f.time, "endTime": f.time, "type": f.bare_or_uri})
_REPORT = f.fields(
    _DEVICE
    | {
        "type": f.bare_or_uri, "exception": f.bare_or_uri, "microorganism": f.uri, "chemicalSubstance": f.uri,
        "coordinateReferenceSystem": f.uri, "component": f.word(cbv.COMPONENT), "value": f.number,
        "minValue": f.number, "maxValue": f.number, "meanValue": f.number, "sDev": f.number, "percRank": f.number,
        "percValue": f.number, "stringValue": f.text, "booleanValue": f.boolean, "uriValue": f.uri,
        "hexBinaryValue": f.matching("([0-9A-Fa-f]{2})+", "hexadecimal"), "uom": f.text,
    },
    either=("type", "exception"),
)  # fmt: skip
_SENSOR = f.fields(
    {"sensorMetadata": _METADATA, "sensorReport": f.many(_REPORT, least=1), "type": f.bare_or_uri}, "sensorReport"
)
_ERROR = f.fields(
    {"declarationTime": f.time, "reason": f.word(cbv.ERROR_REASON), "correctiveEventIDs": f.many(f.uri)},
    "declarationTime",
)
# Repositories in the field set flags of their own as bare words here, so they pass.
_FLAGS = f.many(f.word(cbv.DISPOSITION, private=True), least=1)

_COMMON: dict[str, f.Check] = {
    "type": f.one_of(*cbv.EVENT_TYPES), "@context": f.anything, "eventID": f.uri,
    "eventTime": f.time, "eventTimeZoneOffset": f.offset, "recordTime": f.time, "errorDeclaration": _ERROR,
    "certificationInfo": f.one_or_list(f.uri_reference), "bizStep": f.word(cbv.BIZ_STEP),
    "disposition": f.word(cbv.DISPOSITION), "readPoint": _PLACE, "bizLocation": _PLACE,
    "persistentDisposition": f.fields({"set": _FLAGS, "unset": _FLAGS}, either=("set", "unset")),
    "bizTransactionList": f.many(_TRANSACTION), "sourceList": f.many(_SOURCE),
    "destinationList": f.many(_DESTINATION), "sensorElementList": f.many(_SENSOR), "rdfs:comment": f.text,
}  # fmt: skip
_ACTION: dict[str, f.Check] = {"action": f.one_of(*cbv.ACTIONS)}
_EPCS, _QUANTITIES = f.many(f.thing), f.many(_QUANTITY)
_CHILDREN: dict[str, f.Check] = {"parentID": f.thing, "childEPCs": _EPCS, "childQuantityList": _QUANTITIES}
_THINGS: dict[str, f.Check] = {"epcList": _EPCS, "quantityList": _QUANTITIES}
_ALWAYS = ("eventTime", "eventTimeZoneOffset")
_TYPES: dict[str, f.Check] = {
    "ObjectEvent": f.fields(_COMMON | _ACTION | _THINGS | {"ilmd": f.extensions}, *_ALWAYS, "action"),
    "AggregationEvent": f.fields(_COMMON | _ACTION | _CHILDREN, *_ALWAYS, "action"),
    "AssociationEvent": f.fields(_COMMON | _ACTION | _CHILDREN, *_ALWAYS, "action", "parentID"),
    "TransactionEvent": f.fields(
        _COMMON | _ACTION | _THINGS | {"parentID": f.uri}, *_ALWAYS, "action", "bizTransactionList"
    ),
    "TransformationEvent": f.fields(
        _COMMON
        | {
            "inputEPCList": _EPCS, "inputQuantityList": _QUANTITIES, "outputEPCList": _EPCS,
            "outputQuantityList": _QUANTITIES, "transformationID": f.uri, "ilmd": f.extensions,
        },
        *_ALWAYS,
    ),
}  # fmt: skip


def parse_event(obj: object, path: str = "", context: Context = OWN) -> dict[str, object]:
    """The event `obj` itself, unchanged, when it is a valid EPCIS 2.0 event; raises Malformed naming the field.

    `path` is where the event stands in its document; `context` holds the prefixes that the document declares (for an
    event alone: ours), to which an `@context` of the event adds its own.
    """
    check(obj, path)
    return checked_event(obj, path, context)


def checked_event(obj: object, path: str, context: Context) -> dict[str, object]:
    """As `parse_event`, for a value that `json_text.check` has passed already."""
    if not isinstance(obj, dict):
        raise Malformed(path, "must be an object")
    if "type" not in obj:
        raise Malformed(child(path, "type"), "is missing")
    if "@context" in obj:
        context = parse_context(obj["@context"], child(path, "@context"), context)
    kind = obj["type"]
    if not isinstance(kind, str) or kind not in _TYPES:
        raise Malformed(child(path, "type"), f"{str(kind)[:100]!r} is not one of {', '.join(_TYPES)}")
    _TYPES[kind](obj, path, context)
    _check_whole(kind, obj, path)
    return obj


def _check_whole(kind: str, event: dict[str, object], path: str) -> None:
    """Rules that look at several fields at once."""
    action = event.get("action")
    if kind == "TransformationEvent":
        _check_transformation(event, path)
    elif kind == "ObjectEvent":
        if not any(event.get(name) for name in ("epcList", "quantityList", "sensorElementList")):
            raise Malformed(child(path, "epcList"), "or quantityList or sensorElementList must say something")
        if "ilmd" in event and action != "ADD":
            raise Malformed(child(path, "ilmd"), f"cannot stand in an event with action {action}")
    elif kind == "TransactionEvent":
        if not event["bizTransactionList"]:
            raise Malformed(child(path, "bizTransactionList"), "is empty")
        if action != "DELETE" and not any(event.get(name) for name in ("epcList", "quantityList", "parentID")):
            raise Malformed(child(path, "epcList"), "or quantityList or parentID must say something")
    else:
        if action != "OBSERVE" and "parentID" not in event:
            raise Malformed(child(path, "parentID"), "is missing")
        if action != "DELETE" and not (event.get("childEPCs") or event.get("childQuantityList")):
            raise Malformed(child(path, "childEPCs"), "or childQuantityList must say something")


def _check_transformation(event: dict[str, object], path: str) -> None:
    """Inputs and outputs; with a transformationID the other half may be in another event."""
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    if not inputs and not (outputs and "transformationID" in event):
        raise Malformed(child(path, "inputEPCList"), "or inputQuantityList must say something")
    if not outputs and "transformationID" not in event:
        raise Malformed(child(path, "outputEPCList"), "or outputQuantityList must say something")
