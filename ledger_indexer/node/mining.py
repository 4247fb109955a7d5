"""Mining one block on the child, and what must be true of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import msgspec

from ledger_indexer.node.anvil import Anvil
from ledger_indexer.node.errors import NodeMisordered


class _Header(TypedDict):
    number: str
    hash: str
    timestamp: str
    transactions: list[str]


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest block; `hash` is 32 bytes, `timestamp` unix seconds."""

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block just mined, and the transactions that became void: valid when sent, no longer when mined."""

    tip: Tip
    void: tuple[str, ...]


async def tip_of(anvil: Anvil) -> Tip:
    """The child's newest block."""
    return _tip(await _newest(anvil))


async def mine(anvil: Anvil, number: int, timestamp: int, expected: Sequence[str]) -> Block:
    """Mine block `number` at `timestamp` (equal to its parent's is allowed) from the pool.

    The block must hold the expected transaction hashes in their order; missing ones are void (the sender spent its
    balance in an earlier one) and are dropped, the same way in a replay. Raises NodeMisordered on anything else.
    """
    await anvil.call("evm_mine", timestamp)
    header = await _newest(anvil)
    tip, mined = _tip(header), header["transactions"]
    if tip.number != number or tip.timestamp != timestamp:
        raise NodeMisordered(
            f"block {number} at {timestamp} was asked for, anvil mined {tip.number} at {tip.timestamp}"
        )
    if mined == list(expected):
        return Block(tip, ())
    kept = set(mined)
    if [hash_ for hash_ in expected if hash_ in kept] != mined:
        raise NodeMisordered(f"block {number} does not hold the {len(expected)} transactions in their order")
    await anvil.call("anvil_dropAllTransactions")
    return Block(tip, tuple(hash_ for hash_ in expected if hash_ not in kept))


async def _newest(anvil: Anvil) -> _Header:
    return msgspec.convert(await anvil.call("eth_getBlockByNumber", "latest", False), _Header)


def _tip(header: _Header) -> Tip:
    return Tip(int(header["number"], 16), bytes.fromhex(header["hash"][2:]), int(header["timestamp"], 16))
