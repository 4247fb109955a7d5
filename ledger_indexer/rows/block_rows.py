"""A run of blocks with the rows and the changes of balances to write for it. Pure."""

from dataclasses import dataclass

from sqlalchemy import Table

from ledger_indexer.blocks.wire import Header
from ledger_indexer.rows.balance_changes import Changes, fold
from ledger_indexer.rows.copying import copies_of
from ledger_indexer.rows.decode import Decoded
from ledger_indexer.rows.movements import balance_rows


@dataclass(slots=True)
class BlockRows:
    """A run of blocks, linked among themselves, what their logs say, and what to write of it: for each table COPY's
    bytes, and the changes of balances.
    """

    headers: list[Header]
    decoded: Decoded
    copies: list[tuple[Table, bytes]]
    changes: Changes


def prepare(headers: list[Header], decoded: Decoded) -> BlockRows:
    """Make the bytes and sums to write, in the thread that fetched: the database does not wait for them."""
    rows = balance_rows(decoded.rows)
    changes = fold(rows.captured, rows.consumed, voided=rows.voided, restored=rows.restored)
    return BlockRows(headers, decoded, copies_of(decoded), changes)
