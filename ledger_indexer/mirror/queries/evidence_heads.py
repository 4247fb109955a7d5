"""Accepted heads of evidence logs in the mirror."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from ledger_indexer.bindings.logs import HeadAccepted
from ledger_indexer.mirror.queries.captures import Position
from ledger_indexer.rows import tables

HeadRow = HeadAccepted


def head(conn: Connection, log: bytes) -> HeadRow | None:
    """The newest accepted head of an evidence log, or None."""
    h = tables.head_accepted.c
    newest = select(tables.head_accepted).where(h.log == log)
    row = conn.execute(newest.order_by(h.block_number.desc(), h.log_index.desc()).limit(1)).one_or_none()
    return None if row is None else HeadAccepted(*row)


def heads_of(conn: Connection, log: bytes, since_size: int = 0) -> Sequence[HeadRow]:
    """Heads of a log larger than ``since_size`` leaves, in chain order."""
    h = tables.head_accepted.c
    heads = select(tables.head_accepted).where(h.log == log, h.size > since_size)
    return [HeadAccepted(*row) for row in conn.execute(heads.order_by(h.block_number, h.log_index))]


def first_head(conn: Connection, log: bytes, size: int) -> HeadRow | None:
    """The first head of a log that covers ``size`` leaves, or None when none does yet."""
    h = tables.head_accepted.c
    covering = select(tables.head_accepted).where(h.log == log, h.size >= size)
    row = conn.execute(covering.order_by(h.block_number, h.log_index).limit(1)).one_or_none()
    return None if row is None else HeadAccepted(*row)


def head_position(conn: Connection, log: bytes, size: int) -> Position | None:
    """Where the first head of a log stands that covers ``size`` leaves, or None when none does yet."""
    h = tables.head_accepted.c
    covering = select(h.block_number, h.log_index, h.tx_hash).where(h.log == log, h.size >= size)
    row = conn.execute(covering.order_by(h.block_number, h.log_index).limit(1)).one_or_none()
    return None if row is None else Position(row.block_number, row.log_index, row.tx_hash, refused=None)
