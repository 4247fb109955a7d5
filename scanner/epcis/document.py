"""EPCIS documents: EPCISDocument, EPCISQueryDocument, or one event with its own `@context`."""

from dataclasses import dataclass

from scanner.epcis import fields as f
from scanner.epcis.context import Context, parse_context
from scanner.epcis.event import checked_event, parse_event
from scanner.epcis.json_text import check, child, load
from scanner.epcis.vocabulary import EVENT_TYPES
from scanner.errors import Malformed

__all__ = ["DOCUMENT_TYPES", "Document", "parse_document", "parse_event"]

DOCUMENT_TYPES = ("EPCISDocument", "EPCISQueryDocument")
_ATTRIBUTE = f.fields({"id": f.any_uri, "attribute": f.anything}, "id")
_ELEMENT = f.fields({"id": f.any_uri, "attributes": f.many(_ATTRIBUTE), "children": f.many(f.any_uri)}, "id")
_VOCABULARY = f.fields({"type": f.uri, "vocabularyElementList": f.many(_ELEMENT)}, "type")
_MASTER_DATA = f.fields({"vocabularyList": f.many(_VOCABULARY)})
_SHELL: dict[str, f.Check] = {
    "type": f.one_of(*DOCUMENT_TYPES), "@context": f.anything, "id": f.uri, "creationDate": f.time,
    "schemaVersion": f.matching(r"2(\.[0-9]+)*", "a version of EPCIS 2"), "instanceIdentifier": f.text,
    "sender": f.text, "receiver": f.text, "epcisHeader": f.fields({"epcisMasterData": _MASTER_DATA}),
    "epcisBody": f.anything, "rdfs:comment": f.text,
}  # fmt: skip
_CHECKS = {
    "EPCISDocument": f.fields(_SHELL, "schemaVersion", "creationDate", "epcisBody"),
    "EPCISQueryDocument": f.fields(_SHELL, "epcisBody"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document: its kind, what its `@context` declares, its events as they came, and all of it.

    `kind` is a document type, or the type of the one event. `ignored` are the fields that the sender leaves out of the
    CBV event hash (`ignoreFields` with any prefix).
    """

    kind: str
    context: Context
    events: tuple[dict[str, object], ...]
    ignored: frozenset[str]
    content: dict[str, object]


def parse_document(source: bytes | str | dict[str, object]) -> Document:
    """Read JSON or a JSON value; raises Malformed naming the field, and never anything else."""
    if isinstance(source, bytes | bytearray | str):
        content: object = load(source)
    else:
        check(source)
        content = source
    if not isinstance(content, dict):
        raise Malformed("", "must be an object")
    if "@context" not in content:
        raise Malformed("@context", "is missing")
    context = parse_context(content["@context"])
    kind = content.get("type")
    if kind in EVENT_TYPES:
        return Document(str(kind), context, (checked_event(content, "", context),), frozenset(), content)
    if kind not in DOCUMENT_TYPES:
        wanted = ", ".join((*DOCUMENT_TYPES, *EVENT_TYPES))
        raise Malformed("type", f"{str(kind)[:100]!r} is not one of {wanted}" if kind else "is missing")
    _CHECKS[str(kind)](content, "", context)
    holders, path = [content], ""
    steps = ("epcisBody",) if kind == "EPCISDocument" else ("epcisBody", "queryResults", "resultsBody")
    for step in steps:
        path = child(path, step)
        inner = holders[-1].get(step)
        if not isinstance(inner, dict):
            raise Malformed(path, "must be an object" if step in holders[-1] else "is missing")
        holders.append(inner)
    path = child(path, "eventList")
    events = holders[-1].get("eventList")
    if not isinstance(events, list):
        raise Malformed(path, "must be a list" if "eventList" in holders[-1] else "is missing")
    checked = tuple(checked_event(event, f"{path}[{at}]", context) for at, event in enumerate(events))
    return Document(str(kind), context, checked, _ignored(holders), content)


def _ignored(holders: list[dict[str, object]]) -> frozenset[str]:
    found: set[str] = set()
    for holder in holders:
        for key, value in holder.items():
            if key.endswith(":ignoreFields") and isinstance(value, list):
                found.update(name for name in value if isinstance(name, str))
    return frozenset(found)
