"""A proof convinces when it is true and never when it is not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scanner.evidence import proof, tree


def leaves_of(size: int) -> list[bytes]:
    return [tree.leaf_hash(b"%d" % index) for index in range(size)]


LEAVES = leaves_of(200)
KEPT = tree.Tree(LEAVES)


@st.composite
def inclusions(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 200))
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw: st.DrawFn) -> tuple[int, int]:
    second = draw(st.integers(1, 200))
    return draw(st.integers(1, second)), second


@given(inclusions())
def test_every_leaf_of_every_size_is_proved_from_kept_nodes(place: tuple[int, int]) -> None:
    index, size = place
    path = proof.inclusion_path(index, size, KEPT.node)
    assert path == proof.inclusion_proof(LEAVES[:size], index)
    assert proof.verify_inclusion(LEAVES[index], index, size, KEPT.root(size), path)


@given(growths())
def test_every_growth_is_proved_from_kept_nodes(sizes: tuple[int, int]) -> None:
    first, second = sizes
    path = proof.consistency_path(first, second, KEPT.node)
    assert path == proof.consistency_proof(LEAVES[:second], first)
    assert proof.verify_consistency(first, KEPT.root(first), second, KEPT.root(second), path)


@given(inclusions(), st.integers(0, 199), st.integers(1, 200))
def test_a_proof_holds_for_no_other_leaf_place_or_tree(place: tuple[int, int], other: int, other_size: int) -> None:
    index, size = place
    path = proof.inclusion_path(index, size, KEPT.node)
    if other != index:
        assert not proof.verify_inclusion(LEAVES[other], index, size, KEPT.root(size), path)
        assert not proof.verify_inclusion(LEAVES[index], other, size, KEPT.root(size), path)
    if other_size != size:
        assert not proof.verify_inclusion(LEAVES[index], index, size, KEPT.root(other_size), path)


@given(growths(), st.integers(1, 200))
def test_a_rewritten_history_is_not_consistent(sizes: tuple[int, int], changed: int) -> None:
    first, second = sizes
    assume(changed <= first and first < second)
    rewritten = tree.Tree([*LEAVES[: changed - 1], tree.leaf_hash(b"another"), *LEAVES[changed:]])
    path = proof.consistency_path(first, second, rewritten.node)
    assert not proof.verify_consistency(first, KEPT.root(first), second, rewritten.root(second), path)


@given(growths(), st.data())
def test_a_consistency_proof_with_a_hash_changed_dropped_or_added_fails(
    sizes: tuple[int, int], data: st.DataObject
) -> None:
    first, second = sizes
    path = proof.consistency_path(first, second, KEPT.node)
    heads = (first, KEPT.root(first), second, KEPT.root(second))
    assert not proof.verify_consistency(*heads, [*path, bytes(32)])
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        assert not proof.verify_consistency(*heads, [*path[:at], bytes(32), *path[at + 1 :]])
        assert not proof.verify_consistency(*heads, path[:at] + path[at + 1 :])
        assert not proof.verify_consistency(*heads, [*path[:at], path[at][:31], *path[at + 1 :]])


@given(
    st.integers(-2, 2**65),
    st.integers(-2, 2**65),
    st.binary(max_size=33),
    st.binary(max_size=33),
    st.lists(st.binary(max_size=33), max_size=4),
)
def test_checking_a_strangers_proof_never_raises(
    first: int, second: int, one: bytes, other: bytes, path: list[bytes]
) -> None:
    proof.verify_inclusion(one, first, second, other, path)
    proof.verify_consistency(first, one, second, other, path)


def test_a_proof_of_a_million_leaves_takes_few_looks() -> None:
    looked: list[tuple[int, int]] = []

    def get_node(level: int, index: int) -> bytes:
        looked.append((level, index))
        return bytes(32)

    proof.inclusion_path(1, 999_999, get_node)
    proof.consistency_path(500_001, 999_999, get_node)
    assert len(looked) <= 80


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3)])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        proof.inclusion_path(index, size, KEPT.node)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (4, 3)])
def test_there_is_no_consistency_from_nothing_or_backwards(first: int, second: int) -> None:
    with pytest.raises(IndexError):
        proof.consistency_path(first, second, KEPT.node)
