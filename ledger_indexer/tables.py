"""The mirror in SQL: headers, raw logs, one append-only table a log, and what is derived from them.

Everything lives in the schema ``mirror``. Only this package writes it, nothing points into it with a foreign
key, and all of it can be dropped and built again from the chain.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    event,
    func,
)
from sqlalchemy.types import TypeDecorator

SCHEMA = "mirror"


class Whole(TypeDecorator[int]):
    """An unsigned Solidity integer of any width, as ``numeric(39)``: 2**128 - 1 has 39 digits."""

    impl = Numeric(39, 0)
    cache_ok = True

    def process_result_value(self, value: Decimal | None, dialect: Any) -> int | None:
        """Numbers of things are whole numbers again in Python."""
        return None if value is None else int(value)


metadata = MetaData(schema=SCHEMA)
event.listen(metadata, "before_create", DDL(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))  # type: ignore[no-untyped-call]


def _place() -> tuple[Column[Any], ...]:
    """Where a log stands, the first columns of every table of logs."""
    return (
        Column("block_number", BigInteger, primary_key=True, autoincrement=False),
        Column("log_index", Integer, primary_key=True, autoincrement=False),
        Column("tx_hash", LargeBinary, nullable=False),
        Column("block_time", BigInteger, nullable=False),
    )


def _hash(name: str, **options: Any) -> Column[Any]:
    return Column(name, LargeBinary, nullable=False, **options)


def _whole(name: str) -> Column[Any]:
    return Column(name, Whole, nullable=False)


block = Table(
    "block",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _hash("hash"),
    _hash("parent"),
    _hash("bloom"),
    Column("block_time", BigInteger, nullable=False),
)

raw_log = Table(
    "raw_log",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    _hash("tx_hash"),
    Column("tx_index", Integer, nullable=False),
    _hash("address"),
    _hash("topics", comment="all topics, one after the other, 32 bytes each"),
    _hash("data"),
)

party_enrolled = Table(
    "party_enrolled",
    metadata,
    *_place(),
    _hash("party"),
    Column("roles", SmallInteger, nullable=False),
    _hash("territory"),
    Index("party_enrolled_by_party", "party"),
)

standing_changed = Table(
    "standing_changed",
    metadata,
    *_place(),
    _hash("party"),
    Column("standing", SmallInteger, nullable=False),
    Index("standing_changed_by_party", "party"),
)

device_enrolled = Table(
    "device_enrolled",
    metadata,
    *_place(),
    _hash("device"),
    _hash("party"),
    _hash("signer"),
    Index("device_enrolled_by_device", "device"),
)

device_revoked = Table(
    "device_revoked",
    metadata,
    *_place(),
    _hash("device"),
    _hash("party"),
    Index("device_revoked_by_device", "device"),
)

captured = Table(
    "captured",
    metadata,
    *_place(),
    _hash("evidence"),
    _hash("batch"),
    _hash("party"),
    Column("step", SmallInteger, nullable=False),
    _whole("quantity"),
    _hash("counterparty"),
    _hash("location"),
    _whole("time"),
    _hash("units"),
    _hash("ref"),
    _hash("device"),
    Index("captured_by_evidence", "evidence"),
    Index("captured_by_batch", "batch"),
)

input_consumed = Table(
    "input_consumed",
    metadata,
    *_place(),
    _hash("evidence"),
    _hash("batch"),
    _whole("quantity"),
    Index("input_consumed_by_evidence", "evidence"),
    Index("input_consumed_by_batch", "batch"),
)

capture_refused = Table(
    "capture_refused",
    metadata,
    *_place(),
    _hash("evidence"),
    _hash("batch"),
    _hash("device"),
    _hash("reason"),
    Index("capture_refused_by_evidence", "evidence"),
)

head_accepted = Table(
    "head_accepted",
    metadata,
    *_place(),
    _hash("log"),
    _whole("size"),
    _hash("root"),
    _whole("time"),
    Index("head_accepted_by_log", "log", "size"),
)

holding = Table(
    "holding",
    metadata,
    _hash("batch", primary_key=True),
    _hash("party", primary_key=True),
    _whole("held"),
    Index("holding_by_party", "party"),
)

consignment = Table(
    "consignment",
    metadata,
    _hash("evidence", primary_key=True),
    _hash("batch"),
    _hash("sender"),
    _hash("addressee"),
    _whole("shipped"),
    _whole("received"),
    _whole("returned"),
    _whole("lost"),
    Index("consignment_by_batch", "batch"),
    Index("consignment_by_addressee", "addressee"),
)

batch_total = Table(
    "batch_total",
    metadata,
    _hash("batch", primary_key=True),
    _whole("born"),
    _whole("held"),
    _whole("in_transit"),
    _whole("sold"),
    _whole("lost"),
    _whole("consumed"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    _hash("deployment", comment="digest of the chain id and addresses this mirror follows"),
    Column("number", BigInteger, nullable=False),
    _hash("hash"),
    Column("block_time", BigInteger, nullable=False),
    Column("suspect_from", BigInteger, comment="rows from this block on await a re-walk"),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("id = 1", name="cursor_is_one_row"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    _hash("tx_hash"),
    _hash("address"),
    _hash("topics"),
    _hash("data"),
    Column("reason", Text, nullable=False),
)

rewind = Table(
    "rewind",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("from_number", BigInteger, nullable=False),
    _hash("from_hash"),
    Column("to_number", BigInteger, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("beyond_window", Boolean, nullable=False),
)

LOG_TABLES: tuple[Table, ...] = (
    party_enrolled,
    standing_changed,
    device_enrolled,
    device_revoked,
    captured,
    input_consumed,
    capture_refused,
    head_accepted,
)


def create_all(engine: Engine) -> None:
    """Create the schema and every table that is missing; the product itself uses its migrations."""
    metadata.create_all(engine)
