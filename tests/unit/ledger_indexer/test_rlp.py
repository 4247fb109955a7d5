"""RLP as the usual library writes and reads it."""

import pytest
import rlp as usual
from hypothesis import given
from hypothesis import strategies as st

from ledger_indexer import rlp

items = st.recursive(st.binary(max_size=80), lambda below: st.lists(below, max_size=4), max_leaves=12)


@given(items)
def test_writes_as_the_library_does_and_reads_it_back(item: rlp.Item) -> None:
    raw = usual.encode(item)
    assert rlp.encode(item) == raw
    assert rlp.decode(raw) == item


@given(st.binary(max_size=60))
def test_takes_no_bytes_that_the_library_refuses(raw: bytes) -> None:
    try:
        found = rlp.decode(raw)
    except rlp.NotRlp:
        return
    assert usual.decode(raw, strict=True) == found
    assert rlp.encode(found) == raw


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, 2**64])
def test_writes_numbers_as_the_library_does(value: int) -> None:
    assert rlp.encode(rlp.number(value)) == usual.encode(value)


def test_what_is_nested_too_deeply_is_refused() -> None:
    item: rlp.Item = []
    for _ in range(17):
        item = [item]
    with pytest.raises(rlp.NotRlp, match="nested too deeply"):
        rlp.decode(usual.encode(item))
