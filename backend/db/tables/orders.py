"""Written by backend.orders: orders, what is promised to them, what left and arrived for them, and every command."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, String, Table
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, UUID

from backend.db.base import Moment, metadata
from backend.db.tables.capture import append_only


def _bottles(name: str, default: str | None = "0") -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=default)


sales_order = Table(
    "sales_order",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("buyer", ForeignKey("party.gln"), nullable=False),
    Column("seller", ForeignKey("party.gln"), nullable=False),
    Column("location", ForeignKey("location.gln"), nullable=False),
    Column("currency", String(3), nullable=False, server_default="CNY"),
    Column("placed_by", String, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("submitted_at", Moment),
    Column("approved_at", Moment),
    Column("cancelled_at", Moment),
)
Index("ix_sales_order_buyer_placed_at", sales_order.c.buyer, sales_order.c.placed_at)
Index("ix_sales_order_seller_placed_at", sales_order.c.seller, sales_order.c.placed_at)

order_line = Table(
    "order_line",
    metadata,
    Column("order", ForeignKey("sales_order.id"), primary_key=True),
    Column("gtin", ForeignKey("product.gtin"), primary_key=True),
    _bottles("bottles", None),
    Column("price_fen", BigInteger, nullable=False),
    _bottles("allocated"),
    _bottles("dispatched"),
    _bottles("received"),
    _bottles("returned"),
    _bottles("lost"),
    CheckConstraint("bottles > 0 and price_fen > 0", name="positive"),
    CheckConstraint("dispatched <= allocated and allocated <= bottles", name="never_more_than_ordered"),
    CheckConstraint("received + returned + lost <= dispatched", name="never_more_than_dispatched"),
)

allocation = Table(
    "allocation",
    metadata,
    Column("order", ForeignKey("sales_order.id"), primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("batch", String(20), primary_key=True),
    _bottles("bottles", None),
    _bottles("dispatched"),
    CheckConstraint("dispatched >= 0 and dispatched <= bottles", name="never_more_than_allocated"),
)

# The one home of "allocated": changed by conditional UPDATE only, in the transaction that changes an allocation.
allocated_stock = Table(
    "allocated_stock",
    metadata,
    Column("party", String(13), primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("batch", String(20), primary_key=True),
    _bottles("bottles"),
    CheckConstraint("bottles >= 0", name="never_negative"),
)

dispatch = Table(
    "dispatch",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("order", ForeignKey("sales_order.id"), nullable=True, index=True, comment="none: shipped without an order"),
    Column("sender", String(13), nullable=False),
    Column("addressee", String(13), nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    _bottles("bottles", None),
    _bottles("received"),
    _bottles("returned"),
    _bottles("lost"),
    Column("shipped_at", Moment, nullable=False),
    CheckConstraint("bottles > 0 and received + returned + lost <= bottles", name="never_more_than_shipped"),
)
Index("ix_dispatch_sender_shipped_at", dispatch.c.sender, dispatch.c.shipped_at)

timeline = Table(
    "timeline",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("order", ForeignKey("sales_order.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False, comment="name of the person, or GLN of the device's party"),
    Column("evidence", BYTEA),
    Column("details", JSONB, nullable=False, server_default="{}"),
)
append_only(timeline)

command = Table(
    "command",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("kind", String, nullable=False),
    Column("order", UUID(as_uuid=True), nullable=False),
    Column("actor", String, nullable=False),
    Column("payload_hash", BYTEA, nullable=False),
    Column("at", Moment, nullable=False),
)
append_only(command)
