"""Written by backend.verification: consumers' scans and price reports. Coarse place only, no identity."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, String, Table
from sqlalchemy.dialects.postgresql import BYTEA

from backend.db.base import Moment, metadata

scan = Table(
    "scan",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    Column("serial", String(20), nullable=False),
    Column("scanned_at", Moment, nullable=False),
    Column("adcode", String(6)),
    Column("device_hash", BYTEA, nullable=False),
    Column("phone_hash", BYTEA, nullable=False),
    Column("source", String, nullable=False),
    Column("verdict_kind", String, nullable=False),
    Column("request_id", String(64), unique=True),
    CheckConstraint("source in ('ip', 'gps', 'shop')", name="source_known"),
)
Index("ix_scan_unit", scan.c.gtin, scan.c.serial, scan.c.scanned_at)
Index("ix_scan_scanned_at", scan.c.scanned_at)

price_report = Table(
    "price_report",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("ticket", String(12), nullable=False, unique=True),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    Column("serial", String(20), nullable=False),
    Column("reported_at", Moment, nullable=False),
    Column("adcode", String(6), nullable=False),
    Column("price_fen", BigInteger),
    Column("shop", String, nullable=False),
    Column("note", String, nullable=False),
    Column("request_id", String(64), unique=True),
    CheckConstraint("price_fen > 0", name="price_positive"),
)
Index("ix_price_report_reported_at", price_report.c.reported_at)

unknown_scan = Table(
    "unknown_scan",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", String(120), nullable=False),
    Column("scanned_at", Moment, nullable=False, index=True),
    Column("adcode", String(6)),
    Column("device_hash", BYTEA, nullable=False),
    Column("request_id", String(64), unique=True),
)

opening = Table(
    "opening",
    metadata,
    Column("gtin", String(14), primary_key=True),
    Column("serial", String(20), primary_key=True),
    Column("batch", String(20), nullable=False),
    Column("opened_at", Moment, nullable=False, index=True),
    Column("adcode", String(6)),
    Column("phone_hash", BYTEA, comment="tells a reload from another phone; forgotten with the scans of that time"),
    Column("request_id", String(64)),
    Column("evidence", BYTEA, nullable=False),
)

wrong_code = Table(
    "wrong_code",
    metadata,
    Column("gtin", String(14), primary_key=True),
    Column("serial", String(20), primary_key=True),
    Column("hour", Moment, primary_key=True),
    Column("tries", BigInteger, nullable=False),
    CheckConstraint("tries > 0", name="tries_positive"),
)
