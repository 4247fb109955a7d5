"""What fixes the first block. Written once: a replay gives the same hashes only from the same beginning."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from ledger_indexer.node import keys
from ledger_indexer.node.errors import WrongGenesis
from ledger_indexer.node.home import Home, write_atomically

DEFAULT_CHAIN_ID = 20260

HARDFORK = "osaka"
"""Pinned: another one gives other hashes. It has the P-256 precompile at 0x100."""

GAS_LIMIT = 60_000_000
"""Gas of one block."""

_BALANCE = 10**27
"""Wei of each funded account. Gas is free of base fee here, so this is a thousand million ether that never end."""

_ZERO_HASH = "0x" + "00" * 32
_ZERO_ADDRESS = "0x" + "00" * 20


@dataclass(frozen=True)
class Genesis:
    """The beginning of a chain; `path` is the file that anvil reads."""

    path: Path
    chain_id: int
    timestamp: int


def open_genesis(home: Home, *, chain_id: int | None, now: int) -> Genesis:
    """Read the genesis of a home, or make it at the first start with `now` (unix seconds) as its time.

    Without a chain id whatever the home has is taken. Raises WrongGenesis when it was made for another chain id.
    """
    if not home.genesis.exists():
        keys.create_seed(home)
        document = compose(chain_id or DEFAULT_CHAIN_ID, now, keys.addresses(home))
        write_atomically(home.genesis, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    found = parse(home.genesis)
    if chain_id is not None and found.chain_id != chain_id:
        raise WrongGenesis(f"{home.root} holds chain {found.chain_id}, not {chain_id}")
    return found


def parse(path: Path) -> Genesis:
    """Read a genesis file."""
    document = orjson.loads(path.read_bytes())
    return Genesis(path, int(document["config"]["chainId"]), int(document["timestamp"], 16))


def compose(chain_id: int, timestamp: int, accounts: list[str]) -> dict[str, object]:
    """The genesis document in the format of geth."""
    return {
        "config": {"chainId": chain_id},
        "timestamp": hex(timestamp),
        "gasLimit": hex(GAS_LIMIT),
        "baseFeePerGas": "0x0",
        "difficulty": "0x0",
        "nonce": "0x0",
        "extraData": "0x",
        "mixHash": _ZERO_HASH,
        "coinbase": _ZERO_ADDRESS,
        "alloc": {address: {"balance": hex(_BALANCE)} for address in accounts},
    }
