"""The mirror in SQL: headers, raw logs by block, one append-only table a log, and what is derived from them.

Everything lives in the schema ``mirror``. Only this package writes it, nothing points into it with a foreign
key, and all of it can be dropped and built again from the chain.
"""

from sqlalchemy import Engine

from ledger_indexer.rows.tables.balances import batch_total, consignment, holding
from ledger_indexer.rows.tables.chain import RAW_LOG, block, cursor, quarantine, raw_block, rewind
from ledger_indexer.rows.tables.columns import SCHEMA, Whole, metadata
from ledger_indexer.rows.tables.logs import (
    LOG_TABLES,
    MOVING_TABLES,
    capture_refused,
    capture_voided,
    captured,
    device_enrolled,
    device_invited,
    device_revoked,
    head_accepted,
    input_consumed,
    input_restored,
    party_enrolled,
    standing_changed,
)

__all__ = [
    "LOG_TABLES",
    "MOVING_TABLES",
    "RAW_LOG",
    "SCHEMA",
    "Whole",
    "batch_total",
    "block",
    "capture_refused",
    "capture_voided",
    "captured",
    "consignment",
    "create_all",
    "cursor",
    "device_enrolled",
    "device_invited",
    "device_revoked",
    "head_accepted",
    "holding",
    "input_consumed",
    "input_restored",
    "metadata",
    "party_enrolled",
    "quarantine",
    "raw_block",
    "rewind",
    "standing_changed",
]


def create_all(engine: Engine) -> None:
    """Create the schema and every table that is missing; the product itself uses its migrations."""
    metadata.create_all(engine)
