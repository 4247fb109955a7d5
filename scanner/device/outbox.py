"""The outbox of a device: a capture is durable here before the device beeps, and leaves only with an answer.

One SQLite file, one row a capture, keyed by its evidence: adding the same twice keeps one. Captures go out in the
order they were made, because a receipt means nothing before its shipment.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX = 1.0, 300.0

_SCHEMA = """
create table if not exists outbox (
    place integer primary key autoincrement,
    evidence blob not null unique check (length(evidence) = 32),
    message text not null,
    state text not null default 'waiting' check (state in ('waiting', 'accepted', 'refused')),
    reason text not null default '',
    attempts integer not null default 0,
    due_at real not null,
    added_at real not null,
    answered_at real
);
create index if not exists outbox_waiting on outbox (place) where state = 'waiting';
"""


class State(StrEnum):
    """What the device shows of a capture."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """A capture in the outbox. `reason` is the last answer that was not a yes; times in seconds since 1970."""

    evidence: bytes
    message: str
    state: State
    reason: str
    attempts: int
    due_at: float


class Outbox:
    """The file. One device, one thread; a second process on it waits for the lock."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, evidence: bytes, message: str, now: float) -> bool:
        """Keep a capture; on return it survives a power cut. False when it was there already."""
        with self._transaction():
            done = self._connection.execute(
                "insert into outbox (evidence, message, due_at, added_at) values (?, ?, ?, ?) on conflict do nothing",
                (evidence, message, now, now),
            )
        return done.rowcount == 1

    def find(self, evidence: bytes) -> Entry | None:
        """The entry with this evidence."""
        return next(self._entries("where evidence = ?", (evidence,)), None)

    def next_due(self, now: float) -> Entry | None:
        """The oldest waiting capture when its time has come; later ones wait behind it."""
        head = next(self._entries("where state = 'waiting' order by place limit 1", ()), None)
        return head if head is not None and head.due_at <= now else None

    def list_refused(self) -> list[Entry]:
        """Captures that got a no, oldest first, each with its reason."""
        return list(self._entries("where state = 'refused' order by place", ()))

    def counts(self) -> dict[State, int]:
        """How many captures are in each state."""
        rows = self._connection.execute("select state, count(*) from outbox group by state").fetchall()
        return dict.fromkeys(State, 0) | {State(state): count for state, count in rows}

    def settle(self, evidence: bytes, state: State, reason: str, now: float) -> None:
        """Write down the answer. An answered capture is never sent again, and its answer never changes."""
        with self._transaction():
            self._connection.execute(
                "update outbox set state = ?, reason = ?, answered_at = ?, attempts = attempts + 1"
                " where evidence = ? and state = 'waiting'",
                (state.value, reason, now, evidence),
            )

    def postpone(self, evidence: bytes, reason: str, now: float) -> None:
        """Nobody answered: try again after 1, 2, 4 … seconds, at most five minutes."""
        entry = self.find(evidence)
        if entry is None:
            raise KeyError(evidence.hex())
        wait = min(RETRY_SECONDS_FIRST * 2 ** min(entry.attempts, 32), RETRY_SECONDS_MAX)
        with self._transaction():
            self._connection.execute(
                "update outbox set reason = ?, due_at = ?, attempts = attempts + 1"
                " where evidence = ? and state = 'waiting'",
                (reason, now + wait, evidence),
            )

    def _entries(self, clause: str, values: tuple[object, ...]) -> Iterator[Entry]:
        columns = "evidence, message, state, reason, attempts, due_at"
        for row in self._connection.execute(f"select {columns} from outbox {clause}", values):  # noqa: S608
            yield Entry(row[0], row[1], State(row[2]), *row[3:])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")
