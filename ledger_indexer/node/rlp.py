"""RLP for raw transactions, strict: one spelling for each value. The usual library takes 0.3 s to load. Pure."""

from collections.abc import Sequence

Item = bytes | list["Item"]

_DEPTH = 4
"""Access lists are the deepest: fields, list, entry, keys."""


def encode(item: Item | Sequence[Item]) -> bytes:
    """Bytes, or nested lists of bytes."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _length(len(item), 0x80) + item
    body = b"".join([encode(part) for part in item])
    return _length(len(body), 0xC0) + body


def number(value: int) -> bytes:
    """An integer as RLP's bytes have it: big-endian, without leading zeros."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(raw: bytes) -> Item:
    """The one item that `raw` is; raises ValueError when it is anything else."""
    item, end = _item(raw, 0, len(raw), _DEPTH)
    if end != len(raw):
        raise ValueError("there are bytes after the end")
    return item


def _item(raw: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    if at >= limit:
        raise ValueError("it ends too early")
    first = raw[at]
    if first < 0x80:
        return raw[at : at + 1], at + 1
    base = 0x80 if first < 0xC0 else 0xC0
    start, end = _span(raw, at, first - base)
    if end > limit:
        raise ValueError("it ends too early")
    if base == 0x80:
        if end - start == 1 and raw[start] < 0x80:
            raise ValueError("a byte is not in its shortest form")
        return raw[start:end], end
    if depth == 0:
        raise ValueError("it is nested too deeply")
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
        raise ValueError("a length is not in its shortest form")
    return start, start + size


def _length(size: int, base: int) -> bytes:
    if size < 56:
        return bytes((base + size,))
    digits = number(size)
    return bytes((base + 55 + len(digits),)) + digits
