"""All writing of the mirror: one transaction moves it from one block to another, or nothing happens.

Plain psycopg and binary COPY, because this is the hot path. Names are those of ``tables``, found by the search path, so
that the same code fills the live schema and the shadow one of a rebuild.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from itertools import pairwise

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy import Table

from ledger_indexer.blocks.branch import Window
from ledger_indexer.blocks.wire import Header
from ledger_indexer.errors import Fenced, MirrorMissing
from ledger_indexer.mirror.balances import Balances
from ledger_indexer.mirror.listening import CHANNEL, plain_url
from ledger_indexer.rows import tables
from ledger_indexer.rows.block_rows import BlockRows
from ledger_indexer.rows.copying import binary_copy, columns_of

_ROWS_ABOVE = (*tables.LOG_TABLES, tables.raw_block, tables.quarantine)


class Store:
    """One connection that writes one mirror."""

    def __init__(self, url: str, schema: str = tables.SCHEMA) -> None:
        """Connect; raises psycopg.OperationalError, or MirrorMissing when the tables are not there."""
        self.live = schema == tables.SCHEMA
        self._connection = psycopg.connect(plain_url(url), autocommit=True, application_name="jiulian-index")
        path = sql.SQL("set search_path to {}").format(sql.Identifier(schema))
        self._connection.execute(path)
        # The mirror can be built again from the chain and its cursor moves with its rows: a crash of the database
        # that loses the last moments costs nothing. Whoever commits after reading it flushes it as well.
        self._connection.execute("set synchronous_commit to off")
        if self._connection.execute("select to_regclass('cursor')").fetchone() == (None,):
            self._connection.close()
            raise MirrorMissing(f"schema {schema} holds no mirror: run the database migrations first")
        self.balances = Balances(self._connection)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def digest(self) -> bytes | None:
        """Which deployment this mirror follows, or None before its first block."""
        row = self._connection.execute("select deployment from cursor").fetchone()
        return None if row is None else row[0]

    def window(self, size: int) -> Window | None:
        """The newest mirrored headers, or None before the first block."""
        rows = self._connection.execute(
            "select b.number, b.hash, b.parent, b.bloom, b.block_time from block b, cursor c"
            " where b.number > c.number - %s and b.number <= c.number order by b.number desc",
            (size,),
        ).fetchall()
        headers = [Header(*row) for row in rows]
        # Older headers are kept only where a block has logs: the window is what links up to the tip.
        for place, (child, below) in enumerate(pairwise(headers), start=1):
            if below.hash != child.parent:
                del headers[place:]
                break
        return Window(tuple(reversed(headers))) if headers else None

    def stored_below(self, number: int, count: int) -> list[tuple[int, bytes]]:
        """Mirrored blocks below a height, newest first; only those with logs are kept for ever."""
        found = self._connection.execute(
            "select number, hash from block where number < %s order by number desc limit %s", (number, count)
        )
        return found.fetchall()

    def header(self, number: int) -> Header | None:
        """A mirrored header, or None when it was not kept."""
        row = self._connection.execute(
            "select number, hash, parent, bloom, block_time from block where number = %s", (number,)
        ).fetchone()
        return None if row is None else Header(*row)

    def begin(self, digest: bytes, base: Header) -> None:
        """Start an empty mirror on the block before the deployment."""
        with self._connection.transaction():
            self.copy(tables.block, binary_copy(tables.block, [base]))
            self._connection.execute(
                "insert into cursor (id, deployment, number, hash, block_time) values (1, %s, %s, %s, %s)",
                (digest, base.number, base.hash, base.time),
            )

    def suspect(self, first: int) -> None:
        """Mark rows from this block on as belonging, perhaps, to a branch that is gone."""
        self._connection.execute("update cursor set suspect_from = %s", (first,))

    @contextmanager
    def moving(self, previous: Header, window: int) -> Iterator["Move"]:
        """A transaction that moves the mirror on from ``previous``; raises Fenced when it stands elsewhere."""
        with self._connection.transaction():
            held = self._connection.execute(
                "select 1 from cursor where id = 1 and hash = %s for update", (previous.hash,)
            ).fetchone()
            if held is None:
                raise Fenced("another indexer has moved this mirror")
            move = Move(self, self._connection, previous, window)
            yield move
            move.finish()

    def transaction(self) -> AbstractContextManager[object]:
        """All or nothing."""
        return self._connection.transaction()

    def copy(self, table: Table, rows: bytes) -> None:
        """Add rows, given as a complete binary COPY."""
        with self._connection.cursor() as cursor, cursor.copy(_copy_into(table)) as copy:
            copy.write(rows)


@lru_cache(maxsize=64)
def _copy_into(table: Table) -> sql.Composed:
    return sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(c.name) for c in columns_of(table))
    )


class Move:
    """Steps of one transaction: rewind if need be, then add blocks in order."""

    def __init__(self, store: Store, connection: psycopg.Connection[TupleRow], previous: Header, window: int) -> None:
        """Made by ``Store.moving``."""
        self._store, self._connection, self._window = store, connection, window
        self._start = self._tip = previous

    def rewind(self, fork: Header, *, beyond_window: bool = False) -> None:
        """Take back everything above ``fork`` and set right the balances it had touched."""
        touched: set[bytes] = set()
        for table in _ROWS_ABOVE:
            statement = sql.SQL("delete from {} where block_number > %s").format(sql.Identifier(table.name))
            if table in tables.MOVING_TABLES:
                returning = statement + sql.SQL(" returning batch")
                touched.update(b for (b,) in self._connection.execute(returning, (fork.number,)))
            else:
                self._connection.execute(statement, (fork.number,))
        self._connection.execute("delete from block where number > %s", (fork.number,))
        self._connection.execute(
            "insert into block (number, hash, parent, bloom, block_time) values (%s, %s, %s, %s, %s)"
            " on conflict (number) do update set hash = excluded.hash, parent = excluded.parent,"
            " bloom = excluded.bloom, block_time = excluded.block_time",
            fork,
        )
        self._store.balances.rebuild(touched)
        self._connection.execute(
            "insert into rewind (from_number, from_hash, to_number, depth, beyond_window) values (%s, %s, %s, %s, %s)",
            (
                self._start.number,
                self._start.hash,
                fork.number,
                self._start.number - fork.number,
                beyond_window,
            ),
        )
        self._start = self._tip = fork

    def add(self, blocks: BlockRows) -> None:
        """Add blocks on the tip with what their logs say."""
        for table, copied in blocks.copies:
            self._store.copy(table, copied)
        self._store.balances.add(blocks.changes)
        if blocks.headers:
            self._store.copy(tables.block, binary_copy(tables.block, blocks.headers))
            self._tip = blocks.headers[-1]

    def finish(self) -> None:
        """Move the cursor, drop old headers without logs, and notify listeners."""
        tip = self._tip
        with self._connection.pipeline():  # one way to the database and back for all three
            self._connection.execute(
                "update cursor set number = %s, hash = %s, block_time = %s, suspect_from = null,"
                " moved_at = clock_timestamp() where id = 1",
                (tip.number, tip.hash, tip.time),
            )
            self._connection.execute(
                "delete from block b where b.number > %s and b.number <= %s"
                " and not exists (select 1 from raw_block r where r.block_number = b.number)",
                (self._start.number - self._window, tip.number - self._window),
            )
            if self._store.live:
                notice = json.dumps({"number": tip.number, "hash": "0x" + tip.hash.hex()})
                self._connection.execute("select pg_notify(%s, %s)", (CHANNEL, notice))
