"""What was fetched, made ready to be written. Pure."""

from dataclasses import dataclass

from sqlalchemy import Table

from ledger_indexer.copying import copies_of
from ledger_indexer.decode import Decoded
from ledger_indexer.follow import Header
from ledger_indexer.project import FOLDED, Changes, fold


@dataclass(slots=True)
class Fetched:
    """A run of blocks, linked among themselves, what their logs say, and what to write of it: for each table COPY's
    bytes, and the changes of balances.
    """

    headers: list[Header]
    decoded: Decoded
    copies: list[tuple[Table, bytes]]
    changes: Changes


def ready(headers: list[Header], decoded: Decoded) -> Fetched:
    """Make ready what logs say, where they were fetched, so that the database does not wait for it."""
    captured, used, voided, restored = (decoded.rows.get(name, ()) for name in FOLDED)
    changes = fold(captured, used, voided=voided, restored=restored)
    return Fetched(headers, decoded, copies_of(decoded), changes)
