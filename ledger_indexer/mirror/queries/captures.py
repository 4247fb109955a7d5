"""Captures and declarations of error in the mirror, and the raw logs of a transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ledger_indexer.bindings.logs import Captured, CaptureVoided
from ledger_indexer.rows import tables
from ledger_indexer.rows.decode import RawLog

CapturedRow = Captured
VoidedRow = CaptureVoided

_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where an evidence stands; ``refused`` is the contract's reason, or None when it was accepted."""

    block_number: int
    log_index: int
    tx_hash: bytes
    refused: bytes | None


@dataclass(frozen=True, slots=True)
class LogCounts:
    """How many logs of captures the mirror has, of each kind."""

    captured: int
    voided: int
    refused: int


def count_logs(conn: Connection) -> LogCounts:
    """All there are; the counting reads each."""
    kinds = (tables.captured, tables.capture_voided, tables.capture_refused)
    return LogCounts(*(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in kinds))


def positions_of(conn: Connection, evidences: Collection[bytes]) -> dict[bytes, Position]:
    """Where each evidence stands, of captures and declarations alike; unknown ones are absent.

    An acceptance outweighs refusals of the same.
    """
    found: dict[bytes, Position] = {}
    wanted = list(evidences)
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        r = tables.capture_refused.c
        refused = select(r.evidence, r.block_number, r.log_index, r.tx_hash, r.reason)
        for evidence, *place in conn.execute(refused.where(r.evidence.in_(part)).order_by(r.block_number, r.log_index)):
            found[evidence] = Position(*place)
        for c in (tables.captured.c, tables.capture_voided.c):
            accepted = select(c.evidence, c.block_number, c.log_index, c.tx_hash)
            for evidence, *place in conn.execute(accepted.where(c.evidence.in_(part))):
                found[evidence] = Position(place[0], place[1], place[2], None)
    return found


def captured(conn: Connection, evidence: bytes) -> CapturedRow | None:
    """The accepted capture with this evidence, or None."""
    c = tables.captured.c
    row = conn.execute(select(tables.captured).where(c.evidence == evidence).limit(1)).one_or_none()
    return None if row is None else Captured(*row)


def declaration(conn: Connection, evidence: bytes) -> VoidedRow | None:
    """The accepted declaration with this evidence, or None."""
    c = tables.capture_voided.c
    row = conn.execute(select(tables.capture_voided).where(c.evidence == evidence).limit(1)).one_or_none()
    return None if row is None else CaptureVoided(*row)


def voided_by(conn: Connection, evidences: Collection[bytes]) -> dict[bytes, bytes]:
    """Of these captures those that are voided, each with the evidence of the declaration that voids it."""
    found: dict[bytes, bytes] = {}
    wanted, c = list(evidences), tables.capture_voided.c
    for start in range(0, len(wanted), _CHUNK):
        part = select(c.voids, c.evidence).where(c.voids.in_(wanted[start : start + _CHUNK]))
        found.update(tuple(row) for row in conn.execute(part))
    return found


def declarations_of_batch(conn: Connection, batch: bytes) -> Sequence[VoidedRow]:
    """Every accepted declaration about a batch, in chain order."""
    c = tables.capture_voided.c
    rows = select(tables.capture_voided).where(c.batch == batch).order_by(c.block_number, c.log_index)
    return [CaptureVoided(*row) for row in conn.execute(rows)]


def logs_of(
    conn: Connection, tx_hashes: Collection[bytes], address: bytes, blocks: tuple[int, int | None] = (0, None)
) -> Sequence[RawLog]:
    """Raw logs that a contract emitted in some transactions, between two blocks. Reads a row a block: name few."""
    b = tables.raw_block.c
    wanted = select(b.block_number, b.log_index, b.tx_index, b.tx_hash, b.address, b.topics, b.data)
    first, last = blocks
    wanted = wanted.where(b.block_number >= first, b.tx_hash.op("&&")(list(tx_hashes)))
    if last is not None:
        wanted = wanted.where(b.block_number <= last)
    hashes = set(tx_hashes)
    found = []
    for row in conn.execute(wanted.order_by(b.block_number)):
        for index, order, tx, at, topics, data in zip(*row[1:], strict=True):
            if tx in hashes and at == address:
                found.append(RawLog(row.block_number, index, tx, order, at, topics, data))
    return found
