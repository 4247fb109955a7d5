"""The mirror in SQL: headers, raw logs by block, one append-only table a log, and what is derived from them.

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
    Connection,
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
from sqlalchemy.dialects.postgresql import ARRAY
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
        _hash("tx_hash"),
        Column("block_time", BigInteger, nullable=False),
    )


def _hash(name: str, **options: Any) -> Column[Any]:
    """32 bytes, always: whoever decodes makes sure of it."""
    return Column(name, LargeBinary(32), nullable=False, **options)


def _bytes(name: str) -> Column[Any]:
    return Column(name, LargeBinary, nullable=False)


def _each(name: str, kind: type[Integer | LargeBinary], **options: Any) -> Column[Any]:
    return Column(name, ARRAY(kind), nullable=False, **options)


def _whole(name: str) -> Column[Any]:
    return Column(name, Whole, nullable=False)


block = Table(
    "block",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _bytes("hash"),
    _bytes("parent"),
    _bytes("bloom"),
    Column("block_time", BigInteger, nullable=False),
)

raw_block = Table(
    "raw_block",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    _each("log_index", Integer),
    _each("tx_index", Integer),
    _each("tx_hash", LargeBinary),
    _each("address", LargeBinary),
    _each("topics", LargeBinary, comment="of each log all topics, one after the other, 32 bytes each"),
    _each("data", LargeBinary),
    comment="the logs of a block as the chain has them, kept for ever: the n-th of each column belong together",
)

RAW_LOG = "raw_log"
"""The view that shows ``raw_block`` as a row a log."""

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

device_invited = Table(
    "device_invited",
    metadata,
    *_place(),
    _hash("party"),
    Column("invitation", LargeBinary(20), nullable=False),
    Column("ever", BigInteger, nullable=False),
    Index("device_invited_by_party", "party"),
)

device_enrolled = Table(
    "device_enrolled",
    metadata,
    *_place(),
    _hash("device"),
    _hash("party"),
    _bytes("signer"),
    Column("way", SmallInteger, nullable=False),
    _hash("by"),
    Column("since", BigInteger, nullable=False),
    Index("device_enrolled_by_device", "device"),
    Index("device_enrolled_by_party", "party"),
)

device_revoked = Table(
    "device_revoked",
    metadata,
    *_place(),
    _hash("device"),
    _hash("party"),
    _hash("by"),
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

capture_voided = Table(
    "capture_voided",
    metadata,
    *_place(),
    _hash("evidence"),
    _hash("batch"),
    _hash("party"),
    _hash("voids"),
    Column("step", SmallInteger, nullable=False),
    _whole("quantity"),
    _hash("counterparty"),
    _hash("location"),
    _whole("time"),
    _hash("ref"),
    _hash("device"),
    Index("capture_voided_by_evidence", "evidence"),
    Index("capture_voided_by_voids", "voids"),
    Index("capture_voided_by_batch", "batch"),
)

input_restored = Table(
    "input_restored",
    metadata,
    *_place(),
    _hash("evidence"),
    _hash("batch"),
    _whole("quantity"),
    Index("input_restored_by_evidence", "evidence"),
    Index("input_restored_by_batch", "batch"),
)

capture_refused = Table(
    "capture_refused",
    metadata,
    *_place(),
    _hash("evidence"),
    _hash("batch"),
    _hash("device"),
    _bytes("reason"),
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
    _bytes("address"),
    _bytes("topics"),
    _bytes("data"),
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
    device_invited,
    device_enrolled,
    device_revoked,
    captured,
    input_consumed,
    capture_voided,
    input_restored,
    capture_refused,
    head_accepted,
)


MOVING_TABLES = (captured, input_consumed, capture_voided, input_restored)
"""Those whose rows change balances of their batch."""


@event.listens_for(Table, "after_create")
def _as_they_are(target: Table, connection: Connection, **_: Any) -> None:
    """Raw logs as rows again, for whoever asks for them; and stored as they are.

    Hashes do not compress, and trying takes longer than all else that storing a block's logs does.
    """
    if target.name == raw_block.name:
        for column in ("topics", "data"):
            connection.exec_driver_sql(f"alter table {target.fullname} alter column {column} set storage external")
        connection.exec_driver_sql(
            f"create view {target.schema}.{RAW_LOG} as select block_number, l.* from {target.fullname},"  # noqa: S608
            " unnest(log_index, tx_hash, tx_index, address, topics, data)"
            " as l (log_index, tx_hash, tx_index, address, topics, data)"
        )


@event.listens_for(Table, "before_drop")
def _without_its_view(target: Table, connection: Connection, **_: Any) -> None:
    if target.name == raw_block.name:
        connection.exec_driver_sql(f"drop view if exists {target.schema}.{RAW_LOG}")


def create_all(engine: Engine) -> None:
    """Create the schema and every table that is missing; the product itself uses its migrations."""
    metadata.create_all(engine)
