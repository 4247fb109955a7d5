"""Our offset decoder and eth_abi read the same values."""

from typing import Any

import eth_abi
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from ledger_indexer.bindings.abi import AbiEvent, AbiInput
from ledger_indexer.errors import Undecodable
from ledger_indexer.rows.decode import compile_decoder

VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (8, 16, 24, 32, 64, 96, 128, 256)},
    **{f"bytes{size}": st.binary(min_size=size, max_size=size) for size in (1, 4, 20, 32)},
    "address": st.binary(min_size=20, max_size=20),
    "bool": st.booleans(),
    "bytes": st.binary(max_size=100),
}
STATIC = sorted(VALUES.keys() - {"bytes"})


@st.composite
def logs(draw: st.DrawFn) -> tuple[AbiEvent, list[Any]]:
    indexed = draw(st.lists(st.sampled_from(STATIC), max_size=3))
    plain = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=8))
    flags = draw(st.permutations([True] * len(indexed) + [False] * len(plain)))
    topics, rest = iter(indexed), iter(plain)
    inputs = [AbiInput(f"v{n}", next(topics) if flag else next(rest), flag) for n, flag in enumerate(flags)]
    return AbiEvent("Any", tuple(inputs)), [draw(VALUES[i.type]) for i in inputs]


def encode(event: AbiEvent, values: list[Any]) -> tuple[bytes, bytes]:
    given_values = [v if i.type != "address" else "0x" + v.hex() for i, v in zip(event.inputs, values, strict=True)]
    topics = b"".join(
        eth_abi.encode([i.type], [v]) for i, v in zip(event.inputs, given_values, strict=True) if i.indexed
    )
    plain = [(i.type, v) for i, v in zip(event.inputs, given_values, strict=True) if not i.indexed]
    return event.topic0 + topics, eth_abi.encode([t for t, _ in plain], [v for _, v in plain])


@given(logs())
def test_reads_back_whatever_was_encoded(log: tuple[AbiEvent, list[Any]]) -> None:
    event, values = log
    assert list(compile_decoder(event)(*encode(event, values))) == values


@given(logs(), st.data())
def test_never_reads_from_damaged_bytes_what_eth_abi_would_not(
    log: tuple[AbiEvent, list[Any]], data: st.DataObject
) -> None:
    event, values = log
    topics, body = encode(event, values)
    damaged = bytearray(body)
    for _ in range(data.draw(st.integers(0, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    types = [i.type for i in event.inputs if not i.indexed]
    try:
        mine = compile_decoder(event)(topics, bytes(damaged))
    except Undecodable:
        return
    try:
        theirs = eth_abi.decode(types, bytes(damaged))
    except DecodingError:
        raise AssertionError("eth_abi refuses what we read") from None
    plain = [v for i, v in zip(event.inputs, mine, strict=True) if not i.indexed]
    assert plain == [bytes.fromhex(v[2:]) if t == "address" else v for t, v in zip(types, theirs, strict=True)]
