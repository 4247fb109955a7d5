"""RLP (Yellow paper, appendix B), strict: one spelling for each value. Pure.

Our own, since the usual library takes 0.3 s to load, and is for values by the thousand.
"""

from collections.abc import Sequence

Item = bytes | list["Item"]
Nested = bytes | Sequence["Nested"]

_DEPTH = 16


class NotRlp(ValueError):
    """Bytes that are not one item in its shortest form; the words go on from what they are about."""


def encode(item: Nested) -> bytes:
    """Bytes, or nested sequences of bytes."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return head(len(item), 0x80) + item
    body = b"".join([encode(part) for part in item])
    return head(len(body), 0xC0) + body


def number(value: int) -> bytes:
    """An integer as RLP's bytes have it: big-endian, without leading zeros."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(raw: bytes) -> Item:
    """The one item that `raw` is; raises NotRlp when it is anything else."""
    item, end = _item(raw, 0, len(raw), _DEPTH)
    if end != len(raw):
        raise NotRlp("has bytes after its end")
    return item


def _item(raw: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    if at >= limit:
        raise NotRlp("ends too early")
    first = raw[at]
    if first < 0x80:
        return raw[at : at + 1], at + 1
    base = 0x80 if first < 0xC0 else 0xC0
    start, end = _span(raw, at, first - base)
    if end > limit:
        raise NotRlp("ends too early")
    if base == 0x80:
        if end - start == 1 and raw[start] < 0x80:
            raise NotRlp("is not in its shortest form")
        return raw[start:end], end
    if depth == 0:
        raise NotRlp("is nested too deeply")
    found: list[Item] = []
    while start < end:
        part, start = _item(raw, start, end, depth - 1)
        found.append(part)
    return found, end


def _span(raw: bytes, at: int, code: int) -> tuple[int, int]:
    """Where the content begins and ends."""
    if code < 56:
        return at + 1, at + 1 + code
    start = at + 1 + code - 55
    size = int.from_bytes(raw[at + 1 : start], "big")
    if size < 56 or raw[at + 1] == 0:
        raise NotRlp("is not in its shortest form")
    return start, start + size


def head(size: int, base: int) -> bytes:
    """What stands before so many bytes of content: base 0x80 for bytes, 0xC0 for a list."""
    if size < 56:
        return bytes((base + size,))
    digits = number(size)
    return bytes((base + 55 + len(digits),)) + digits
