"""Following a Merkle Patricia path as a stranger would: strict RLP in, one spelling only, hash by hash. Pure.

The other side, making a path, is ``receipts.trie_path``; the two share no code, so that one checks the other.
"""

from collections.abc import Sequence

from eth_hash.auto import keccak

Part = bytes | list["Part"]
"""What RLP says: bytes, or a list of such."""

_DEPTH = 16


class Broken(Exception):
    """Bytes that are not RLP, or a path that does not lead to its key; the words say where."""


def read_rlp(raw: bytes) -> Part:
    """The pair of ``receipts.rlp``.

    Raises:
        Broken: the bytes are not exactly one item in its shortest form.
    """
    part, end = _part(raw, 0, len(raw), _DEPTH)
    if end != len(raw):
        raise Broken("has bytes after its end")
    return part


def _part(raw: bytes, at: int, limit: int, depth: int) -> tuple[Part, int]:
    if at >= limit:
        raise Broken("ends too early")
    first = raw[at]
    if first < 0x80:
        return raw[at : at + 1], at + 1
    offset = 0x80 if first < 0xC0 else 0xC0
    start, size = _size(raw, at, first - offset)
    end = start + size
    if end > limit:
        raise Broken("ends too early")
    if offset == 0x80:
        if size == 1 and raw[start] < 0x80:
            raise Broken("is not in its shortest form")
        return raw[start:end], end
    if depth == 0:
        raise Broken("is nested too deeply")
    found: list[Part] = []
    while start < end:
        part, start = _part(raw, start, end, depth - 1)
        found.append(part)
    return found, end


def _size(raw: bytes, at: int, code: int) -> tuple[int, int]:
    """Where the content begins, and how long it is."""
    if code < 56:
        return at + 1, code
    start = at + 1 + code - 55
    size = int.from_bytes(raw[at + 1 : start], "big")
    if size < 56 or raw[at + 1] == 0:
        raise Broken("is not in its shortest form")
    return start, size


def value_at(root: bytes, key: bytes, path: Sequence[bytes]) -> bytes:
    """What a trie with this root holds under a key, shown by the encoded nodes from the root down.

    Raises:
        Broken: a node does not hash to what its parent (or the root) names, the key is not there, or nodes are left.
    """
    nibbles = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    rest = list(path)
    reference: Part = root
    while True:
        node = _node(reference, rest, len(path) - len(rest))
        if len(node) == 17:
            if not nibbles:
                return _value(node[16], rest)
            reference, nibbles = node[nibbles[0]], nibbles[1:]
            continue
        under, leaf = _hex_prefix(node[0])
        if nibbles[: len(under)] != under or (leaf and len(nibbles) != len(under)):
            raise Broken("leads to another key")
        nibbles = nibbles[len(under) :]
        if leaf:
            return _value(node[1], rest)
        reference = node[1]


def _node(reference: Part, rest: list[bytes], place: int) -> list[Part]:
    """The node that a reference names: the next of the path by its hash, or a short one inside its parent."""
    node = reference
    if isinstance(reference, bytes):
        if not reference:
            raise Broken("leads to no entry for this key")
        if not rest:
            raise Broken("ends before its key")
        encoded = rest.pop(0)
        if keccak(encoded) != reference:
            parent = "the root" if place == 0 else f"node {place}"
            raise Broken(f"breaks at node {place + 1}: it does not hash to what {parent} names")
        node = read_rlp(encoded)
    if not isinstance(node, list) or len(node) not in (2, 17):
        raise Broken("holds something that is not a node")
    return node


def _hex_prefix(part: Part) -> tuple[list[int], bool]:
    if not isinstance(part, bytes) or not part or part[0] >> 4 > 3 or (not part[0] & 0x10 and part[0] & 15):
        raise Broken("holds a node with a broken key")
    nibbles = [nibble for byte in part for nibble in (byte >> 4, byte & 15)]
    return nibbles[1 if nibbles[0] & 1 else 2 :], bool(nibbles[0] & 2)


def _value(part: Part, rest: list[bytes]) -> bytes:
    if rest:
        raise Broken(f"has {len(rest)} nodes too many")
    if not isinstance(part, bytes) or not part:
        raise Broken("leads to no entry for this key")
    return part
