"""Percent encoding in the path and the query of a Digital Link (RFC 3986)."""

import re

_UNRESERVED = frozenset("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_SEQUENCE = re.compile("%([0-9A-Fa-f]{2})")


def decode_path(text: str) -> str:
    """Each `%XX` becomes the character of that number; a broken sequence stays, and fails as a value later."""
    return _SEQUENCE.sub(lambda match: chr(int(match[1], 16)), text)


def decode_query(text: str) -> str:
    """As `decode_path`; a plus is a space, as forms write it."""
    return decode_path(text.replace("+", " "))


def encode_path(text: str) -> str:
    """All but letters, digits and `-._~` as `%XX` of their UTF-8 bytes, in capitals."""
    return "".join(c if c in _UNRESERVED else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def encode_query(text: str) -> str:
    """As `encode_path`; a space is a plus."""
    return encode_path(text).replace("%20", "+")
