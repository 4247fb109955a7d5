"""What the identifiers of an event are called on chain: SHA-256 of the GS1 key (ARCHITECTURE, section 2).

Both spellings of EPCIS 2.0 are read, Digital Link URIs and the older `urn:epc:` ones; they give the same id.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from scanner.epcis import epc
from scanner.errors import Malformed
from scanner.gs1 import digital_link, element_string
from scanner.gs1.associations import Element
from scanner.gs1.digital_link import CANONICAL_STEM
from scanner.gs1.identifiers import Batch, Gln, Gtin
from scanner.gs1.percent import encode_path

GLN_KEYS = ("414", "417")
_UUID = re.compile("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A bottle or a case (pallet), however it was written. Two names of one thing have one `key`.

    `key` is its canonical Digital Link (AI 01 and 21, or 00); `gtin` is None for a case; `batch` is what the name
    says of it, None when it says nothing.
    """

    key: str
    gtin: str | None = None
    batch: str | None = None

    @property
    def is_case(self) -> bool:
        """Whether it is a case or a pallet (SSCC)."""
        return self.gtin is None


def party_id(gln: str) -> bytes:
    """Id of a party or a location on chain, from the 13 digits of its GLN."""
    return sha256(Gln.parse(gln).value.encode("ascii")).digest()


def batch_id(gtin: str, batch: str) -> bytes:
    """Id of a batch on chain."""
    return sha256(f"01{Gtin.parse(gtin).value}10{Batch.parse(batch).value}".encode()).digest()


def event_key(event_id: object) -> str | None:
    """One text for an eventID however it is written: UUIDs compare without case (RFC 9562); None when it is no text."""
    if not isinstance(event_id, str):
        return None
    return event_id.lower() if _UUID.fullmatch(event_id) else event_id


@lru_cache(maxsize=4096)
def batch_of(epc_class: str) -> tuple[str, str]:
    """GTIN and batch of a batch class URI; Malformed when it names no batch."""
    link = digital_link.parse_name(epc.digital_link(epc_class) or epc_class)
    gtin, batch = link.value("01"), link.value("10")
    if gtin is None or batch is None or link.value("21") is not None:
        raise Malformed("epcClass", f"{epc_class!r} names no batch of a product")
    return gtin, batch


@lru_cache(maxsize=4096)
def gln_of(uri: str) -> str:
    """The 13 digits of the GLN in the URI of a party or a place; Malformed when it has none."""
    key, gln = digital_link.parse_name(epc.digital_link(uri) or uri).primary
    if key not in GLN_KEYS:
        raise Malformed("gln", f"{uri!r} has no GLN")
    return gln


@lru_cache(maxsize=65536)
def unit_of(text: str) -> Unit:
    """The bottle or case that a text names: an EPC URN, a Digital Link on any domain, an element string.

    Raises:
        Malformed: it names a class, a place, something of another kind, or its check digit is wrong.
    """
    elements = _elements(text)
    found = dict(elements)
    if len(found) < len(set(elements)):
        raise Malformed("unit", f"{text[:100]!r} says two things of one application identifier")
    if set(found) == {"00"}:
        return Unit(f"{CANONICAL_STEM}/00/{found['00']}")
    if "01" in found and "21" in found and not found.keys() - {"01", "10", "21", "22"}:
        key = f"{CANONICAL_STEM}/01/{found['01']}/21/{encode_path(found['21'])}"
        return Unit(key, found["01"], found.get("10"))
    raise Malformed("unit", f"{text[:100]!r} is neither a bottle (GTIN and serial) nor a case (SSCC)")


def _elements(text: str) -> tuple[Element, ...]:
    if text.startswith("(") or text[:1].isdigit():
        return element_string.parse(text)
    link = digital_link.parse_name(epc.digital_link(text) or text)
    return (link.primary, *link.qualifiers)
