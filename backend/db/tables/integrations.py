"""Written by backend.integrations: import runs and the sales lines they brought."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Identity, Index, Integer, Numeric, String, Table
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from backend.db.base import Moment, metadata

import_run = Table(
    "import_run",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("file_hash", BYTEA, nullable=False, comment="sha256 of the bytes read"),
    Column("encoding", String, nullable=False),
    Column("delimiter", String, nullable=False),
    Column("mapping", JSONB, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("known", BigInteger, nullable=False, comment="rows that an earlier run, or this one, brought before"),
    Column("refused", BigInteger, nullable=False),
    Column("errors", JSONB, nullable=False, comment="the first of them"),
    Column("started_at", Moment, nullable=False),
)

sale_line = Table(
    "sale_line",
    metadata,
    Column("row_hash", BYTEA, primary_key=True, comment="of the row's values and how often it came before in its file"),
    Column("run", ForeignKey("import_run.id"), nullable=False, index=True),
    Column("line", Integer, nullable=False),
    Column("sold_on", Date, nullable=False),
    Column("store", String, nullable=False),
    Column("item", String, nullable=False),
    Column("bottles", BigInteger, nullable=False),
    Column("amount", Numeric(18, 4), comment="in the table's own currency"),
    Column("document", String),
)
Index("ix_sale_line_item_sold_on", sale_line.c.item, sale_line.c.sold_on)
Index("ix_sale_line_store_sold_on", sale_line.c.store, sale_line.c.sold_on)
