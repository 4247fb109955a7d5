"""Checking a Merkle Patricia path, hash by hash. Pure.

The other side, making a path, is ``receipts.trie_path``; the two share no code but RLP, so that one checks the other.
"""

from collections.abc import Sequence

from eth_hash.auto import keccak

from ledger_indexer.rlp import Item, NotRlp, decode


class Broken(Exception):
    """A node that is not one, or a path that does not lead to its key; the words say where."""


def value_at(root: bytes, key: bytes, path: Sequence[bytes]) -> bytes:
    """What a trie with this root holds under a key, shown by the encoded nodes from the root down.

    Raises:
        Broken: a node does not hash to what its parent (or the root) names, the key is not there, or nodes are left.
    """
    nibbles = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    rest = list(path)
    reference: Item = root
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


def _node(reference: Item, rest: list[bytes], place: int) -> list[Item]:
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
        try:
            node = decode(encoded)
        except NotRlp as error:
            raise Broken(f"holds a node that {error}") from error
    if not isinstance(node, list) or len(node) not in (2, 17):
        raise Broken("holds something that is not a node")
    return node


def _hex_prefix(part: Item) -> tuple[list[int], bool]:
    if not isinstance(part, bytes) or not part or part[0] >> 4 > 3 or (not part[0] & 0x10 and part[0] & 15):
        raise Broken("holds a node with a broken key")
    nibbles = [nibble for byte in part for nibble in (byte >> 4, byte & 15)]
    return nibbles[1 if nibbles[0] & 1 else 2 :], bool(nibbles[0] & 2)


def _value(part: Item, rest: list[bytes]) -> bytes:
    if rest:
        raise Broken(f"has {len(rest)} nodes too many")
    if not isinstance(part, bytes) or not part:
        raise Broken("leads to no entry for this key")
    return part
