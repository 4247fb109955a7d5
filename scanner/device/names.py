"""What the identifiers of an event are called on chain: SHA-256 of the GS1 key (ARCHITECTURE, section 2).

Both spellings of EPCIS 2.0 are read, Digital Link URIs and the older `urn:epc:` ones; they give the same id.
"""

from functools import lru_cache
from hashlib import sha256

from scanner.errors import Malformed
from scanner.gs1 import digital_link
from scanner.gs1.check_digit import check_digit, is_digits
from scanner.gs1.identifiers import Batch, Gln, Gtin
from scanner.gs1.percent import decode_path

GLN_KEYS = ("414", "417")
_LGTIN, _SGLN, _PGLN = "urn:epc:class:lgtin:", "urn:epc:id:sgln:", "urn:epc:id:pgln:"


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
    if epc_class.startswith(_LGTIN):
        company, _, rest = epc_class.removeprefix(_LGTIN).partition(".")
        item, _, batch = rest.partition(".")
        if not is_digits(company + item) or len(company + item) != 13 or not item or not batch:
            raise Malformed("epcClass", f"{epc_class!r} is not an LGTIN")
        body = item[0] + company + item[1:]
        return body + check_digit(body), Batch.parse(decode_path(batch)).value
    link = digital_link.parse(epc_class)
    product, lot = link.value("01"), link.value("10")
    if product is None or lot is None or link.value("21") is not None:
        raise Malformed("epcClass", f"{epc_class!r} names no batch of a product")
    return product, lot


@lru_cache(maxsize=4096)
def gln_of(uri: str) -> str:
    """The 13 digits of the GLN in the URI of a party or a place; Malformed when it has none."""
    for prefix in (_SGLN, _PGLN):
        if uri.startswith(prefix):
            body = "".join(uri.removeprefix(prefix).split(".")[:2])
            if len(body) != 12 or not is_digits(body):
                raise Malformed("gln", f"{uri!r} has no GLN")
            return body + check_digit(body)
    key, gln = digital_link.parse(uri).primary
    if key not in GLN_KEYS:
        raise Malformed("gln", f"{uri!r} has no GLN")
    return gln
