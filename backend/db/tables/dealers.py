"""Written by backend.dealers: territories and approved transfers."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, text
from sqlalchemy.dialects.postgresql import UUID, ExcludeConstraint

from backend.db.base import Moment, metadata

# Digits stand as ranges of one number, because a text cannot stand in a GiST index without an extension.
territory = Table(
    "territory",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("dealer", ForeignKey("party.gln"), nullable=False, index=True),
    Column("prefix", String(6), nullable=False),
    Column("gtin", String(14)),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),
    Column("granted_by", String, nullable=False),
    Column("granted_at", Moment, nullable=False),
    CheckConstraint("valid_to is null or valid_from < valid_to", name="ends_after_it_begins"),
    ExcludeConstraint(
        (text("int8range(dealer::bigint, dealer::bigint, '[]')"), "&&"),
        (text("int8range(('0' || prefix)::bigint, ('0' || prefix)::bigint, '[]')"), "&&"),
        (text("int8range(coalesce(gtin, '0')::bigint, coalesce(gtin, '0')::bigint, '[]')"), "&&"),
        (text("tstzrange(valid_from, valid_to)"), "&&"),
        name="ex_territory_once",
        using="gist",
    ),
)

transfer = Table(
    "transfer",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("dealer", ForeignKey("party.gln"), nullable=False, index=True),
    Column("receiver", ForeignKey("party.gln")),
    Column("prefix", String(6), nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("bottles", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment, nullable=False),
    Column("approved_by", String, nullable=False),
    Column("approved_at", Moment, nullable=False),
    CheckConstraint("bottles > 0", name="bottles_positive"),
    CheckConstraint("valid_from < valid_to", name="ends_after_it_begins"),
)
Index("ix_transfer_valid", transfer.c.valid_from, transfer.c.valid_to)
