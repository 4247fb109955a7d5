"""Homes, keys, the first block and the list of methods."""

import stat
from pathlib import Path

import pytest
from eth_account import Account

from ledger_indexer.node.binary import find_anvil
from ledger_indexer.node.errors import AnvilMissing, HomeInUse, WrongGenesis
from ledger_indexer.node.genesis import open_genesis
from ledger_indexer.node.home import Home, exclusive
from ledger_indexer.node.keys import addresses, relayer_keys
from ledger_indexer.node.methods import allowed


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "chain")
    made.create()
    return made


def test_the_first_block_is_fixed_at_the_first_start(home: Home) -> None:
    first = open_genesis(home, chain_id=None, now=1_700_000_000)
    assert (first.chain_id, first.timestamp) == (20260, 1_700_000_000)
    assert open_genesis(home, chain_id=20260, now=1_800_000_000) == first


def test_a_home_of_another_chain_is_refused(home: Home) -> None:
    open_genesis(home, chain_id=7, now=1_700_000_000)
    with pytest.raises(WrongGenesis, match="holds chain 7, not 8"):
        open_genesis(home, chain_id=8, now=1_700_000_000)


def test_relayer_keys_are_secret_stable_and_funded(home: Home) -> None:
    open_genesis(home, chain_id=None, now=1_700_000_000)
    keys = relayer_keys(home.root, 3)
    assert keys == relayer_keys(home.root)[:3]
    assert [Account.from_key(key).address.lower() for key in keys] == addresses(home)[:3]
    assert all(address in home.genesis.read_text() for address in addresses(home))
    assert stat.S_IMODE((home.keys / "seed").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700


def test_two_homes_have_different_keys(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        home = Home(tmp_path / name)
        home.create()
        open_genesis(home, chain_id=None, now=1_700_000_000)
        found.append(relayer_keys(home.root, 1))
    assert found[0] != found[1]


def test_one_process_at_a_time_holds_a_home(home: Home) -> None:
    with (
        exclusive(home.lock, "a node"),
        pytest.raises(HomeInUse, match="already running"),
        exclusive(home.lock, "a node"),
    ):
        pass
    with exclusive(home.lock, "a node"):
        pass


def test_a_missing_anvil_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JIULIAN_ANVIL", str(tmp_path / "nowhere"))
    with pytest.raises(AnvilMissing, match="JIULIAN_ANVIL"):
        find_anvil()
    monkeypatch.delenv("JIULIAN_ANVIL")
    monkeypatch.setattr("ledger_indexer.node.binary.__file__", str(tmp_path / "binary.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AnvilMissing, match="npm ci"):
        find_anvil()


@pytest.mark.parametrize("method", ["eth_call", "eth_getLogs", "eth_getBlockByNumber", "net_version"])
def test_everybody_may_read(method: str) -> None:
    assert allowed(method, websocket=False, admin=False)


@pytest.mark.parametrize(
    "method",
    ["anvil_setBalance", "evm_mine", "debug_traceTransaction", "personal_sign", "eth_sendTransaction", "eth_sign"],
)
def test_nobody_may_change_the_chain_past_the_sequencer(method: str) -> None:
    assert not allowed(method, websocket=True, admin=False)


def test_the_sequencers_method_is_never_forwarded_even_to_an_administrator() -> None:
    assert not allowed("eth_sendRawTransaction", websocket=True, admin=True)
    assert allowed("evm_mine", websocket=False, admin=True)


def test_subscriptions_need_a_websocket() -> None:
    assert allowed("eth_subscribe", websocket=True, admin=False)
    assert not allowed("eth_subscribe", websocket=False, admin=False)
