"""Where a node's branch joins the mirror."""

import pytest

from ledger_indexer.blocks.branch import Adrift, Behind, Branch, Known, Missing, Window, depth, join, require_links
from ledger_indexer.blocks.wire import Header
from ledger_indexer.errors import NodeFault


def header(number: int, branch: str, parent: Header | None = None) -> Header:
    below = parent.hash if parent else b"below"
    return Header(number, f"{branch}{number}".encode(), below, bytes(256), 1_700_000_000 + number)


def chain(branch: str, first: int, last: int, parent: Header | None = None) -> list[Header]:
    found: list[Header] = []
    for number in range(first, last + 1):
        parent = header(number, branch, parent)
        found.append(parent)
    return found


OURS = chain("a", 10, 15)
WINDOW = Window(tuple(OURS))


def test_the_same_tip_needs_nothing() -> None:
    assert join(WINDOW, [OURS[-1]]) == Known()


def test_one_more_block_is_added_on_the_tip() -> None:
    (new,) = chain("a", 16, 16, OURS[-1])
    assert join(WINDOW, [new]) == Branch(OURS[-1], (new,))


def test_another_block_at_the_same_height_replaces_ours() -> None:
    (rival,) = chain("b", 15, 15, OURS[-2])
    finding = join(WINDOW, [rival])
    assert finding == Branch(OURS[-2], (rival,))
    assert isinstance(finding, Branch)
    assert depth(WINDOW, finding) == 1


def test_a_longer_branch_is_walked_back_by_parent_hash_until_it_joins() -> None:
    rival = chain("b", 13, 18, OURS[2])
    for missing in range(5, 0, -1):
        assert join(WINDOW, rival[missing:]) == Missing(rival[missing - 1].hash)
    assert join(WINDOW, rival) == Branch(OURS[2], tuple(rival))


def test_a_gap_asks_for_the_parent() -> None:
    later = chain("a", 16, 19, OURS[-1])
    assert join(WINDOW, later[-1:]) == Missing(later[-2].hash)


def test_a_shorter_rival_branch_replaces_ours_although_the_height_falls() -> None:
    rival = chain("b", 12, 13, OURS[1])
    assert join(WINDOW, rival) == Branch(OURS[1], tuple(rival))


def test_a_lower_height_on_our_own_branch_is_only_behind() -> None:
    assert join(WINDOW, [OURS[3]]) == Behind(OURS[3])


@pytest.mark.parametrize("first", [9, 10])
def test_a_branch_that_leaves_below_the_window_is_adrift(first: int) -> None:
    assert join(WINDOW, chain("b", first, 16)) == Adrift()


def test_headers_that_do_not_link_are_the_nodes_fault() -> None:
    with pytest.raises(NodeFault):
        require_links(OURS[0], [OURS[2]])


def test_the_window_keeps_its_newest_headers() -> None:
    new = chain("b", 14, 17, OURS[3])
    assert WINDOW.after(OURS[3], new, 3).headers == tuple(new[-3:])
