"""The running node: one child at a time, replaced when it dies, behind one door."""

import asyncio
import contextlib
import logging
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger_indexer.node import history, snapshot
from ledger_indexer.node.anvil import Anvil
from ledger_indexer.node.child import spawn
from ledger_indexer.node.errors import ChainError, NodeGone, ReplayDiverged
from ledger_indexer.node.genesis import Genesis
from ledger_indexer.node.history import Segment
from ledger_indexer.node.home import Home
from ledger_indexer.node.journal import Journal, Mined, read
from ledger_indexer.node.replay import Replayed, replay
from ledger_indexer.node.sequencer import Pace, Sequencer

_log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
"""How long a request waits for a new child before it is told 503."""

PAST_PATIENCE_SECONDS = 30.0
"""How long a request about the past waits until a new child knows it."""

TAIL_SECONDS_MAX = 0.5
"""A snapshot is made when replaying the tail would take longer."""

SNAPSHOT_SHARE, BUSY_SHARE, BUSY_SECONDS = 1, 5, 5.0
"""Rest between snapshots, as a multiple of what the last took: at most half a core, at low priority. One that took
longer than `BUSY_SECONDS` says that the cores have better to do: then at most a sixth."""

IDLE_SECONDS = 2.0
"""When nothing was sealed for so long, a due snapshot is made without that rest."""

_RETRY_SECONDS = 30.0

_DEATHS_MAX, _DEATHS_WINDOW_SECONDS = 5, 60.0


