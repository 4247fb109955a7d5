"""Proofs over the tree: that a leaf is in it, and that it has only grown. RFC 6962 sections 2.1.1 and 2.1.2.

Proofs are made from perfect nodes alone (`get_node`), so a store answers for any size with O(log n) look-ups.
A check never raises: whatever comes in a proof is a stranger's word, and the answer is yes or no.
The checking follows RFC 9162 sections 2.1.3.2 and 2.1.4.2, which are exact about the length of a proof.
"""

from collections.abc import Sequence

from scanner.evidence.tree import EMPTY_ROOT, HASH_BYTES, GetNode, Tree, node_hash, range_root

SIZE_MAX = 2**64 - 1


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Proof that the leaf at `index` is in the tree over all `leaf_hashes`. For many proofs keep a `Tree`."""
    return inclusion_path(index, len(leaf_hashes), Tree(leaf_hashes).node)


def consistency_proof(leaf_hashes: Sequence[bytes], first_size: int) -> list[bytes]:
    """Proof that the tree over all `leaf_hashes` begins with the tree over the first `first_size`."""
    return consistency_path(first_size, len(leaf_hashes), Tree(leaf_hashes).node)


def inclusion_path(index: int, size: int, get_node: GetNode) -> list[bytes]:
    """Inclusion proof of the leaf at `index` of `size`, from its sibling up. IndexError outside the tree."""
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    begin, end, path = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(range_root(middle, end, get_node))
            end = middle
        else:
            path.append(range_root(begin, middle, get_node))
            begin = middle
    return path[::-1]


def consistency_path(first_size: int, second_size: int, get_node: GetNode) -> list[bytes]:
    """Consistency proof between two sizes; empty when equal. IndexError unless 0 < first <= second."""
    if not 0 < first_size <= second_size:
        raise IndexError(f"no consistency proof from {first_size} to {second_size} leaves")
    begin, end, path = 0, second_size, []
    while end != first_size:
        middle = begin + _split(end - begin)
        if first_size <= middle:
            path.append(range_root(middle, end, get_node))
            end = middle
        else:
            path.append(range_root(begin, middle, get_node))
            begin = middle
    if begin:  # otherwise this subtree is the first tree itself, whose root the checker has
        path.append(range_root(begin, end, get_node))
    return path[::-1]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows the leaf at `index` of the tree of `size` leaves with this root."""
    if not (0 <= index < size <= SIZE_MAX) or not _all_hashes(leaf_hash, root, *proof):
        return False
    at, last, result = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node_hash(sibling, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(
    first_size: int, first_root: bytes, second_size: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the second tree begins with the first.

    The empty tree is consistent only with itself: a proof from nothing would say nothing, so it is refused.
    """
    if not (0 <= first_size <= second_size <= SIZE_MAX) or not _all_hashes(first_root, second_root, *proof):
        return False
    if first_size == second_size:
        known = first_size > 0 or first_root == EMPTY_ROOT
        return known and not proof and first_root == second_root
    if first_size == 0 or not proof:
        return False
    path = list(proof)
    if first_size & (first_size - 1) == 0:  # the first tree is itself a node of the second: its root starts the path
        path.insert(0, first_root)
    return _climb(first_size, first_root, second_size, second_root, path)


def _climb(first_size: int, first_root: bytes, second_size: int, second_root: bytes, path: list[bytes]) -> bool:
    at, last = first_size - 1, second_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, node)
        at, last = at >> 1, last >> 1
    return last == 0 and first == first_root and second == second_root


def _split(count: int) -> int:
    """The largest power of two below `count`, where RFC 6962 splits."""
    return 1 << (count - 1).bit_length() - 1


def _all_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
