"""What the identifiers of an event are called on chain: SHA-256 of the GS1 key (ARCHITECTURE, section 2).

Both spellings of EPCIS 2.0 are read, Digital Link URIs and the older `urn:epc:` ones; they give the same id.
"""

from functools import lru_cache
from hashlib import sha256

from scanner.epcis import epc
from scanner.errors import Malformed
from scanner.gs1 import digital_link
from scanner.gs1.identifiers import Batch, Gln, Gtin

GLN_KEYS = ("414", "417")


def party_id(gln: str) -> bytes:
    """Id of a party or a location on chain, from the 13 digits of its GLN."""
    return sha256(Gln.parse(gln).value.encode("ascii")).digest()


location_id = party_id


def batch_id(gtin: str, batch: str) -> bytes:
    """Id of a batch on chain."""
    return sha256(f"01{Gtin.parse(gtin).value}10{Batch.parse(batch).value}".encode()).digest()


@lru_cache(maxsize=4096)
def batch_of(epc_class: str) -> tuple[str, str]:
    """GTIN and batch of a batch class URI; Malformed when it names no batch."""
    link = digital_link.parse(epc.digital_link(epc_class) or epc_class)
    gtin, batch = link.value("01"), link.value("10")
    if gtin is None or batch is None or link.value("21") is not None:
        raise Malformed("epcClass", f"{epc_class!r} names no batch of a product")
    return gtin, batch


@lru_cache(maxsize=4096)
def gln_of(uri: str) -> str:
    """The 13 digits of the GLN in the URI of a party or a place; Malformed when it has none."""
    key, gln = digital_link.parse(epc.digital_link(uri) or uri).primary
    if key not in GLN_KEYS:
        raise Malformed("gln", f"{uri!r} has no GLN")
    return gln
