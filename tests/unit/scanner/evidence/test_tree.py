"""The tree gives the roots RFC 6962 defines, however it is built."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.evidence import tree

hashes = st.binary(min_size=32, max_size=32)
leaf_lists = st.lists(hashes, max_size=70)


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


@given(leaf_lists)
def test_every_way_to_build_gives_the_defined_root(leaves: list[bytes]) -> None:
    expected = defined_root(leaves)
    assert tree.root_of_hashes(leaves) == expected
    assert tree.Tree(leaves).root() == expected


@given(leaf_lists, st.data())
def test_a_kept_tree_gives_the_root_of_every_earlier_size(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(leaves)))
    assert tree.Tree(leaves).root(size) == defined_root(leaves[:size])


@given(leaf_lists)
def test_the_nodes_an_append_completes_are_all_the_perfect_nodes_there_are(leaves: list[bytes]) -> None:
    frontier = tree.Frontier()
    made = [node for leaf in leaves for node in frontier.append(leaf)]
    assert sorted(made) == sorted(tree.Tree(leaves).nodes())


@given(leaf_lists, leaf_lists)
def test_an_appender_that_restarts_from_kept_nodes_goes_on_the_same(first: list[bytes], more: list[bytes]) -> None:
    kept = tree.Tree(first)
    frontier = tree.Frontier.load(len(first), kept.node)
    for leaf in more:
        frontier.append(leaf)
    assert (frontier.size, frontier.root()) == (len(first) + len(more), defined_root(first + more))


def test_leaf_data_is_hashed_apart_from_nodes() -> None:
    assert tree.root([b""]) == bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    assert tree.root([]) == tree.EMPTY_ROOT


def test_a_root_over_words_is_the_root_over_their_leaf_hashes() -> None:
    words = [b"sorghum", b"wheat", b"qu"]
    assert tree.root(words) == tree.root_of_hashes([tree.leaf_hash(word) for word in words])


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33), bytes(64)])
def test_a_hash_of_another_length_is_refused_everywhere(wrong: bytes) -> None:
    for use in (
        lambda: tree.node_hash(wrong, bytes(32)),
        lambda: tree.node_hash(bytes(32), wrong),
        lambda: tree.Frontier().append(wrong),
        lambda: tree.Frontier(1, [wrong]),
        lambda: tree.Tree([wrong]),
    ):
        with pytest.raises(ValueError):
            use()


def test_a_frontier_with_a_hash_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="3 leaves"):
        tree.Frontier(3, [bytes(32)])


def test_a_range_that_is_no_subtree_is_refused() -> None:
    with pytest.raises(ValueError):
        tree.range_root(1, 3, tree.Tree([bytes(32)] * 4).node)


@pytest.mark.parametrize(("level", "index"), [(0, 3), (1, 1), (2, 0), (-1, 0), (0, -1)])
def test_only_perfect_nodes_can_be_asked_for(level: int, index: int) -> None:
    with pytest.raises(IndexError):
        tree.Tree([bytes(32)] * 3).node(level, index)
