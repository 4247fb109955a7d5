"""One append-only table for each log of the contracts."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
)

from ledger_indexer.rows.tables.columns import bytes_column, hash_column, metadata, place, whole_column

party_enrolled = Table(
    "party_enrolled",
    metadata,
    *place(),
    hash_column("party"),
    Column("roles", SmallInteger, nullable=False),
    hash_column("territory"),
    Index("party_enrolled_by_party", "party"),
)

standing_changed = Table(
    "standing_changed",
    metadata,
    *place(),
    hash_column("party"),
    Column("standing", SmallInteger, nullable=False),
    Index("standing_changed_by_party", "party"),
)

device_invited = Table(
    "device_invited",
    metadata,
    *place(),
    hash_column("party"),
    Column("invitation", LargeBinary(20), nullable=False),
    Column("ever", BigInteger, nullable=False),
    Index("device_invited_by_party", "party"),
)

device_enrolled = Table(
    "device_enrolled",
    metadata,
    *place(),
    hash_column("device"),
    hash_column("party"),
    bytes_column("signer"),
    Column("way", SmallInteger, nullable=False),
    hash_column("by"),
    Column("since", BigInteger, nullable=False),
    Index("device_enrolled_by_device", "device"),
    Index("device_enrolled_by_party", "party"),
)

device_revoked = Table(
    "device_revoked",
    metadata,
    *place(),
    hash_column("device"),
    hash_column("party"),
    hash_column("by"),
    Index("device_revoked_by_device", "device"),
)

captured = Table(
    "captured",
    metadata,
    *place(),
    hash_column("evidence"),
    hash_column("batch"),
    hash_column("party"),
    Column("step", SmallInteger, nullable=False),
    whole_column("quantity"),
    hash_column("counterparty"),
    hash_column("location"),
    whole_column("time"),
    hash_column("units"),
    hash_column("ref"),
    hash_column("device"),
    Index("captured_by_evidence", "evidence"),
    Index("captured_by_batch", "batch"),
)

input_consumed = Table(
    "input_consumed",
    metadata,
    *place(),
    hash_column("evidence"),
    hash_column("batch"),
    whole_column("quantity"),
    Index("input_consumed_by_evidence", "evidence"),
    Index("input_consumed_by_batch", "batch"),
)

capture_voided = Table(
    "capture_voided",
    metadata,
    *place(),
    hash_column("evidence"),
    hash_column("batch"),
    hash_column("party"),
    hash_column("voids"),
    Column("step", SmallInteger, nullable=False),
    whole_column("quantity"),
    hash_column("counterparty"),
    hash_column("location"),
    whole_column("time"),
    hash_column("ref"),
    hash_column("device"),
    Index("capture_voided_by_evidence", "evidence"),
    Index("capture_voided_by_voids", "voids"),
    Index("capture_voided_by_batch", "batch"),
)

input_restored = Table(
    "input_restored",
    metadata,
    *place(),
    hash_column("evidence"),
    hash_column("batch"),
    whole_column("quantity"),
    Index("input_restored_by_evidence", "evidence"),
    Index("input_restored_by_batch", "batch"),
)

capture_refused = Table(
    "capture_refused",
    metadata,
    *place(),
    hash_column("evidence"),
    hash_column("batch"),
    hash_column("device"),
    bytes_column("reason"),
    Index("capture_refused_by_evidence", "evidence"),
)

head_accepted = Table(
    "head_accepted",
    metadata,
    *place(),
    hash_column("log"),
    whole_column("size"),
    hash_column("root"),
    whole_column("time"),
    Index("head_accepted_by_log", "log", "size"),
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