@dataclass
class Supervisor:
    """A home's chain while it runs. `run` returns only by an error or by being cancelled."""

    home: Home
    genesis: Genesis
    pace: Pace = field(default_factory=Pace)
    snapshots: bool = True
    replayed: Replayed | None = None

    def __post_init__(self) -> None:
        """Open the journal, cutting a torn end."""
        found = snapshot.find(self.home)
        self.journal = Journal(self.home.journal, sound_from=found.offset if found else 0)
        if self.journal.cut:
            _log.warning("cut %d bytes off the journal's end that a crash had left half written", self.journal.cut)
        self.sequencer = Sequencer(self.journal, self.pace, time.time)
        self._anvil: Anvil | None = None
        self._ready = asyncio.Event()
        self._whole = asyncio.Event()
        self._deaths: deque[float] = deque(maxlen=_DEATHS_MAX)

    async def anvil(self) -> Anvil:
        """The live child; raises NodeGone when there is none within some seconds."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            raise NodeGone("no node is ready yet") from None
        if self._anvil is None:
            raise NodeGone("no node is ready yet")
        return self._anvil

    async def wait_until_ready(self) -> None:
        """Return once the first child has replayed everything."""
        await self._ready.wait()

    async def whole_anvil(self) -> Anvil:
        """The live child once it knows the past as well; raises NodeGone when that takes long."""
        try:
            async with asyncio.timeout(PAST_PATIENCE_SECONDS):
                await self._whole.wait()
        except TimeoutError:
            raise NodeGone("the past is not loaded yet") from None
        return await self.anvil()

    async def read(self, body: bytes, *, present: bool = False) -> bytes:
        """The child's answer to a JSON-RPC body that changes nothing; asked again when the child dies meanwhile.

        With `present` it is asked before it knows the past.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await (await (self.anvil() if present else self.whole_anvil())).post(body)
            except NodeGone:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)  # its death may be noticed a moment later

    async def submit(self, raw: bytes) -> str:
        """Sequence a transaction; raises NodeGone when the chain is not ready soon."""
        await self.anvil()
        return await self.sequencer.submit(raw)

    async def run(self) -> None:
        """Keep a child alive and sequence. Raises ChainError when it cannot go on."""
        snapshots = asyncio.create_task(self._keep_snapshots())
        try:
            while True:
                try:
                    await self._live()
                except NodeGone as death:
                    self._count(death)
        finally:
            self.sequencer.close(NodeGone("the chain is stopping"))
            snapshots.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await snapshots
            self.journal.close()

    async def _live(self) -> None:
        """One child's life."""
        anvil, found = await snapshot.start_from_best(self.home, self.genesis)
        offset = found.offset if found else 0
        try:
            self.replayed = await replay(anvil, read(self.home.journal, offset), end=offset)
            if self.replayed.unconfirmed:
                self.journal.append([Mined(self.replayed.tip.number, self.replayed.tip.hash)])
            self.sequencer.resume(self.replayed.tip, self.replayed.open)
            self.sequencer.tail_seconds = self.replayed.seconds
            self._anvil = anvil
            self._ready.set()
            await self._work_until_death(anvil, found.history if found else ())
        finally:
            self._ready.clear()
            self._whole.clear()
            self._anvil = None
            await anvil.stop()

    async def _work_until_death(self, anvil: Anvil, past: Sequence[Segment]) -> None:
        work = asyncio.create_task(self.sequencer.work(anvil))
        death = asyncio.create_task(anvil.process.wait())
        remembering = asyncio.create_task(self._load_past(anvil, past))
        try:
            await asyncio.wait({work, death, remembering}, return_when=asyncio.FIRST_COMPLETED)
            if remembering.done() and remembering.exception() is None:
                await asyncio.wait({work, death}, return_when=asyncio.FIRST_COMPLETED)
            self.sequencer.wake()
            # A call to a dead child fails by itself; let it, so that what was under way is put back in order.
            await asyncio.wait({work}, timeout=1.0)
        finally:
            for task in (work, death, remembering):
                task.cancel()
            results = await asyncio.gather(work, remembering, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
        raise NodeGone(f"the anvil child ended with code {anvil.process.returncode}")

    async def _load_past(self, anvil: Anvil, past: Sequence[Segment]) -> None:
        """Have the child learn the past while it works. Blocks are sealed as ever: they need only the state."""
        try:
            await history.load(anvil, self.home, past)
        except ReplayDiverged as error:
            _log.warning("the snapshot is left aside: %s", error)
            snapshot.discard(self.home)
            raise NodeGone("the child has a gap in its past") from error
        self._whole.set()

    def _count(self, death: NodeGone) -> None:
        now = time.monotonic()
        self._deaths.append(now)
        _log.warning("%s; starting another one", death)
        if len(self._deaths) == _DEATHS_MAX and now - self._deaths[0] < _DEATHS_WINDOW_SECONDS:
            raise ChainError(
                f"the anvil child died {_DEATHS_MAX} times within {_DEATHS_WINDOW_SECONDS:.0f} s; "
                f"see {self.home.anvil_log}"
            ) from death

    async def _keep_snapshots(self) -> None:
        """Have snapshots made by a process of their own, so that the live chain never waits."""
        rest_until = 0.0
        while self.snapshots:
            await asyncio.sleep(1.0)
            tail = self.sequencer.tail_seconds
            resting = time.monotonic() < rest_until and self.sequencer.idle_seconds() < IDLE_SECONDS
            if tail < TAIL_SECONDS_MAX or resting or not self._ready.is_set():
                continue
            started = time.monotonic()
            if await self._make_snapshot():
                self.sequencer.tail_seconds = max(0.0, self.sequencer.tail_seconds - tail)
            else:
                _log.warning("making a snapshot failed; see %s", self.home.anvil_log)
                await asyncio.sleep(_RETRY_SECONDS)
            took = time.monotonic() - started
            rest_until = time.monotonic() + took * (BUSY_SHARE if took > BUSY_SECONDS else SNAPSHOT_SHARE)

    async def _make_snapshot(self) -> bool:
        maker = await spawn(
            [sys.executable, "-m", "ledger_indexer.node", "snapshot", "--home", str(self.home.root), "--nice"],
            self.home.anvil_log,
        )
        try:
            return await maker.wait() == 0
        finally:
            if maker.returncode is None:
                maker.kill()
                await maker.wait()
