"""Written by backend.capture: what devices said, and what was refused."""

from sqlalchemy import BigInteger, Column, Identity, Index, SmallInteger, String, Table, func, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from backend.db.base import Moment, append_only, metadata

capture = Table(
    "capture",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("evidence", BYTEA, nullable=False, unique=True),
    Column("body", BYTEA, nullable=False, comment="canonical bytes (JCS) of the event"),
    Column("signer", BYTEA, nullable=False),
    Column("signature", BYTEA, nullable=False),
    Column("party", String(13), nullable=False, comment="GLN of the device's party when it captured"),
    Column("step", SmallInteger, nullable=False, comment="number of the contract's step; 0 is evidence only"),
    Column("gtin", String(14), nullable=True),
    Column("batch", String(20), nullable=True),
    Column("event_id", String(2000), nullable=True, comment="eventID by its key: a UUID in small letters"),
    Column("voids", BYTEA, nullable=True, comment="evidence of the capture that this one declares an error"),
    Column("event_time", Moment, nullable=False),
    Column("captured_at", Moment, nullable=False),
)
Index(
    "ix_capture_party_event_id",
    capture.c.party,
    func.md5(capture.c.event_id),
    unique=True,
    postgresql_where=text("event_id is not null and voids is null"),
)
Index("ix_capture_gtin_batch_seq", capture.c.gtin, capture.c.batch, capture.c.seq)
Index("ix_capture_party_seq", capture.c.party, capture.c.seq)
append_only(capture)

refused_capture = Table(
    "refused_capture",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", String, nullable=False, index=True),
    Column("message", String, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("claimed_signer", BYTEA, nullable=True),
    Column("body", BYTEA, nullable=False, comment="the message as it came"),
    Column("received_at", Moment, nullable=False),
)
append_only(refused_capture)
