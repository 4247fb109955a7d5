"""The audit with two nodes names the one that lies, and names none when two honest chains part."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger_indexer.auditing.nodes import NodesReport, audit_nodes
from ledger_indexer.blocks.receipts import block_hash
from ledger_indexer.errors import WrongChain
from ledger_indexer.fetching.client import Node
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.mirror.store import Store
from tests.databases import fresh_database
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import ROOT, Emitter, harvest
from tests.fakes.proxy import Edit, LyingProxy

pytestmark = pytest.mark.integration
LIMITS = Limits(window=16, tail=6)
BORN = 1_800_000_000


def grow(emitter: Emitter, blocks: int, *, seed: int = 0) -> None:
    for number in range(blocks):
        emitter.mine(*(harvest(1000 * seed + 10 * number + place, batch=1 + place) for place in range(3)))
        emitter.mine()


@pytest.fixture(scope="module")
def chain() -> Iterator[Emitter]:
    with Emitter(BORN) as emitter:
        grow(emitter, 5)
        yield emitter


def mirrored(chain: Emitter, url: str) -> str:
    store = Store(url)
    Follower(chain.node, store, DEPLOYMENT, LIMITS).converge(chain.node.newest())
    store.close()
    return url


@pytest.fixture(scope="module")
def url(chain: Emitter, postgres_server: str, template_database: str) -> Iterator[str]:
    with fresh_database(postgres_server, template_database) as made:
        yield mirrored(chain, made)


def audited(url: str, *nodes: str) -> NodesReport:
    asked = [Node(each) for each in nodes]
    try:
        with Snapshot(url) as snapshot:
            return audit_nodes(asked, snapshot, DEPLOYMENT)
    finally:
        for node in asked:
            node.close()


def test_two_honest_nodes_agree(chain: Emitter, url: str) -> None:
    with LyingProxy(chain.url, lambda method, params, result: result) as other:
        verdict = audited(url, chain.url, other.url)
    assert (verdict.agreed, verdict.liars, verdict.forks) == (True, [], [])
    assert verdict.conclusions == ["all 2 nodes and the mirror say the same"]


def of_block(number: int, **changes: str) -> Edit:
    """A header of which something is told otherwise."""

    def edit(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and result and result["number"] == hex(number):
            return {**result, **changes}
        return result

    return edit


def withholding(method: str, params: list[Any], result: Any) -> Any:
    """The last receipt of block 4, kept back."""
    if method == "eth_getBlockReceipts" and result and result[0]["blockNumber"] == "0x4":
        return result[:-1]
    return result


def altering(method: str, params: list[Any], result: Any) -> Any:
    """A log of block 4 with other data, in its receipt and wherever it is told."""
    logs = result if method == "eth_getLogs" else []
    if method == "eth_getBlockReceipts":
        logs = [log for receipt in result for log in receipt["logs"]]
    for log in logs:
        if log["blockNumber"] == "0x4" and log["logIndex"] == "0x1":
            log["data"] = log["data"][:-1] + "7"
    return result


def silent_log(method: str, params: list[Any], result: Any) -> Any:
    """A log of block 4 that is in the receipts, and is not told when logs are asked for."""
    if method != "eth_getLogs":
        return result
    return [log for log in result if (log["blockNumber"], log["logIndex"]) != ("0x4", "0x1")]


def invented_log(method: str, params: list[Any], result: Any) -> Any:
    """A log that no receipt holds."""
    return [*result, {**result[-1], "logIndex": "0x63"}] if method == "eth_getLogs" and result else result


def reforged(method: str, params: list[Any], result: Any) -> Any:
    """Block 4 with another state and the hash that belongs to it: only the block above gives it away."""
    if method == "eth_getBlockByNumber" and result and result["number"] == "0x4":
        forged = {**result, "stateRoot": FAKE}
        return {**forged, "hash": "0x" + block_hash(forged).hex()}
    return result


FAKE = "0x" + "12" * 32
LIES: list[tuple[Edit, str]] = [
    (of_block(4, hash=FAKE), "header of block 4 hashes to 0x"),
    (of_block(1, hash=FAKE), "header of block 1 hashes to 0x"),
    (of_block(4, parentHash=FAKE), "header of block 4 hashes to 0x"),
    (of_block(4, stateRoot=FAKE), "header of block 4 hashes to 0x"),
    (of_block(4, receiptsRoot=FAKE), "header of block 4 hashes to 0x"),
    (of_block(4, timestamp="0x1"), "header of block 4 hashes to 0x"),
    (withholding, "its 2 receipts of block 4 have the root 0x"),
    (reforged, "its block 5 stands on 0x"),
    (altering, "it withholds or alters a receipt"),
]


@pytest.mark.parametrize(("lie", "named"), LIES)
@pytest.mark.parametrize("liar_first", [False, True])
def test_the_liar_is_named_and_the_honest_node_is_not(
    chain: Emitter, url: str, lie: Edit, named: str, liar_first: bool
) -> None:
    with LyingProxy(chain.url, lie) as liar:
        verdict = audited(url, *((liar.url, chain.url) if liar_first else (chain.url, liar.url)))
    assert (verdict.agreed, verdict.liars) == (False, [liar.url])
    assert any(named in each.lie for each in verdict.findings if each.lie)
    assert f"the mirror is what {chain.url} says" in verdict.conclusions
    assert not verdict.forks


@pytest.mark.parametrize(
    ("lie", "named"),
    [
        (silent_log, "withholds log 1 of block 4 when asked for logs, though its own receipts hold it"),
        (invented_log, "which its own receipts do not hold"),
    ],
)
def test_a_mirror_that_was_lied_to_leads_to_the_liar(chain: Emitter, database_url: str, lie: Edit, named: str) -> None:
    url = mirrored(chain, database_url)
    with psycopg.connect(plain_url(url)) as connection:
        names = ("log_index", "tx_index", "tx_hash", "address", "topics", "data")
        without = ", ".join(f"{name} = {name}[:1] || {name}[3:]" for name in names)
        connection.execute(f"update mirror.raw_block set {without} where block_number = 4")
        connection.execute("delete from mirror.captured where block_number = 4 and log_index = 1")
    with LyingProxy(chain.url, lie) as liar:
        verdict = audited(url, chain.url, liar.url)
    assert verdict.liars == [liar.url]
    assert named in verdict.conclusions[0]
    assert verdict.conclusions[1].startswith(f"the mirror is wrong, by the hashes of {chain.url}: block 4, log 1")


def test_a_wrong_mirror_is_named_when_the_nodes_agree(chain: Emitter, database_url: str) -> None:
    url = mirrored(chain, database_url)
    with psycopg.connect(plain_url(url)) as connection:
        connection.execute("update mirror.captured set quantity = 11 where block_number = 4")
    with LyingProxy(chain.url, lambda method, params, result: result) as other:
        verdict = audited(url, chain.url, other.url)
    assert (verdict.agreed, verdict.liars, verdict.forks) == (False, [], [])
    assert verdict.conclusions[0].startswith("the mirror is wrong, by the hashes of")
    assert "table Captured" in verdict.conclusions[0]


def test_what_no_hash_covers_is_said_to_be_so(chain: Emitter, url: str) -> None:
    def poor(method: str, params: list[Any], result: Any) -> Any:
        return "0x" + "00" * 32 if method == "eth_call" else result

    with LyingProxy(chain.url, poor) as other:
        verdict = audited(url, chain.url, other.url)
    assert (verdict.agreed, verdict.liars, verdict.forks) == (False, [], [])
    (told,) = verdict.conclusions
    assert told.startswith("the nodes have the same blocks and differ in what no hash was found to contradict")
    assert f"{chain.url}: no difference" in told
    assert "the contract says (0)" in told


@pytest.mark.parametrize("other_first", [False, True])
def test_two_honest_chains_are_called_forked_and_neither_a_liar(chain: Emitter, url: str, other_first: bool) -> None:
    with Emitter(BORN) as other:
        grow(other, 3)
        grow(other, 2, seed=9)
        parted = next(n for n in range(20) if chain.node.header_at(n) != other.node.header_at(n))
        assert parted == 8
        verdict = audited(url, *((other.url, chain.url) if other_first else (chain.url, other.url)))
    assert (verdict.agreed, verdict.liars) == (False, [])
    assert len(verdict.forks) == 1
    fork = verdict.forks[0]
    assert (fork.block, fork.mirror) == (parted, chain.url)
    (told,) = verdict.conclusions
    assert f"are forked from block {parted}" in told
    assert "mathematics cannot tell which chain is the right one" in told


def test_a_node_that_lags_is_no_liar(chain: Emitter, url: str) -> None:
    with Emitter(BORN) as other:
        grow(other, 3)
        verdict = audited(url, chain.url, other.url)
    assert (verdict.liars, verdict.forks) == ([], [])
    late = verdict.findings[1].report
    assert late is not None
    assert (late.difference, late.last) == (None, 7)
    assert any("blocks above 7" in what for what in late.unchecked)
    assert verdict.agreed


def test_a_mirror_that_is_ahead_of_every_node_is_not_agreed_with(chain: Emitter, url: str) -> None:
    def late(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "latest":
            return chain.call("eth_getBlockByNumber", "0x7", False)
        return None if method == "eth_getBlockByNumber" and int(params[0], 16) > 7 else result

    with LyingProxy(chain.url, late) as one, LyingProxy(chain.url, late) as other:
        verdict = audited(url, one.url, other.url)
    assert (verdict.agreed, verdict.liars, verdict.forks) == (False, [], [])
    assert verdict.conclusions[0] == f"no node has a block above 7, but the mirror goes to {verdict.last}"


def test_a_node_of_another_chain_or_none_at_all_is_not_heard(chain: Emitter, url: str) -> None:
    def elsewhere(method: str, params: list[Any], result: Any) -> Any:
        return "0x1" if method == "eth_chainId" else result

    with LyingProxy(chain.url, elsewhere) as other:
        verdict = audited(url, chain.url, other.url, "http://127.0.0.1:9")
    assert (verdict.agreed, verdict.liars) == (False, [])
    assert "it is on chain 1" in str(verdict.findings[1].unheard)
    assert "does not answer" in str(verdict.findings[2].unheard)


def test_rubbish_is_no_answer(chain: Emitter, url: str) -> None:
    def rubbish(method: str, params: list[Any], result: Any) -> Any:
        return {"number": "0x1"} if method == "eth_getBlockByNumber" and params[0] != "latest" else result

    with LyingProxy(chain.url, rubbish) as other:
        verdict = audited(url, chain.url, other.url)
    assert "cannot be read" in str(verdict.findings[1].unheard)
    assert f"the mirror is what {chain.url} says" in verdict.conclusions


def test_there_must_be_a_mirror(chain: Emitter, database_url: str) -> None:
    with pytest.raises(WrongChain, match="no mirror"):
        audited(database_url, chain.url, chain.url)


def test_the_command_takes_two_nodes_by_option_or_by_setting(chain: Emitter, url: str, tmp_path: Path) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    command = [sys.executable, "-m", "ledger_indexer", "audit", "--database-url", url]
    command += ["--deployment", str(tmp_path / "deployment.json")]
    with LyingProxy(chain.url, withholding) as liar:
        told = subprocess.run(
            [*command, "--rpc", chain.url, "--rpc", liar.url], cwd=ROOT, capture_output=True, text=True
        )
        environment = {"JIULIAN_INDEX_RPC_URL": chain.url, "JIULIAN_INDEX_AUDIT_RPC_URLS": json.dumps([liar.url])}
        as_json = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert told.returncode == 1
    assert f"{liar.url} lies" in " ".join(told.stdout.split())
    assert as_json.returncode == 1, as_json.stderr
    assert json.loads(as_json.stdout)["liars"] == [liar.url]
