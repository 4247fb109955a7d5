"""Paths through tries of receipts: made by one piece of code, followed by another, for any list of receipts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger_indexer.blocks.receipts import receipt_bytes, receipt_key, receipt_path, receipts_root, trie_path, trie_root
from ledger_indexer.blocks.trie import Broken, value_at
from ledger_indexer.blocks.wire import WireLog, WireReceipt

items = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=20)
words = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
logs = st.builds(
    WireLog,
    address=st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
    topics=st.lists(words, max_size=4),
    data=st.binary(max_size=80).map(lambda raw: "0x" + raw.hex()),
    **dict.fromkeys(("blockNumber", "blockHash", "transactionHash", "transactionIndex", "logIndex"), st.just("0x0")),
)
receipts = st.builds(
    WireReceipt,
    transactionHash=st.just("0x00"),
    cumulativeGasUsed=st.just("0x0"),
    logsBloom=st.just("0x" + "00" * 256),
    logs=st.lists(logs, max_size=2),
    status=st.sampled_from(["0x0", "0x1"]),
    type=st.sampled_from(["0x0", "0x1", "0x2"]),
)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[list[WireReceipt], int]:
    """A block of 1 to 200 receipts out of a few different ones, whose gas adds up as in any block; and one of them."""
    some = draw(st.lists(receipts, min_size=1, max_size=6))
    count = draw(st.integers(1, 200))
    block = [replace(some[n % len(some)], cumulativeGasUsed=hex(21_000 * (n + 1))) for n in range(count)]
    return block, draw(st.integers(0, count - 1))


@settings(max_examples=30, deadline=None)
@given(blocks())
def test_the_path_to_any_receipt_of_any_block_leads_from_its_root_to_it(block: tuple[list[WireReceipt], int]) -> None:
    found, number = block
    path = receipt_path(found, number)
    assert value_at(receipts_root(found), receipt_key(number), path) == receipt_bytes(found[number])


@settings(max_examples=30, deadline=None)
@given(blocks(), st.data())
def test_a_path_with_any_byte_changed_leads_nowhere(block: tuple[list[WireReceipt], int], data: st.DataObject) -> None:
    found, number = block
    path = receipt_path(found, number)
    place = data.draw(st.integers(0, len(path) - 1))
    at = data.draw(st.integers(0, len(path[place]) - 1))
    changed = bytearray(path[place])
    changed[at] ^= data.draw(st.integers(1, 255))
    path[place] = bytes(changed)
    with pytest.raises(Broken, match=f"node {place + 1}"):
        value_at(receipts_root(found), receipt_key(number), path)


@settings(max_examples=30, deadline=None)
@given(blocks(), st.data())
def test_a_path_proves_nothing_for_another_place_of_the_block(
    block: tuple[list[WireReceipt], int], data: st.DataObject
) -> None:
    found, number = block
    other = data.draw(st.integers(0, 300).filter(lambda n: n != number))
    with pytest.raises(Broken):
        value_at(receipts_root(found), receipt_key(other), receipt_path(found, number))


@settings(max_examples=30, deadline=None)
@given(blocks())
def test_a_path_that_is_cut_or_longer_than_it_need_be_is_refused(block: tuple[list[WireReceipt], int]) -> None:
    found, number = block
    root, path = receipts_root(found), receipt_path(found, number)
    with pytest.raises(Broken, match="ends before its key"):
        value_at(root, receipt_key(number), path[:-1])
    with pytest.raises(Broken, match="1 nodes too many"):
        value_at(root, receipt_key(number), [*path, b"\xc0"])


keys = st.binary(min_size=1, max_size=3)


@settings(deadline=None)
@given(st.dictionaries(keys, st.binary(min_size=1, max_size=40), min_size=1, max_size=40), st.data())
def test_paths_hold_in_tries_with_keys_inside_keys_and_nodes_inside_nodes(
    entries: dict[bytes, bytes], data: st.DataObject
) -> None:
    nibbled = {bytes(n for byte in key for n in (byte >> 4, byte & 15)): value for key, value in entries.items()}
    key = data.draw(st.sampled_from(sorted(entries)))
    path = trie_path(nibbled, bytes(n for byte in key for n in (byte >> 4, byte & 15)))
    assert value_at(trie_root(nibbled), key, path) == entries[key]
