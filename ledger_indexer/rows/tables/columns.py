"""The schema of the mirror, and the columns that its tables share."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    event,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeDecorator

SCHEMA = "mirror"


class Whole(TypeDecorator[int]):
    """An unsigned Solidity integer of any width, as ``numeric(39)``: 2**128 - 1 has 39 digits."""

    impl = Numeric(39, 0)
    cache_ok = True

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Numbers of things are whole numbers again in Python."""
        return None if value is None else int(value)


metadata = MetaData(schema=SCHEMA)
event.listen(metadata, "before_create", DDL(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))  # type: ignore[no-untyped-call]


def place() -> tuple[Column[int], Column[int], Column[bytes], Column[int]]:
    """Where a log stands, the first columns of every table of logs."""
    return (
        Column("block_number", BigInteger, primary_key=True, autoincrement=False),
        Column("log_index", Integer, primary_key=True, autoincrement=False),
        hash_column("tx_hash"),
        Column("block_time", BigInteger, nullable=False),
    )


def hash_column(name: str, *, primary_key: bool = False, comment: str | None = None) -> Column[bytes]:
    """32 bytes, always: the decoder makes sure of it."""
    return Column(name, LargeBinary(32), nullable=False, primary_key=primary_key, comment=comment)


def bytes_column(name: str) -> Column[bytes]:
    """Bytes of any length."""
    return Column(name, LargeBinary, nullable=False)


def integers_column(name: str) -> Column[Sequence[int]]:
    """An array of integers, one for each log of a block."""
    return Column(name, ARRAY(Integer), nullable=False)


def bytes_array_column(name: str, *, comment: str | None = None) -> Column[Sequence[bytes]]:
    """An array of bytes, one for each log of a block."""
    return Column(name, ARRAY(LargeBinary), nullable=False, comment=comment)


def whole_column(name: str) -> Column[int]:
    """An unsigned integer of any width."""
    return Column(name, Whole, nullable=False)
