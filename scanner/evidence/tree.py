"""The one Merkle tree of the house: RFC 6962 section 2.1 with SHA-256.

It serves unit codes, the units of a consignment and the evidence logs. A store need keep only *perfect*
nodes, addressed as (level, index): level 0 holds the leaf hashes, and node (l, i) covers the leaves
[i << l, (i + 1) << l). A perfect node never changes once it exists, so every root and proof of every size can
be told from them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"

GetNode = Callable[[int, int], bytes]
"""Gives the hash of the perfect node (level, index); raises when it is not there."""


class Node(NamedTuple):
    """A perfect subtree: its place and its hash."""

    level: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks of a node
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf over its data: sha256(0x00 || data)."""
    return sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: sha256(0x01 || left || right). ValueError unless both are 32 bytes.

    The lengths are what keeps a node from being passed off as another split of the same 64 bytes.
    """
    if len(left) != HASH_BYTES or len(right) != HASH_BYTES:
        raise ValueError("a node is hashed over two hashes of 32 bytes")
    return sha256(NODE_PREFIX + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf *data*, in order; the hash of nothing for no leaves."""
    return root_of_hashes(leaf_hash(data) for data in leaves)


def root_of_hashes(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root over leaf *hashes*, in order. ValueError when one is not 32 bytes."""
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


def range_root(begin: int, end: int, get_node: GetNode) -> bytes:
    """Root over the leaves [begin, end) of a split that RFC 6962 makes, in O(log n) nodes.

    `begin` must be a multiple of the smallest power of two that is not below `end - begin`; every subtree is.
    """
    count = end - begin
    if count <= 0 or begin % (1 << (count - 1).bit_length()):
        raise ValueError(f"[{begin}, {end}) is not a subtree")
    hashes = []
    for level in reversed(range(count.bit_length())):
        if count >> level & 1:
            hashes.append(get_node(level, begin >> level))
            begin += 1 << level
    return _fold(hashes)


def root_at(size: int, get_node: GetNode) -> bytes:
    """Root of the first `size` leaves, in O(log n) nodes."""
    if size < 0:
        raise ValueError("a tree has no negative size")
    return range_root(0, size, get_node) if size else EMPTY_ROOT


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Join perfect subtrees, largest first, into one root."""
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


class Frontier:
    """The right edge of a growing tree: size and the hashes of its largest perfect subtrees, in order.

    It is all that an appender has to remember: at most 64 hashes for any tree there will ever be.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has not {len(hashes)} subtrees at its edge")
        if any(len(each) != HASH_BYTES for each in hashes):
            raise ValueError("a hash has 32 bytes")
        self._size = size
        self._hashes = list(hashes)

    @classmethod
    def load(cls, size: int, get_node: GetNode) -> "Frontier":
        """The frontier of the first `size` leaves, from kept perfect nodes."""
        begin, hashes = 0, []
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                hashes.append(get_node(level, begin >> level))
                begin += 1 << level
        return cls(size, hashes)

    @property
    def size(self) -> int:
        """Number of leaves so far."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Perfect subtrees from left to right, one for each bit of the size."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> list[Node]:
        """Add a leaf hash; gives the perfect nodes it completes, the leaf first, for a store to keep."""
        if len(leaf) != HASH_BYTES:
            raise ValueError("a leaf hash has 32 bytes")
        node = Node(0, self._size, leaf)
        made = [node]
        while self._size >> node.level & 1:
            joined = node_hash(self._hashes.pop(), node.hash)
            node = Node(node.level + 1, node.index >> 1, joined)
            made.append(node)
        self._hashes.append(node.hash)
        self._size += 1
        return made

    def root(self) -> bytes:
        """Root of the tree so far."""
        return _fold(self._hashes) if self._hashes else EMPTY_ROOT


class Tree:
    """A whole tree in memory, one block of bytes a level: 64 bytes a leaf, so a million leaves take 64 MB."""

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        leaves = bytearray()
        for leaf in leaf_hashes:
            if len(leaf) != HASH_BYTES:
                raise ValueError("a leaf hash has 32 bytes")
            leaves += leaf
        self._levels = [bytes(leaves)]
        while len(self._levels[-1]) >= 2 * HASH_BYTES:
            self._levels.append(_level_above(self._levels[-1]))
        self.size = len(leaves) // HASH_BYTES

    def node(self, level: int, index: int) -> bytes:
        """Hash of the perfect node (level, index). IndexError when the tree has none such."""
        if not (0 <= level < len(self._levels) and 0 <= index < len(self._levels[level]) // HASH_BYTES):
            raise IndexError(f"no perfect node at level {level}, index {index}")
        return self._levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES]

    def nodes(self) -> Iterator[Node]:
        """Every perfect node, level by level, for a store to keep."""
        for level, hashes in enumerate(self._levels):
            for index in range(len(hashes) // HASH_BYTES):
                yield Node(level, index, hashes[index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def root(self, size: int | None = None) -> bytes:
        """Root of the whole, or of its first `size` leaves."""
        return root_at(self.size if size is None else size, self.node)


def _level_above(hashes: bytes) -> bytes:
    """The perfect parents of a level; a last node without a sibling has none."""
    pair = 2 * HASH_BYTES
    ends = range(pair, len(hashes) + 1, pair)
    return b"".join(sha256(NODE_PREFIX + hashes[end - pair : end]).digest() for end in ends)
