"""Snapshots: the state of the chain at one block, so that a restart replays only the journal's tail after it.

A snapshot is made by a second anvil, not by the one that serves: it loads the last snapshot, replays the tail and
compares every hash, so making one also proves that the journal replays. The live chain never waits for it. The new
state is loaded into a third one before it counts. Blocks and transactions of the past are put aside (`history`), so
that neither making a snapshot nor starting from one takes longer with every transaction there ever was.
"""

import gzip
import logging
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import orjson

from ledger_indexer.node import history
from ledger_indexer.node.anvil import Anvil
from ledger_indexer.node.errors import ChainError, ReplayDiverged
from ledger_indexer.node.genesis import Genesis
from ledger_indexer.node.history import Segment
from ledger_indexer.node.home import Home, exclusive, write_atomically
from ledger_indexer.node.journal import Entry, Mined, read
from ledger_indexer.node.mining import tip_of
from ledger_indexer.node.replay import Replayed, replay

_log = logging.getLogger(__name__)

# Call traces are a third of a state file and serve only debug methods, which this node refuses.
_TRACES = re.compile(rb'"traces":\[.*?\],"exit":')


@dataclass(frozen=True)
class Snapshot:
    """State after block `number`; the journal goes on at `offset`. `transactions` counts all up to here.

    `history` holds the blocks up to here. Without any, `state` is of an older version and holds them itself.
    """

    number: int
    hash: str
    offset: int
    transactions: int
    state: str
    history: tuple[Segment, ...] = ()

    @property
    def files(self) -> set[str]:
        """Names of the files it consists of."""
        return {self.state, *(one.file for one in self.history)}


def find(home: Home) -> Snapshot | None:
    """The current snapshot, if there is one with its files."""
    if not home.snapshot.exists():
        return None
    stored = orjson.loads(home.snapshot.read_bytes())
    past = tuple(Segment(**one) for one in stored.pop("history", ()))
    snapshot = Snapshot(**stored, history=past)
    return snapshot if all((home.root / name).exists() for name in snapshot.files) else None


async def start(home: Home, genesis: Genesis, snapshot: Snapshot | None) -> tuple[Anvil, int]:
    """A child that stands at the snapshot (or at the first block), and the journal offset to go on from.

    It knows nothing of the past yet: see `history.load`.
    """
    state = home.root / snapshot.state if snapshot else None
    anvil = await Anvil.start(genesis, state=state, log=home.anvil_log)
    if snapshot is None:
        return anvil, 0
    tip = await tip_of(anvil)
    if (tip.number, "0x" + tip.hash.hex()) != (snapshot.number, snapshot.hash):
        await anvil.stop()
        raise ReplayDiverged(f"{snapshot.state} loads as block {tip.number}, not {snapshot.number}")
    return anvil, snapshot.offset


async def make(home: Home, genesis: Genesis) -> Snapshot | None:
    """Make a snapshot of all blocks in the journal; None when there is no block after the last one.

    May run beside the node. Raises HomeInUse when another one is being made.
    """
    with exclusive(home.snapshot_lock, "a snapshot"):
        before = find(home)
        offset = before.offset if before else 0
        entries = list(mined_part(read(home.journal, offset)))
        if not entries:
            return None
        anvil, _ = await start(home, genesis, before)
        try:
            replayed = await replay(anvil, entries, end=offset)
            dump = str(await anvil.call("anvil_dumpState"))
        finally:
            await anvil.stop()
        made = _write(home, replayed, before, dump)
        proof, _ = await start(home, genesis, made)  # raises unless it loads to the same block
        await proof.stop()
        write_atomically(home.snapshot, orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
        _remove_others(home, made.files | (before.files if before else set()))
        return made


def mined_part(entries: Iterator[tuple[Entry, int]]) -> Iterator[tuple[Entry, int]]:
    """Entries up to the last block whose hash is known."""
    waiting: list[tuple[Entry, int]] = []
    for entry, after in entries:
        waiting.append((entry, after))
        if isinstance(entry, Mined):
            yield from waiting
            waiting = []


async def start_from_best(home: Home, genesis: Genesis) -> tuple[Anvil, Snapshot | None]:
    """A child at the current snapshot, or at the first block when the snapshot cannot be loaded; and which it was."""
    snapshot = find(home)
    try:
        return (await start(home, genesis, snapshot))[0], snapshot
    except ChainError as error:
        if snapshot is None:
            raise
        _log.warning("the snapshot at block %d is left aside: %s", snapshot.number, error)
        return (await start(home, genesis, None))[0], None


def discard(home: Home) -> None:
    """Forget the current snapshot, whose past cannot be loaded: the next start replays the whole journal."""
    home.snapshot.unlink(missing_ok=True)


def _write(home: Home, replayed: Replayed, before: Snapshot | None, dump: str) -> Snapshot:
    """Write the files of a snapshot; it does not count yet."""
    text = _TRACES.sub(b'"traces":[],"exit":', gzip.decompress(bytes.fromhex(dump.removeprefix("0x"))))
    document: history.State = orjson.loads(text)
    number, block_hash = replayed.tip.number, "0x" + replayed.tip.hash.hex()
    made = Snapshot(
        number=number,
        hash=block_hash,
        offset=replayed.end,
        transactions=replayed.transactions + (before.transactions if before else 0),
        state=f"state-{number:09d}.json",
        history=tuple(history.extend(home, before.history if before else (), document, number, block_hash)),
    )
    write_atomically(home.root / made.state, orjson.dumps(history.without_past(document, number)))
    return made


def _remove_others(home: Home, kept: set[str]) -> None:
    """Remove old files, but for those of the one before: a node that starts just now may be loading them."""
    for path in [*home.root.glob("state-*.json"), *history.files(home)]:
        if path.name not in kept:
            path.unlink(missing_ok=True)
