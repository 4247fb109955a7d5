"""The funded accounts of the embedded chain.

Anvil's own accounts come from a phrase that everybody knows, so whoever reaches the node could act as they.
Ours come from a phrase made at the first start. Anvil never sees it: it is told the addresses only.
"""

from pathlib import Path

from eth_account import Account
from eth_account.hdaccount import generate_mnemonic, key_from_seed, seed_from_mnemonic
from eth_account.types import Language

from ledger_indexer.node.home import Home, write_atomically

ACCOUNTS = 16
"""Accounts funded at genesis."""

_PATH = "m/44'/60'/0'/0/{index}"


def create_phrase(home: Home) -> None:
    """Make the secret phrase, unless there is one."""
    path = _phrase_path(home)
    if not path.exists():
        write_atomically(path, generate_mnemonic(12, Language.ENGLISH).encode() + b"\n", mode=0o600)


def relayer_keys(home: Path, count: int = ACCOUNTS) -> list[bytes]:
    """Private keys (32 bytes) of the first `count` funded accounts of the chain at `home`.

    Raises FileNotFoundError before the chain's first start, ValueError when more are asked for than are funded.
    """
    if not 0 <= count <= ACCOUNTS:
        raise ValueError(f"{count} keys were asked for, {ACCOUNTS} accounts are funded")
    seed = seed_from_mnemonic(_phrase_path(Home(home)).read_text().strip(), "")
    return [bytes(key_from_seed(seed, _PATH.format(index=index))) for index in range(count)]


def addresses(home: Home) -> list[str]:
    """Lower-case addresses of the funded accounts."""
    return [str(Account.from_key(key).address).lower() for key in relayer_keys(home.root)]


def _phrase_path(home: Home) -> Path:
    return home.keys / "phrase"
