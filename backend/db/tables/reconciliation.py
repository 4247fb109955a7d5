"""Written by backend.reconciliation: what came of comparing the books with the mirror."""

from sqlalchemy import BigInteger, Column, Identity, Table
from sqlalchemy.dialects.postgresql import JSONB

from backend.db.base import Moment, metadata

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("ran_at", Moment, nullable=False),
    Column("block", BigInteger, nullable=False, comment="the newest mirrored block"),
    Column("compared", BigInteger, nullable=False, comment="rows of the books and of the mirror that were compared"),
    Column("waiting", BigInteger, nullable=False, comment="captures that the chain has not been seen to take yet"),
    Column("differences", BigInteger, nullable=False),
    Column("first", JSONB, nullable=True, comment="the first difference"),
)
