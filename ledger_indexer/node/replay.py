"""Playing the journal into a fresh child, and comparing every block with what was mined then."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger_indexer.node.anvil import Anvil
from ledger_indexer.node.errors import ReplayDiverged
from ledger_indexer.node.journal import Accepted, Entry, Mined, Sealed
from ledger_indexer.node.mining import Tip, mine, tip_of
from ledger_indexer.node.transaction import hash_of


@dataclass
class Replayed:
    """Where a replay came to. `open` are transactions accepted but not sealed yet; they are in the child's pool.

    `unconfirmed` is set when the journal does not hold the newest block's hash: a crash came between mining and noting.
    `end` is the journal offset after the newest block whose hash is known.
    """

    tip: Tip
    end: int
    open: list[bytes] = field(default_factory=list)
    blocks: int = 0
    transactions: int = 0
    seconds: float = 0.0
    unconfirmed: bool = False


async def replay(anvil: Anvil, entries: Iterable[tuple[Entry, int]], *, end: int) -> Replayed:
    """Apply entries to a child that stands where they begin. Raises ReplayDiverged naming the first wrong block."""
    started = time.perf_counter()
    state = Replayed(await tip_of(anvil), end)
    waiting: list[bytes] = []
    for entry, after in entries:
        match entry:
            case Accepted(raw):
                waiting.append(raw)
            case Sealed():
                await _mine(anvil, state, waiting, entry)
                waiting = []
            case Mined():
                _compare(state, entry)
                state.end = after
    await _offer(anvil, waiting, state.tip.number + 1)
    state.open = waiting
    state.seconds = time.perf_counter() - started
    return state


async def _mine(anvil: Anvil, state: Replayed, raws: list[bytes], sealed: Sealed) -> None:
    if state.unconfirmed:
        raise ReplayDiverged(f"the journal seals block {sealed.number} without the hash of the one before")
    if sealed.number != state.tip.number + 1 or sealed.count != len(raws):
        raise ReplayDiverged(
            f"after block {state.tip.number} the journal seals block {sealed.number} of {sealed.count} "
            f"transactions, with {len(raws)} at hand"
        )
    await _offer(anvil, raws, sealed.number)
    block = await mine(anvil, sealed.number, sealed.timestamp, [hash_of(raw) for raw in raws])
    state.tip = block.tip
    state.blocks += 1
    state.transactions += len(raws)
    state.unconfirmed = True


def _compare(state: Replayed, mined: Mined) -> None:
    if (mined.number, mined.hash) != (state.tip.number, state.tip.hash):
        raise ReplayDiverged(
            f"block {mined.number} was mined as 0x{mined.hash.hex()} but replays to block {state.tip.number} "
            f"0x{state.tip.hash.hex()}; was anvil changed to another version?"
        )
    state.unconfirmed = False


async def _offer(anvil: Anvil, raws: list[bytes], number: int) -> None:
    for raw, refused in zip(raws, await anvil.offer(raws), strict=True):
        if refused is not None:
            raise ReplayDiverged(
                f"transaction {hash_of(raw)} was accepted for block {number} but is now refused: {refused.message}"
            )
