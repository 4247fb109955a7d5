"""Written by backend.stock: what people counted. Never a balance: held comes from custody."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table
from sqlalchemy.dialects.postgresql import UUID

from backend.db.base import Moment, append_only, metadata

stock_observation = Table(
    "stock_observation",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("party", ForeignKey("party.gln"), nullable=False),
    Column("gtin", ForeignKey("product.gtin"), nullable=False),
    Column("batch", String(20)),
    Column("bottles", BigInteger, nullable=False),
    Column("source", String, nullable=False, comment="count, scan or pos"),
    Column("counted_at", Moment, nullable=False),
    Column("counted_by", String, nullable=False),
    Column("noted_at", Moment, nullable=False),
    CheckConstraint("bottles >= 0", name="never_negative"),
)
Index("ix_stock_observation_party_counted_at", stock_observation.c.party, stock_observation.c.counted_at)
append_only(stock_observation)
