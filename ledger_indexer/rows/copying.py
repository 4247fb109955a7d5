"""Rows as PostgreSQL's binary COPY has them, by an encoder that is compiled once from each table's columns. Pure.

The writer sends these bytes, and the audit compares them with what the database gives back: bytes that are equal are
rows that are equal. One ``join`` a range takes half the time of a driver's dumper for each value.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from struct import Struct
from typing import cast

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table, Text

from ledger_indexer.rows import tables
from ledger_indexer.rows.decode import Decoded, RawLog, Row, Value
from ledger_indexer.rows.tables import Whole

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What a binary COPY begins with: the signature, no flags, no extension."""
TAIL = b"\xff\xff"
"""What it ends with."""

TABLE_OF = {"".join(w.title() for w in t.name.split("_")): t for t in tables.LOG_TABLES}
"""The table of a log by the log's name."""

Encoder = Callable[[Sequence[Sequence[Value | None]]], bytes]
"""From rows to their bytes, without head and tail."""

_INTEGERS = {BigInteger: ("q", 8), Integer: ("i", 4), SmallInteger: ("h", 2)}
_LENGTH = Struct(">i")
_NUMERIC = Struct(">iHhHH")
_RAW_BLOCK = Struct(">hiq")
_ARRAY = Struct(">iiIii")
"""An array's dimensions, whether it holds nulls, its elements' type, how many there are, and the first one's number."""
_INT4, _BYTEA = 23, 17
_POSITIVE, _NEGATIVE = 0x0000, 0x4000


class _Lengths(dict[int, bytes]):
    """A value's length in front of it, packed once."""

    def __missing__(self, size: int) -> bytes:
        packed = _LENGTH.pack(size)
        if size < 4_096:
            self[size] = packed
        return packed


def columns_of(table: Table) -> list[Column[object]]:
    """The columns that are written: all but a number that the database itself gives."""
    return [column for column in table.columns if column.name != "id"]


@lru_cache(maxsize=8_192)
def numeric(value: int) -> bytes:
    """A whole number as ``numeric`` has it, its length in front: digits of four decimals, zeros at the end left out."""
    rest, digits = abs(value), []
    while rest:
        rest, digit = divmod(rest, 10_000)
        digits.append(digit)
    weight = max(0, len(digits) - 1)
    while digits and digits[0] == 0:
        del digits[0]
    body = b"".join([digit.to_bytes(2, "big") for digit in reversed(digits)])
    return _NUMERIC.pack(8 + len(body), len(digits), weight, _NEGATIVE if value < 0 else _POSITIVE, 0) + body


def compile_encoder(table: Table) -> Encoder:
    """Build the encoder of one table; raises ValueError for a type that no table of ours has.

    Bytes of a column with a length are taken to be so long: hashes are, by the decoder.
    """
    columns = columns_of(table)
    scope: dict[str, object] = {"length": _Lengths(), "numeric": numeric, "Struct": Struct}
    codes, values, parts = "h", [str(len(columns))], list[str]()

    def flush() -> None:
        nonlocal codes, values
        if codes:
            name = f"pack{len(scope)}"
            scope[name] = Struct(">" + codes).pack
            parts.append(f"{name}({', '.join(values)})")
        codes, values = "", []

    for place, column in enumerate(columns):
        kind = type(column.type)
        if kind in _INTEGERS:
            code, size = _INTEGERS[kind]
            codes += "i" + code
            values += [str(size), f"c{place}"]
            continue
        if isinstance(column.type, LargeBinary) and column.type.length:
            codes += f"i{column.type.length}s"
            values += [str(column.type.length), f"c{place}"]
            continue
        flush()
        if kind is Whole:
            parts.append(f"numeric(c{place})")
        elif kind is LargeBinary:
            parts.extend([f"length[len(c{place})]", f"c{place}"])
        elif kind is Text:
            parts.extend([f"length[len(c{place}.encode())]", f"c{place}.encode()"])
        else:
            raise ValueError(f"no encoder for {column.type} of {table.name}")
    flush()
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    source = (
        "def encode(rows):\n"
        "    found = []\n"
        "    add = found.extend\n"
        f"    for {names}, in rows:\n"
        f"        add(({', '.join(parts)},))\n"
        "    return b''.join(found)\n"
    )
    exec(source, scope)  # noqa: S102 - the source is built above from our own tables, once at start
    return cast(Encoder, scope["encode"])


@lru_cache(maxsize=64)
def encoder_of(table: Table) -> Encoder:
    """The table's encoder."""
    return compile_encoder(table)


def binary_copy(table: Table, rows: Sequence[Row]) -> bytes:
    """A complete binary COPY of rows."""
    return b"".join((HEAD, encoder_of(table)(rows), TAIL))


def raw_blocks(raws: Sequence[RawLog]) -> bytes:
    """A complete binary COPY of ``raw_block``: raw logs in chain order, the logs of a block in one row."""
    rows = [HEAD]
    for number, logs in groupby(raws, itemgetter(0)):
        _, log_index, tx_hash, tx_index, address, topics, data = zip(*logs, strict=True)
        arrays = (_integers(log_index), _integers(tx_index), *map(_strings, (tx_hash, address, topics, data)))
        rows.append(_RAW_BLOCK.pack(7, 8, number))
        rows.extend(piece for array in arrays for piece in (_LENGTH.pack(len(array)), array))
    rows.append(TAIL)
    return b"".join(rows)


def _integers(values: Sequence[int]) -> bytes:
    """An ``integer[]``."""
    pairs = [part for value in values for part in (4, value)]
    return _ARRAY.pack(1, 0, _INT4, len(values), 1) + Struct(f">{len(pairs)}i").pack(*pairs)


def _strings(values: Sequence[bytes]) -> bytes:
    """A ``bytea[]``."""
    lengths = list(map(len, values))
    if min(lengths) == max(lengths):  # hashes and most logs: one length in front of each
        length = _LENGTH.pack(lengths[0])
        body = length + length.join(values)
    else:
        body = b"".join([part for value in values for part in (_LENGTH.pack(len(value)), value)])
    return _ARRAY.pack(1, 0, _BYTEA, len(values), 1) + body


def copies_of(decoded: Decoded) -> list[tuple[Table, bytes]]:
    """What the mirror keeps of logs, as one binary COPY for each table that has something to take."""
    found = [(tables.raw_block, raw_blocks(decoded.raws))] if decoded.raws else []
    found += [(TABLE_OF[name], binary_copy(TABLE_OF[name], rows)) for name, rows in decoded.rows.items()]
    if decoded.quarantined:
        parked = [_quarantine(*each) for each in decoded.quarantined]
        found.append((tables.quarantine, binary_copy(tables.quarantine, parked)))
    return found


def _quarantine(raw: RawLog, reason: str) -> Row:
    return (raw.block_number, raw.log_index, raw.tx_hash, raw.address, raw.topics, raw.data, reason)
