"""The mirror's own state: tip, rewinds, health in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from ledger_indexer.rows import tables


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest mirrored block; ``block_time`` in Unix seconds."""

    number: int
    hash: bytes
    block_time: int


@dataclass(frozen=True, slots=True)
class Rewind:
    """One reorganisation that the mirror followed: from the old tip back to ``to_number``."""

    at: datetime
    from_number: int
    from_hash: bytes
    to_number: int
    depth: int
    beyond_window: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What of `Status` costs little to ask, however long the chain is."""

    tip: Tip | None
    moved_at: datetime | None
    suspect_from: int | None
    quarantined: int
    rewinds: int
    deepest_rewind: int


@dataclass(frozen=True, slots=True)
class Status:
    """The mirror's health in numbers; ``tip`` is None before the first block."""

    tip: Tip | None
    moved_at: datetime | None
    suspect_from: int | None
    logs: int
    quarantined: int
    rewinds: int
    deepest_rewind: int


def tip(conn: Connection) -> Tip | None:
    """The newest mirrored block, or None when nothing was mirrored yet."""
    c = tables.cursor.c
    row = conn.execute(select(c.number, c.hash, c.block_time)).one_or_none()
    return None if row is None else Tip(*row)


def rewinds(conn: Connection, limit: int = 100) -> Sequence[Rewind]:
    """The latest reorganisations, newest first."""
    t = tables.rewind.c
    wanted = select(t.at, t.from_number, t.from_hash, t.to_number, t.depth, t.beyond_window)
    return [Rewind(*row) for row in conn.execute(wanted.order_by(t.id.desc()).limit(limit))]


def status(conn: Connection) -> Status:
    """The mirror's health, for people and for readiness checks."""
    logs = conn.execute(select(func.coalesce(func.sum(func.cardinality(tables.raw_block.c.log_index)), 0))).scalar_one()
    found = standing(conn)
    return Status(
        found.tip,
        found.moved_at,
        found.suspect_from,
        int(logs),
        found.quarantined,
        found.rewinds,
        found.deepest_rewind,
    )


def standing(conn: Connection) -> Standing:
    """The mirror's health without counting its logs, for who asks every few seconds."""
    c, r = tables.cursor.c, tables.rewind.c
    row = conn.execute(select(c.number, c.hash, c.block_time, c.moved_at, c.suspect_from)).one_or_none()
    counts = conn.execute(
        select(
            select(func.count()).select_from(tables.quarantine).scalar_subquery(),
            select(func.count()).select_from(tables.rewind).scalar_subquery(),
            select(func.coalesce(func.max(r.depth), 0)).scalar_subquery(),
        )
    ).one()
    if row is None:
        return Standing(None, None, None, *counts)
    return Standing(Tip(row.number, row.hash, row.block_time), row.moved_at, row.suspect_from, *counts)
