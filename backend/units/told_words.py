"""What the fields of other systems' events name, every spelling read to one key. Pure."""

import re
from collections.abc import Mapping
from hashlib import sha256

from scanner.device.names import gln_of
from scanner.epcis import epc
from scanner.epcis.context import OWN, parse_context
from scanner.epcis.hashing import prehash
from scanner.epcis.vocabulary import BIZ_STEP, BIZ_TRANSACTION_TYPE, DISPOSITION, SOURCE_DESTINATION_TYPE, Vocabulary
from scanner.errors import ScannerError
from scanner.gs1 import digital_link, element_string
from scanner.gs1.associations import Element
from scanner.gs1.digital_link import CANONICAL_STEM
from scanner.gs1.percent import encode_path

Event = Mapping[str, object]
JL = "https://ns.jiulian.example/epcis/"
KEY_MAX = 300
_URN = re.compile("urn:epc:", re.IGNORECASE)
_TAG = re.compile(r"urn:epc:tag:([a-z]+)-[0-9]+:[0-7]\.(.+)", re.DOTALL)


def key_of(text: str) -> str:
    """One name for a thing however it is written: its canonical Digital Link; of what is no GS1 key, the text."""
    try:
        name = _canonical(_elements(text))
    except ScannerError:
        name = text
    return name if len(name) <= KEY_MAX else f"{name[:200]}#{sha256(name.encode()).hexdigest()}"


def parts_of(text: str) -> dict[str, str]:
    """The GS1 elements in the name of a thing or of a class, by application identifier; none when it is no GS1 key."""
    try:
        return dict(_elements(text))
    except ScannerError:
        return {}


def gtin_of(text: str) -> str | None:
    """GTIN in the name of a thing or of a class; None when there is none."""
    return parts_of(text).get("01")


def _elements(text: str) -> tuple[Element, ...]:
    if text.startswith(("(", "]")) or text[:1].isdigit():
        return element_string.parse(text)
    urn = _TAG.sub(r"urn:epc:id:\1:\2", _URN.sub("urn:epc:", text, count=1))
    head = re.split("[?#]", epc.digital_link(urn) or text, maxsplit=1)[0]
    return digital_link.parse(head, legacy=True).elements


def _canonical(elements: tuple[Element, ...]) -> str:
    found = dict(elements)
    if "00" in found:
        return f"{CANONICAL_STEM}/00/{found['00']}"
    if "01" in found and "21" in found:
        return f"{CANONICAL_STEM}/01/{found['01']}/21/{encode_path(found['21'])}"
    return CANONICAL_STEM + "".join(f"/{code}/{encode_path(value)}" for code, value in elements)


def texts(value: object) -> list[str]:
    """The texts in a list of an event, whatever else stands there."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def named(event: Event) -> tuple[list[str], str | None]:
    """Things that an event names, each as often as it does, and the parent of an aggregation.

    A transaction's parent stands for what lies in it.
    """
    parent = event.get("parentID")
    around = key_of(parent) if isinstance(parent, str) else None
    if event.get("type") == "AggregationEvent":
        return [key_of(uri) for uri in texts(event.get("childEPCs"))], around
    if event.get("type") == "TransactionEvent" and around is not None:
        return [around], None
    return [key_of(uri) for uri in texts(event.get("epcList"))], None


def repeats(declaration: Event, event: Event) -> bool:
    """Whether a declaration of error repeats all that an event says, however either is spelt (EPCIS 2.0, 7.4.1.2).

    What a system adds when it keeps an event anew takes no part: `recordTime`, and fields of other vocabularies.
    """
    return _content(declaration) == _content(event)


def _content(event: Event) -> str:
    context = parse_context(event["@context"], outer=OWN) if "@context" in event else OWN
    return prehash(event, context, frozenset(name for name in event if ":" in name))


def step_of(event: Event) -> str:
    """The business step as a word of the CBV or of ours (`jl:return`); empty when it is neither."""
    step = _word(event.get("bizStep"), BIZ_STEP)
    return "jl:" + step.removeprefix(JL) if step.startswith(JL) else step


def is_returned(event: Event) -> bool:
    """Whether it tells of goods that come back."""
    return _word(event.get("disposition"), DISPOSITION) == "returned"


def owners(event: Event) -> tuple[str | None, str | None]:
    """Who gives and who gets the goods: the owning party of each list, by its GLN where it has one."""
    return _owner(event, "sourceList", "source"), _owner(event, "destinationList", "destination")


def _owner(event: Event, field: str, key: str) -> str | None:
    found = {
        party_key(name)
        for each in _objects(event, field)
        if isinstance(name := each.get(key), str) and _word(each.get("type"), SOURCE_DESTINATION_TYPE) == "owning_party"
    }
    return found.pop() if len(found) == 1 else None


def party_key(text: str) -> str:
    """One name for a party however it is written: its GLN, or the text."""
    try:
        return gln_of(text)
    except ScannerError:
        return text[:KEY_MAX]


def documents(event: Event) -> list[tuple[str, str]]:
    """Kind (empty where it is not told) and id of each document that an event refers to."""
    return [
        (_word(each.get("type"), BIZ_TRANSACTION_TYPE), name[:KEY_MAX])
        for each in _objects(event, "bizTransactionList")
        if isinstance(name := each.get("bizTransaction"), str)
    ]


def _objects(event: Event, field: str) -> list[Event]:
    found = event.get(field)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _word(value: object, words: Vocabulary) -> str:
    text = value if isinstance(value, str) else ""
    return words.short(text) or text
