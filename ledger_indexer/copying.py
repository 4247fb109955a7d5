"""Rows as PostgreSQL's binary COPY has them, by an encoder that is compiled once from each table's columns. Pure.

The writer sends these bytes, and the audit compares them with what the database gives back: bytes that are equal are
rows that are equal. One ``join`` a range takes half the time of a driver's dumper for each value.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table, Text

from ledger_indexer.tables import Whole

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What a binary COPY begins with: the signature, no flags, no extension."""
TAIL = b"\xff\xff"
"""What it ends with."""

Encoder = Callable[[Sequence[Sequence[Any]]], bytes]
"""From rows to their bytes, without head and tail."""

_INTEGERS = {BigInteger: ("q", 8), Integer: ("i", 4), SmallInteger: ("h", 2)}
_LENGTH = Struct(">i")
_NUMERIC = Struct(">iHhHH")
_POSITIVE, _NEGATIVE = 0x0000, 0x4000


class _Lengths(dict[int, bytes]):
    """A value's length in front of it, packed once."""

    def __missing__(self, size: int) -> bytes:
        packed = _LENGTH.pack(size)
        if size < 4_096:
            self[size] = packed
        return packed


def columns_of(table: Table) -> list[Column[Any]]:
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
    """Build the encoder of one table; raises ValueError for a type that no table of ours has."""
    columns = columns_of(table)
    scope: dict[str, Any] = {"length": _Lengths(), "numeric": numeric, "Struct": Struct}
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
    encoder: Encoder = scope["encode"]
    return encoder


@lru_cache(maxsize=64)
def encoder_of(table: Table) -> Encoder:
    """The table's encoder."""
    return compile_encoder(table)
