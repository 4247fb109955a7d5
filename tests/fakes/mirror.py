"""The mirror's store in memory. It checks what PostgreSQL checks, and can fail before and after it has persisted."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field

from ledger_indexer.blocks.branch import Window
from ledger_indexer.blocks.wire import Header
from ledger_indexer.errors import Fenced, NodeUnavailable
from ledger_indexer.rows.block_rows import BlockRows
from ledger_indexer.rows.decode import RawLog


@dataclass
class _State:
    digest: bytes | None = None
    tip: Header | None = None
    blocks: dict[int, Header] = field(default_factory=dict)
    logs: dict[tuple[int, int], RawLog] = field(default_factory=dict)
    suspect_from: int | None = None


@dataclass
class FakeStore:
    """``faults`` are taken one for each transaction: ``before`` and ``after`` its commit, or ``""`` for none."""

    state: _State = field(default_factory=_State)
    faults: list[str] = field(default_factory=list)
    rewinds: list[tuple[int, int, bool]] = field(default_factory=list)

    def digest(self) -> bytes | None:
        """Which deployment is mirrored."""
        return self.state.digest

    def begin(self, digest: bytes, base: Header) -> None:
        """Start on a block."""
        self.state = _State(digest, base, {base.number: base})

    def window(self, size: int) -> Window | None:
        """The newest linked headers."""
        tip = self.state.tip
        assert tip is not None
        found = [tip]
        while len(found) < size:
            below = self.state.blocks.get(found[0].number - 1)
            if below is None or below.hash != found[0].parent:
                break
            found.insert(0, below)
        return Window(tuple(found))

    def stored_below(self, number: int, count: int) -> list[tuple[int, bytes]]:
        """Mirrored blocks below a height, newest first."""
        numbers = sorted((n for n in self.state.blocks if n < number), reverse=True)[:count]
        return [(n, self.state.blocks[n].hash) for n in numbers]

    def header(self, number: int) -> Header | None:
        """A mirrored header."""
        return self.state.blocks.get(number)

    def suspect(self, first: int) -> None:
        """Mark rows from a block on."""
        self.state.suspect_from = first

    @contextmanager
    def moving(self, previous: Header, window: int) -> Iterator["_Move"]:
        """A transaction on a copy, which replaces the state at its end or not at all."""
        if self.state.tip is None or self.state.tip.hash != previous.hash:
            raise Fenced("the fake mirror stands elsewhere")
        fault = self.faults.pop(0) if self.faults else ""
        move = _Move(deepcopy(self.state), window, self.rewinds)
        yield move
        if fault == "before":
            raise NodeUnavailable("lost before the commit")
        move.finish()
        self.state = move.state
        if fault == "after":
            raise NodeUnavailable("lost after the commit")


@dataclass
class _Move:
    state: _State
    size: int
    rewinds: list[tuple[int, int, bool]]

    def rewind(self, fork: Header, *, beyond_window: bool = False) -> None:
        assert self.state.tip is not None
        self.rewinds.append((self.state.tip.number, fork.number, beyond_window))
        self.state.logs = {key: log for key, log in self.state.logs.items() if key[0] <= fork.number}
        self.state.blocks = {n: b for n, b in self.state.blocks.items() if n <= fork.number}
        self.state.blocks[fork.number] = fork
        self.state.tip = fork

    def add(self, blocks: BlockRows) -> None:
        for raw in blocks.decoded.raws:
            key = (raw.block_number, raw.log_index)
            assert key not in self.state.logs, f"row {key} is there already"
            self.state.logs[key] = raw
        for header in blocks.headers:
            assert self.state.tip is not None
            assert header.parent == self.state.tip.hash, "a block was added that is not the tip's child"
            assert header.number not in self.state.blocks
            self.state.blocks[header.number] = header
            self.state.tip = header

    def finish(self) -> None:
        assert self.state.tip is not None
        self.state.suspect_from = None
        kept = {number for number, _ in self.state.logs}
        oldest = self.state.tip.number - self.size
        self.state.blocks = {n: b for n, b in self.state.blocks.items() if n > oldest or n in kept}
