"""The mirror's rows as of one moment, for the audit: one read-only transaction that later commits do not disturb."""

from collections.abc import Iterable, Iterator
from types import TracebackType

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy import Column, Table

from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.rows import tables
from ledger_indexer.rows.copying import TABLE_OF
from ledger_indexer.rows.decode import RawLog, Row
from ledger_indexer.rows.movements import CONSIGNING, NOTHING, Movement, Step

_FETCHED = 5_000
_FOLDED = frozenset({"evidence", "batch", "party", "step", "quantity", "counterparty", "ref"})
_CONSIGNED = sql.SQL(
    "select {columns} from (select {captured} from captured union all select {voided} from capture_voided) of_both"
    " where block_number between {first} and {last}"
    " and (step = any({consigning}) or step = {lost} and ref <> {nothing})"
    " order by case when step = {ship} then evidence else ref end, block_number, log_index"
)
"""A declaration stands as the opposite of what it voids, see ``movements.opposite``."""
_KEYS = ("block_number", "log_index")
_AS_CAPTURED = {"evidence": sql.SQL("voids"), "quantity": sql.SQL("-quantity")}


class Snapshot:
    """A consistent view of one mirror; use as a context."""

    def __init__(self, url: str, schema: str = tables.SCHEMA) -> None:
        """Connect and look."""
        self._connection = psycopg.connect(plain_url(url), application_name="jiulian-audit")
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True
        self._connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))

    def __enter__(self) -> "Snapshot":
        """The view itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._connection.close()

    def tip(self) -> tuple[int, bytes] | None:
        """Number and hash of the newest mirrored block."""
        return self._connection.execute("select number, hash from cursor").fetchone()

    def digest(self) -> bytes | None:
        """Which deployment is mirrored."""
        row = self._connection.execute("select deployment from cursor").fetchone()
        return None if row is None else row[0]

    def blocks(self, first: int, last: int) -> dict[int, tuple[bytes, bytes, int]]:
        """Number to (hash, parent, time) of the mirrored headers in a range."""
        rows = self._connection.execute(
            "select number, hash, parent, block_time from block where number between %s and %s", (first, last)
        )
        return {number: (block_hash, parent, time) for number, block_hash, parent, time in rows}

    def raws(self, first: int, last: int) -> list[RawLog]:
        """Raw logs in a range, in chain order."""
        rows = self._connection.execute(
            "select block_number, log_index, tx_hash, tx_index, address, topics, data from raw_log"
            " where block_number between %s and %s order by block_number, log_index",
            (first, last),
        )
        return [RawLog(*row) for row in rows]

    def rows(self, name: str, first: int, last: int) -> list[Row]:
        """Typed rows of a log in a range, in chain order, whole numbers as ``int``."""
        table = TABLE_OF[name]
        query = sql.SQL("select {} from {} where block_number between %s and %s order by 1, 2").format(
            _columns(table), sql.Identifier(table.name)
        )
        whole = [place for place, c in enumerate(table.columns) if isinstance(c.type, tables.Whole)]
        return [_whole(row, whole) for row in self._connection.execute(query, (first, last))]

    def copied(self, table: Table, first: int, last: int) -> bytes:
        """A table of logs in a range as binary COPY, in chain order: the fastest way to compare it whole."""
        query = sql.SQL(
            "copy (select {} from {} where block_number between {} and {} order by {}) to stdout (format binary)"
        ).format(
            _columns(table),
            sql.Identifier(table.name),
            sql.Literal(first),
            sql.Literal(last),
            sql.SQL(", ").join(sql.Identifier(column.name) for column in table.primary_key),
        )
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            return b"".join(copy)

    def quarantined(self, first: int, last: int) -> list[tuple[int, int]]:
        """Places of the logs in quarantine in a range."""
        rows = self._connection.execute(
            "select block_number, log_index from quarantine where block_number between %s and %s order by 1, 2",
            (first, last),
        )
        return rows.fetchall()

    def strays(self, first: int, last: int) -> Iterator[tuple[str, int]]:
        """Tables with rows outside of a range of blocks, each with the block of one of them."""
        for table in (*tables.LOG_TABLES, tables.raw_block, tables.quarantine):
            query = sql.SQL("select block_number from {} where block_number < %s or block_number > %s limit 1")
            found = self._connection.execute(query.format(sql.Identifier(table.name)), (first, last)).fetchone()
            if found:
                yield table.name, found[0]

    def derived(self, table: Table) -> Iterator[TupleRow]:
        """Rows of a derived table in the order of their keys, whole numbers as ``int``."""
        whole = [place for place, c in enumerate(table.columns) if isinstance(c.type, tables.Whole)]
        query = sql.SQL("select {} from {} order by {}").format(
            _columns(table), sql.Identifier(table.name), _names(table.primary_key)
        )
        with self._connection.cursor(name=f"derived_{table.name}") as cursor:
            cursor.itersize = _FETCHED
            for row in cursor.execute(query):
                yield _whole(row, whole)

    def consigned(self, first: int, last: int) -> Iterator[Movement]:
        """Rows of ``Captured``, and opposites, in a range that concern consignments, for ``fold_consigned``.

        One consignment after the other, by its evidence; what is not needed of a row is None. The database sorts them,
        on its disk when there are many.
        """
        columns = list(tables.captured.columns)
        named = [sql.Identifier(c.name) if c.name in _FOLDED else sql.NULL for c in columns]
        needed = (*_KEYS, *sorted(_FOLDED))
        values = {"first": first, "last": last, "consigning": [int(step) for step in CONSIGNING], "nothing": NOTHING}
        values |= {"lost": int(Step.WRITE_OFF), "ship": int(Step.SHIP)}
        query = _CONSIGNED.format(
            columns=sql.SQL(", ").join(named),
            captured=sql.SQL(", ").join(map(sql.Identifier, needed)),
            voided=sql.SQL(", ").join(_AS_CAPTURED.get(name, sql.Identifier(name)) for name in needed),
            **{name: sql.Literal(value) for name, value in values.items()},
        )
        whole = [place for place, c in enumerate(columns) if c.name == "quantity"]
        with self._connection.cursor(name="consigned", binary=True) as cursor:
            cursor.itersize = _FETCHED
            for row in cursor.execute(query):
                yield _whole(row, whole)


def _columns(table: Table) -> sql.Composed:
    return _names(table.columns)


def _names(columns: Iterable[Column[object]]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(c.name) for c in columns)


def _whole(row: TupleRow, places: list[int]) -> TupleRow:
    if not places:
        return row
    values = list(row)
    for place in places:
        values[place] = int(values[place])
    return tuple(values)
