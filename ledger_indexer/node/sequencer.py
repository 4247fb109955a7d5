"""The sequencer: takes transactions one group at a time, stores them, answers, and seals blocks.

Durable steps, and what a crash after each leaves:

1. the child took a group into its pool    nobody was told; the group is lost and its senders send again
2. the group is in the journal, synced      senders are told; a restart puts the group into the pool again
3. the seal is in the journal, synced       a restart mines the same block with the same time
4. the block is mined                       it is noted with the next write; a restart mines the same block

So whoever was answered is never forgotten. Between steps 1 and 2 nothing else talks to the pool.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from ledger_indexer.node.anvil import BATCH, Anvil
from ledger_indexer.node.errors import NodeGone
from ledger_indexer.node.genesis import GAS_LIMIT
from ledger_indexer.node.journal import Accepted, Journal, Mined, Sealed
from ledger_indexer.node.mining import Tip, mine
from ledger_indexer.node.transaction import Envelope, parse
from ledger_indexer.node.turns import Submission, Turns, sort_out

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """When a block is sealed: `block_ms` after its first transaction, or at once with `most` of them."""

    block_ms: int = 200
    most: int = 200


class Sequencer:
    """Orders transactions into blocks. It outlives the children that mine them."""

    def __init__(self, journal: Journal, pace: Pace, unix_seconds: Callable[[], float]) -> None:
        """`unix_seconds` gives the time that blocks are stamped with, in whole seconds and never backwards."""
        self._journal = journal
        self._pace = pace
        self._unix_seconds = unix_seconds
        self._turns = Turns()
        self._news = asyncio.Event()
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._open: dict[str, Envelope] = {}
        self._opened_at = 0.0
        self._rest_until = 0.0
        self._sealed_at = 0.0
        self.tip = Tip(0, b"", 0)
        self.tail_seconds = 0.0
        """What mining took since the journal's last snapshot: an estimate of a restart's replay."""

    async def submit(self, raw: bytes) -> str:
        """Take a raw transaction; returns its hash once it is stored for good. Raises Rejected."""
        envelope = parse(raw)
        if envelope.hash in self._open and envelope.hash not in self._answers:
            return envelope.hash
        if envelope.hash not in self._answers:
            answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(lambda _: self._answers.pop(envelope.hash, None))
            self._answers[envelope.hash] = answer
            self._turns.inbox.append(Submission(envelope, answer, time.monotonic()))
            self._news.set()
        return await asyncio.shield(self._answers[envelope.hash])  # a sender that hangs up withdraws nothing

    def idle_seconds(self) -> float:
        """How long ago the last block was sealed; 0 while transactions wait for the next."""
        return 0.0 if self._open else time.monotonic() - self._sealed_at

    def resume(self, tip: Tip, open_raws: list[bytes]) -> None:
        """Go on after a replay: `open_raws` are in the child's pool, not sealed yet."""
        self.tip = tip
        self._open = {envelope.hash: envelope for envelope in map(parse, open_raws)}
        self._opened_at = time.monotonic()
        self._turns.forget()
        self._news.set()

    def wake(self) -> None:
        """Make `work` look whether its child still lives."""
        self._news.set()

    async def work(self, anvil: Anvil) -> None:
        """Take and seal until NodeGone. Every other error means that nothing more may be promised."""
        while True:
            await self._wait()
            if anvil.process.returncode is not None:
                raise NodeGone(f"the anvil child ended with code {anvil.process.returncode}")
            self._turns.expire(time.monotonic())
            await self._take(anvil)
            if self._due():
                await self._seal(anvil)

    def close(self, reason: Exception) -> None:
        """Refuse all that still wait."""
        for one in self._turns.everyone():
            one.refuse(reason)

    async def _wait(self) -> None:
        if self._turns.inbox:
            return
        self._news.clear()
        timeout = self._seconds_until_due() if self._open else (0.2 if self._turns.parked else None)
        if timeout is not None and timeout <= 0:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            return

    async def _take(self, anvil: Anvil) -> None:
        if self._full():
            return
        unknown = self._turns.unknown(BATCH)
        if unknown:
            # "pending" counts what is in the pool, which is what is in the open block.
            counts = await anvil.batch([("eth_getTransactionCount", [sender, "pending"]) for sender in unknown])
            self._turns.expected.update({who: int(str(count), 16) for who, count in zip(unknown, counts, strict=True)})
        group = self._turns.take(BATCH, GAS_LIMIT - sum(envelope.gas for envelope in self._open.values()))
        if group:
            await self._store(anvil, group)

    async def _store(self, anvil: Anvil, group: list[Submission]) -> None:
        started = time.monotonic()
        try:
            sorted_out = sort_out(group, await anvil.offer([one.envelope.raw for one in group]))
            for one in sorted_out.out_of_turn:
                await anvil.call("anvil_dropTransaction", one.envelope.hash)
        except (NodeGone, asyncio.CancelledError):
            self._turns.put_back(group)
            raise
        for one, refusal in sorted_out.refused:
            self._turns.refused(one.envelope)
            one.refuse(refusal)
        self._turns.put_back(sorted_out.out_of_turn)
        await self._remember(sorted_out.stored)
        self.tail_seconds += time.monotonic() - started

    async def _remember(self, stored: list[Submission]) -> None:
        if not stored:
            return
        if not self._open:
            self._opened_at = time.monotonic()
        self._open.update({one.envelope.hash: one.envelope for one in stored})
        self._journal.append(Accepted(one.envelope.raw) for one in stored)
        await asyncio.to_thread(self._journal.sync)
        for one in stored:
            one.accept()

    async def _seal(self, anvil: Anvil) -> None:
        started = time.monotonic()
        number, timestamp = self.tip.number + 1, max(self.tip.timestamp, int(self._unix_seconds()))
        self._journal.append([Sealed(number, timestamp, len(self._open))])
        await asyncio.to_thread(self._journal.sync)
        block = await mine(anvil, number, timestamp, list(self._open))
        self._journal.append([Mined(number, block.tip.hash)])
        self.tip = block.tip
        self._open = {}
        self._turns.forget()
        for void in block.void:
            _log.warning("transaction %s became void before block %d was mined", void, number)
        took = time.monotonic() - started
        self.tail_seconds += took
        # Anvil recomputes the whole state root for every block, so blocks cost more as the state grows: with slower
        # blocks come larger ones.
        self._sealed_at = time.monotonic()
        self._rest_until = self._sealed_at + 2 * took

    def _full(self) -> bool:
        gas = sum(envelope.gas for envelope in self._open.values())
        return bool(self._turns.inbox) and bool(self._open) and gas + self._turns.inbox[0].envelope.gas > GAS_LIMIT

    def _due(self) -> bool:
        return bool(self._open) and (self._full() or self._seconds_until_due() <= 0)

    def _seconds_until_due(self) -> float:
        now = time.monotonic()
        rest = self._rest_until - now
        if len(self._open) >= self._pace.most:
            return rest
        return max(rest, self._opened_at + self._pace.block_ms / 1000 - now)
