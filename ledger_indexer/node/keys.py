"""The funded accounts of the embedded chain.

Anvil's own accounts come from a phrase that everybody knows, so whoever reaches the node could act as they. Ours come
from a seed made at the first start. Anvil never sees it: it is told the addresses only.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

import coincurve
from eth_hash.auto import keccak

from ledger_indexer.node.home import Home, write_atomically

ACCOUNTS = 16
"""Accounts funded at genesis."""


def create_seed(home: Home) -> None:
    """Make the secret seed, unless there is one. Whoever loses it loses the accounts, but not the chain."""
    if not _seed_path(home).exists():
        write_atomically(_seed_path(home), secrets.token_bytes(32).hex().encode() + b"\n", mode=0o600)


def relayer_keys(home: Path, count: int = ACCOUNTS) -> list[bytes]:
    """Private keys (32 bytes) of the first `count` funded accounts of the chain at `home`.

    Raises FileNotFoundError before the chain's first start, ValueError when more are asked for than are funded.
    """
    if not 0 <= count <= ACCOUNTS:
        raise ValueError(f"{count} keys were asked for, {ACCOUNTS} accounts are funded")
    seed = bytes.fromhex(_seed_path(Home(home)).read_text().strip())
    return [derive(seed, index) for index in range(count)]


def derive(seed: bytes, index: int) -> bytes:
    """The key of one account: HMAC-SHA256 of its number. A value outside the curve's order has odds of 2^-128."""
    return hmac.digest(seed, b"jiulian relayer %d" % index, hashlib.sha256)


def addresses(home: Home) -> list[str]:
    """Lower-case addresses of the funded accounts."""
    return [address_of(key) for key in relayer_keys(home.root)]


def address_of(key: bytes) -> str:
    """Lower-case address of a private key."""
    public = coincurve.PublicKey.from_valid_secret(key).format(compressed=False)
    return "0x" + keccak(public[1:])[12:].hex()


def _seed_path(home: Home) -> Path:
    return home.keys / "seed"
