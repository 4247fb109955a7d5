"""What is derived from the tables of logs: holdings, consignments, and each batch's account."""

from sqlalchemy import (
    Index,
    Table,
)

from ledger_indexer.rows.tables.columns import hash_column, metadata, whole_column

holding = Table(
    "holding",
    metadata,
    hash_column("batch", primary_key=True),
    hash_column("party", primary_key=True),
    whole_column("held"),
    Index("holding_by_party", "party"),
)

consignment = Table(
    "consignment",
    metadata,
    hash_column("evidence", primary_key=True),
    hash_column("batch"),
    hash_column("sender"),
    hash_column("addressee"),
    whole_column("shipped"),
    whole_column("received"),
    whole_column("returned"),
    whole_column("lost"),
    Index("consignment_by_batch", "batch"),
    Index("consignment_by_addressee", "addressee"),
)

batch_total = Table(
    "batch_total",
    metadata,
    hash_column("batch", primary_key=True),
    whole_column("born"),
    whole_column("held"),
    whole_column("in_transit"),
    whole_column("sold"),
    whole_column("lost"),
    whole_column("consumed"),
)
