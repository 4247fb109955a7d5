"""Rows as binary COPY has them, held to the driver's own reading of it."""

from decimal import Decimal
from struct import unpack_from
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import adapters
from psycopg.adapt import Transformer
from psycopg.pq import Format
from sqlalchemy import Boolean, Column, LargeBinary, MetaData, SmallInteger, Table, Text

from ledger_indexer.rows.copying import HEAD, TAIL, compile_encoder, encoder_of, numeric, raw_blocks
from ledger_indexer.rows.decode import RawLog
from ledger_indexer.rows.tables import captured


def loaded(kind: str, raw: bytes) -> Any:
    known = adapters.types[kind.removesuffix("[]")]
    oid = known.array_oid if kind.endswith("[]") else known.oid
    return Transformer().get_loader(oid, Format.BINARY).load(raw)


def fields(raw: bytes, *, whole: bool = True) -> list[bytes]:
    """The values of one row, without their lengths; `raw` is that row, or begins with it."""
    (count,) = unpack_from(">h", raw)
    at, found = 2, []
    for _ in range(count):
        (size,) = unpack_from(">i", raw, at)
        found.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(raw) or not whole
    return found


@given(st.one_of(st.integers(-(2**255), 2**256 - 1), st.sampled_from([10**n for n in range(60)])))
def test_a_whole_number_of_any_size_is_what_the_driver_reads(value: int) -> None:
    raw = numeric(value)
    assert unpack_from(">i", raw)[0] == len(raw) - 4
    number = loaded("numeric", raw[4:])
    assert isinstance(number, Decimal)
    assert number == Decimal(value)


@pytest.mark.parametrize(
    ("value", "words"), [(0, [0, 0, 0, 0]), (7, [1, 0, 0, 0, 7]), (10_000, [1, 1, 0, 0, 1]), (-1, [1, 0, 0x4000, 0, 1])]
)
def test_a_number_has_no_zeros_at_its_end(value: int, words: list[int]) -> None:
    assert numeric(value)[4:] == b"".join(word.to_bytes(2, "big") for word in words)


@given(st.binary(max_size=5_000), st.text(alphabet=st.characters(codec="utf-8")), st.integers(-(2**15), 2**15 - 1))
def test_bytes_texts_and_small_numbers_follow_their_lengths(raw: bytes, text: str, small: int) -> None:
    table = Table("t", MetaData(), Column("b", LargeBinary), Column("t", Text), Column("s", SmallInteger))
    found = fields(compile_encoder(table)([(raw, text, small)]))
    assert found[:2] == [raw, text.encode()]
    assert loaded("int2", found[2]) == small


def test_a_row_of_captures_has_all_its_columns_in_their_order() -> None:
    row = (2**40, 7, b"t" * 32, 1_700_000_000, *[bytes([n]) * 32 for n in range(3)], 9, 2**100)
    row += (b"c" * 32, bytes(32), 1_800_000_000, b"u" * 32, b"r" * 32, b"d" * 32)
    found = fields(encoder_of(captured)([row]))
    kinds = ["int8", "int4", "bytea", "int8", *["bytea"] * 3, "int2", "numeric", "bytea", "bytea", "numeric"]
    assert [loaded(kind, raw) for kind, raw in zip([*kinds, *["bytea"] * 3], found, strict=True)] == list(row)
    assert encoder_of(captured)([row, row]) == 2 * encoder_of(captured)([row])


def arrays(raw: bytes) -> list[tuple[Any, ...]]:
    """The rows of a COPY of blocks: number, then integers and bytes as the driver reads arrays of them."""
    assert raw.startswith(HEAD)
    assert raw.endswith(TAIL)
    found, at, end = [], len(HEAD), len(raw) - len(TAIL)
    while at < end:
        values = fields(raw[at:], whole=False)
        kinds = ["int8", "int4[]", "int4[]", *["bytea[]"] * 4]
        found.append(tuple(loaded(kind, value) for kind, value in zip(kinds, values, strict=True)))
        at += 2 + sum(4 + len(value) for value in values)
    return found


@given(
    st.dictionaries(
        st.integers(0, 2**40),
        st.lists(
            st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 99), st.binary(), st.binary(), st.binary()),
            min_size=1,
            max_size=5,
        ),
        max_size=4,
    )
)
def test_the_logs_of_a_block_are_one_row_and_stay_together(blocks: dict[int, list[tuple[Any, ...]]]) -> None:
    raws = [RawLog(number, at, *log) for number, logs in sorted(blocks.items()) for at, log in enumerate(logs)]
    rows = arrays(raw_blocks(raws))
    assert [row[0] for row in rows] == sorted(blocks)
    again = [
        RawLog(number, at, tx_hash, tx_index, address, topics, data)
        for number, *columns in rows
        for at, tx_index, tx_hash, address, topics, data in zip(*columns, strict=True)
    ]
    assert again == raws


def test_a_type_that_no_table_of_ours_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no encoder"):
        compile_encoder(Table("t", MetaData(), Column("b", Boolean)))
