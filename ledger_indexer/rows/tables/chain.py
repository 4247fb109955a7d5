"""What the mirror keeps of the chain itself: headers, raw logs by block, and where the mirror stands."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Integer,
    SmallInteger,
    Table,
    Text,
    event,
    func,
)

from ledger_indexer.rows.tables.columns import bytes_array_column, bytes_column, hash_column, integers_column, metadata

block = Table(
    "block",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    bytes_column("hash"),
    bytes_column("parent"),
    bytes_column("bloom"),
    Column("block_time", BigInteger, nullable=False),
)

raw_block = Table(
    "raw_block",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    integers_column("log_index"),
    integers_column("tx_index"),
    bytes_array_column("tx_hash"),
    bytes_array_column("address"),
    bytes_array_column("topics", comment="of each log all topics, one after the other, 32 bytes each"),
    bytes_array_column("data"),
    comment="the logs of a block as the chain has them, kept for ever: the n-th of each column belong together",
)

RAW_LOG = "raw_log"
"""The view that shows ``raw_block`` as a row a log."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    hash_column("tx_hash"),
    bytes_column("address"),
    bytes_column("topics"),
    bytes_column("data"),
    Column("reason", Text, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    hash_column("deployment", comment="digest of the chain id and addresses this mirror follows"),
    Column("number", BigInteger, nullable=False),
    hash_column("hash"),
    Column("block_time", BigInteger, nullable=False),
    Column("suspect_from", BigInteger, comment="rows from this block on await a re-walk"),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("id = 1", name="cursor_is_one_row"),
)

rewind = Table(
    "rewind",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("from_number", BigInteger, nullable=False),
    hash_column("from_hash"),
    Column("to_number", BigInteger, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("beyond_window", Boolean, nullable=False),
)


@event.listens_for(Table, "after_create")
def _as_they_are(target: Table, connection: Connection, **_: object) -> None:
    """Add the view of raw logs as rows, and store their bytes uncompressed.

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
def _without_its_view(target: Table, connection: Connection, **_: object) -> None:
    if target.name == raw_block.name:
        connection.exec_driver_sql(f"drop view if exists {target.schema}.{RAW_LOG}")
