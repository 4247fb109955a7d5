"""The canonical bytes of an event (RFC 8785), and its evidence: their SHA-256.

This is what devices sign and what stands on chain. The CBV event hash (`hashing`) is for exchange with others; it
leaves fields out, so two different events can share it.
"""

import hashlib
import re

import rfc8785

from scanner.epcis.json_text import check
from scanner.errors import Malformed

_NI = re.compile(r"ni:///sha-256;([0-9a-f]{64})")


def canonical(event: object) -> bytes:
    """RFC 8785 bytes; raises Malformed for values that JSON cannot carry exactly."""
    value = check(event)
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise Malformed("", str(error)) from None


def evidence(event: object) -> bytes:
    """SHA-256 of the canonical bytes: 32 bytes."""
    return hashlib.sha256(canonical(event)).digest()


def ni(digest: bytes) -> str:
    """The evidence as a text: `ni:///sha-256;<hex>` (RFC 6920, hex as the CBV writes it)."""
    if len(digest) != 32:
        raise Malformed("evidence", f"has {len(digest)} bytes, needs 32")
    return f"ni:///sha-256;{digest.hex()}"


def parse_ni(text: str) -> bytes:
    """The 32 bytes of what `ni` wrote; a CBV event hash, which ends in `?ver=`, is something else and refused."""
    if not isinstance(text, str) or (match := _NI.fullmatch(text)) is None:
        raise Malformed("evidence", f"{str(text)[:100]!r} is not ni:///sha-256; and 64 hexadecimal digits")
    return bytes.fromhex(match[1])
