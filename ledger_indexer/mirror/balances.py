"""The derived tables: who holds what, what is on its way, and each batch's account. Part of the store."""

from collections.abc import Collection, Iterable
from decimal import Decimal

import psycopg
from psycopg.rows import TupleRow

from ledger_indexer.rows import balance_changes
from ledger_indexer.rows.copying import HEAD, TAIL, encoder_of
from ledger_indexer.rows.tables import capture_voided, captured, consignment

_HOLDINGS = """
insert into holding (batch, party, held)
select * from unnest(%s::bytea[], %s::bytea[], %s::numeric[])
on conflict (batch, party) do update set held = holding.held + excluded.held
"""
_ACCOUNTS = """
insert into batch_total as t (batch, born, held, in_transit, sold, lost, consumed)
select * from unnest(%s::bytea[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
                     %s::numeric[])
on conflict (batch) do update set
  born = t.born + excluded.born, held = t.held + excluded.held, in_transit = t.in_transit + excluded.in_transit,
  sold = t.sold + excluded.sold, lost = t.lost + excluded.lost, consumed = t.consumed + excluded.consumed
"""
_OPENED = """
copy consignment (evidence, batch, sender, addressee, shipped, received, returned, lost)
from stdin (format binary)
"""
_CAPTURED, _VOIDED = (
    f"select {', '.join(column.name for column in table.columns)} from {table.name}"  # noqa: S608 - our own
    " where batch = any(%s) order by block_number, log_index"
    for table in (captured, capture_voided)
)
_USED, _RESTORED = (
    "select i.block_number, i.log_index, i.tx_hash, i.block_time, i.evidence, i.batch, i.quantity, c.party"  # noqa: S608
    f" from {table} i join {by} c using (evidence) where i.batch = any(%s)"
    for table, by in (("input_consumed", "captured"), ("input_restored", "capture_voided"))
)
_MOVED = """
update consignment c set shipped = c.shipped + m.shipped, received = c.received + m.received,
  returned = c.returned + m.returned, lost = c.lost + m.lost
from unnest(%s::bytea[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
  as m(evidence, shipped, received, returned, lost)
where c.evidence = m.evidence
"""


class Balances:
    """Keeps the derived tables in step with the rows of logs, inside the caller's transaction."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        """Write through this connection."""
        self._connection = connection

    def add(self, changes: balance_changes.Changes) -> None:
        """Add what new rows do."""
        balance_changes.send_back(changes, self._senders(changes.senders_needed))
        self._apply(changes)

    def rebuild(self, batches: Collection[bytes]) -> None:
        """Derive these batches anew from the rows that are left."""
        if not batches:
            return
        keys = (list(batches),)
        for table in ("holding", "batch_total", "consignment"):
            self._connection.execute(f"delete from {table} where batch = any(%s)", keys)  # noqa: S608 - our own
        captured, voided = (self._rows(query, batches) for query in (_CAPTURED, _VOIDED))
        used, restored = (self._rows(query, batches) for query in (_USED, _RESTORED))
        actors = {row[4]: row[-1] for row in (*used, *restored)}
        inputs, back = ([row[:-1] for row in rows] for rows in (used, restored))
        self._apply(balance_changes.fold(captured, inputs, actors, voided=voided, restored=back))

    def _rows(self, query: str, batches: Collection[bytes]) -> list[TupleRow]:
        """Rows as the decoder gives them: only quantities are numeric, and whole."""
        found = self._connection.execute(query, (list(batches),))
        return [tuple(int(v) if isinstance(v, Decimal) else v for v in row) for row in found]

    def _senders(self, evidences: Collection[bytes]) -> dict[bytes, bytes]:
        if not evidences:
            return {}
        query = "select evidence, sender from consignment where evidence = any(%s)"
        return dict(self._connection.execute(query, (list(evidences),)).fetchall())

    def _apply(self, changes: balance_changes.Changes) -> None:
        if changes.accounts:
            with self._connection.pipeline():
                self._add_up(changes)
        opened = {e: p for e, p in changes.consignments.items() if p.sender is not None}
        if opened:
            rows = [
                (evidence, p.batch, p.sender, p.addressee, p.shipped, p.received, p.returned, p.lost)
                for evidence, p in opened.items()
            ]
            with self._connection.cursor() as cursor, cursor.copy(_OPENED) as copy:
                copy.write(b"".join((HEAD, encoder_of(consignment)(rows), TAIL)))
        moved = {e: p for e, p in changes.consignments.items() if p.sender is None}
        if moved:
            late = moved.values()
            self._connection.execute(
                _MOVED,
                (
                    list(moved),
                    _numbers(x.shipped for x in late),
                    _numbers(x.received for x in late),
                    _numbers(x.returned for x in late),
                    _numbers(x.lost for x in late),
                ),
            )

    def _add_up(self, changes: balance_changes.Changes) -> None:
        if changes.holdings:
            pairs = list(changes.holdings)
            held = list(changes.holdings.values())
            self._connection.execute(_HOLDINGS, ([b for b, _ in pairs], [p for _, p in pairs], _numbers(held)))
        if changes.accounts:
            a = changes.accounts.values()
            columns = (
                [x.born for x in a],
                [x.held for x in a],
                [x.in_transit for x in a],
                [x.sold for x in a],
                [x.lost for x in a],
                [x.consumed for x in a],
            )
            self._connection.execute(_ACCOUNTS, (list(changes.accounts), *map(_numbers, columns)))


def _numbers(values: Iterable[int]) -> list[str]:
    """As text, which numeric takes at any size: an array of mixed integer widths has no single type."""
    return [str(value) for value in values]
