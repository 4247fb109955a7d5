"""Written by backend.catalog: products, prices, and the codes of bottles and cases."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import BYTEA, ExcludeConstraint

from backend.db.base import Moment, metadata

product = Table(
    "product",
    metadata,
    Column("gtin", String(14), primary_key=True),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("volume_ml", Integer, nullable=False),
    Column("abv_permille", Integer, nullable=False),
    Column("case_size", Integer, nullable=False),
    Column("shelf_life_days", Integer),
    Column("serialised", Boolean, nullable=False, server_default="false", comment="every bottle moves by its code"),
    Column("added_at", Moment, nullable=False),
    CheckConstraint("case_size > 0 and volume_ml > 0", name="sizes_positive"),
)

# A text cannot stand in a GiST index without an extension, but its digits as a range of one number can.
price = Table(
    "price",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("gtin", ForeignKey("product.gtin"), nullable=False, index=True),
    Column("prefix", String(6), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("floor_fen", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False, server_default="CNY"),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),
    Column("set_at", Moment, nullable=False),
    CheckConstraint("floor_fen > 0 and floor_fen <= amount_fen", name="floor_below_list"),
    ExcludeConstraint(
        (text("int8range(gtin::bigint, gtin::bigint, '[]')"), "&&"),
        (text("int8range(('0' || prefix)::bigint, ('0' || prefix)::bigint, '[]')"), "&&"),
        (text("tstzrange(valid_from, valid_to)"), "&&"),
        name="ex_price_one_at_a_time",
        using="gist",
    ),
)

code_run = Table(
    "code_run",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("gtin", ForeignKey("product.gtin"), nullable=False),
    Column("batch", String(20), nullable=False),
    Column("count", Integer, nullable=False),
    Column("case_size", Integer, nullable=False),
    Column("root", BYTEA, nullable=False),
    Column("produced_on", Date),
    Column("best_before", Date),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("gtin", "batch"),
)

# One row a level of the unit tree, 32 bytes a perfect node side by side: a proof reads slices of about 20 rows.
code_run_level = Table(
    "code_run_level",
    metadata,
    Column("run", ForeignKey("code_run.id"), primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("hashes", BYTEA, nullable=False),
)

case = Table(
    "case",
    metadata,
    Column("sscc", String(18), primary_key=True),
    Column("run", ForeignKey("code_run.id"), nullable=False, index=True),
    Column("begin", Integer, nullable=False),
    Column("end", Integer, nullable=False),
)

unit = Table(
    "unit",
    metadata,
    Column("gtin", String(14), primary_key=True),
    Column("serial", String(20), primary_key=True),
    Column("run", ForeignKey("code_run.id"), nullable=False),
    Column("index", Integer, nullable=False),
    Column("sscc", String(18), nullable=False),
    Column("inner_hash", BYTEA, nullable=False),
    UniqueConstraint("run", "index"),
)

case_counter = Table(
    "case_counter",
    metadata,
    Column("prefix", String(17), primary_key=True),
    Column("next", BigInteger, nullable=False),
)
