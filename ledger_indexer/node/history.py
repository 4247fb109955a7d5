"""The past in files: blocks and transactions below a snapshot, in segments that are written once.

A state file holds what the next block needs: accounts, and the newest headers. All else that a node must answer about
(old blocks, receipts, logs) is here, and is loaded into a child that is already at work: anvil adds the blocks of a
state without accounts to those it has. So neither making a snapshot nor starting from one gets slower with the past.
"""

import asyncio
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import orjson

from ledger_indexer.node.anvil import Anvil
from ledger_indexer.node.errors import Rejected, ReplayDiverged
from ledger_indexer.node.home import Home, write_atomically

SEGMENT_BYTES = 1024 * 1024
"""A segment smaller than this is written anew together with what comes after it."""

HEADERS_KEPT = 256
"""Headers in a state file: as far back as BLOCKHASH looks."""

# A compressed segment is a tenth of its text; a faster level costs more to read than it saves.
_LEVEL = 4

_AT_ONCE = 2
"""Segments that anvil reads at the same time."""


@dataclass(frozen=True)
class Segment:
    """Blocks `first` to `last` in a file; `hash` is that of the last."""

    first: int
    last: int
    hash: str
    file: str


class BlockHeader(TypedDict):
    """What is read of a block's header in a state document."""

    number: str


class StateBlock(TypedDict):
    """A block of a state document."""

    header: BlockHeader
    transactions: list[object]


class StateTransaction(TypedDict):
    """What is read of a mined transaction in a state document."""

    block_number: int


class State(TypedDict):
    """A state document of anvil: `block` and `accounts` are the state, all else is the past."""

    block: object
    accounts: dict[str, object]
    best_block_number: object
    blocks: list[StateBlock]
    transactions: list[StateTransaction]


def number_of(block: StateBlock) -> int:
    """A block's number in a state document."""
    return int(block["header"]["number"], 16)


def without_past(document: State, tip: int) -> State:
    """The state document with accounts and the newest headers only; anvil hashes headers, not what is below them."""
    kept = [one for one in document["blocks"] if number_of(one) == 0 or tip - number_of(one) < HEADERS_KEPT]
    return {**document, "blocks": [{**one, "transactions": []} for one in kept], "transactions": []}


def extend(home: Home, segments: Sequence[Segment], document: State, tip: int, tip_hash: str) -> list[Segment]:
    """The segments with the document's blocks after them, up to `tip`. Old files stay; the caller removes them."""
    first = segments[-1].last + 1 if segments else 0
    blocks = sorted((one for one in document["blocks"] if number_of(one) >= first), key=number_of)
    transactions = [one for one in document["transactions"] if first <= one["block_number"] <= tip]
    if [number_of(one) for one in blocks] != list(range(first, tip + 1)):
        raise ReplayDiverged(f"the dump does not hold the blocks {first} to {tip}")
    kept = list(segments)
    if kept and (home.root / kept[-1].file).stat().st_size < SEGMENT_BYTES:
        before: State = orjson.loads(gzip.decompress((home.root / kept[-1].file).read_bytes()))
        first = kept.pop().first
        blocks, transactions = before["blocks"] + blocks, before["transactions"] + transactions
    made = Segment(first, tip, tip_hash, f"history-{first:09d}-{tip:09d}.json.gz")
    past: State = {
        "block": None,
        "accounts": {},
        "best_block_number": None,
        "blocks": blocks,
        "transactions": transactions,
    }
    write_atomically(home.root / made.file, gzip.compress(orjson.dumps(past), _LEVEL))
    return [*kept, made]


async def load(anvil: Anvil, home: Home, segments: Sequence[Segment]) -> None:
    """Give a child the past. Raises ReplayDiverged when a file is damaged or is not of this chain."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(segment: Segment) -> None:
        async with slots:
            await _load(anvil, home, segment)

    await asyncio.gather(*map(one, segments))


async def _load(anvil: Anvil, home: Home, segment: Segment) -> None:
    try:
        await anvil.call("anvil_loadState", "0x" + (home.root / segment.file).read_bytes().hex())
        found = await anvil.call("eth_getBlockByNumber", hex(segment.last), False)
    except (Rejected, OSError) as error:
        raise ReplayDiverged(f"{segment.file} cannot be loaded: {error}") from error
    if not isinstance(found, dict) or found["hash"] != segment.hash:
        raise ReplayDiverged(f"{segment.file} is of another chain")


def files(home: Home) -> list[Path]:
    """All segments' files of a home, in use or not."""
    return list(home.root.glob("history-*.json.gz"))
