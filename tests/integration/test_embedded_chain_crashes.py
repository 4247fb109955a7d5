"""What survives kill -9 at any moment: everything that was answered, in the same blocks."""

import asyncio
import itertools
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
import pytest

from ledger_indexer.node import inspect
from ledger_indexer.node.embedded import EmbeddedChain
from ledger_indexer.node.errors import ChainError, Rejected
from ledger_indexer.node.journal import Accepted, Mined, read
from tests.integration.embedded_chain_sender import Sender, blocks, rpc, rpc_each

pytestmark = pytest.mark.integration


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[EmbeddedChain]:
    made = EmbeddedChain(tmp_path, options=("--block-ms", "40"))
    made.start()
    yield made
    made.stop()


def child(chain: EmbeddedChain) -> psutil.Process:
    """The anvil of a chain, waiting for it to be there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for found in psutil.Process(chain.pid).children():
            if "anvil" in found.name():
                return found
        time.sleep(0.02)
    raise AssertionError("there is no anvil")


def wait_mined(http: str, hashes: list[str]) -> None:
    """Wait until every transaction has a receipt."""
    deadline, missing = time.monotonic() + 60, list(hashes)
    while missing:
        receipts = rpc_each(http, "eth_getTransactionReceipt", [(one,) for one in missing])
        assert all(one is None or one["status"] == "0x1" for one in receipts)
        missing = [one for one, receipt in zip(missing, receipts, strict=True) if receipt is None]
        assert not missing or time.monotonic() < deadline, f"{missing[0]} was answered and is lost"
        time.sleep(0.05 if missing else 0)


@dataclass
class Traffic:
    """A sender that keeps sending, again after each failure, and notes what it was answered and which blocks it saw."""

    chain: EmbeddedChain
    sender: Sender
    answered: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._send(self.sender.next())
        except BaseException as error:
            self.failure = error

    def _send(self, raw: str) -> None:
        while True:
            try:
                self.answered.append(rpc(self.chain.http, "eth_sendRawTransaction", raw))
                block = rpc(self.chain.http, "eth_getBlockByNumber", "latest", False)
                self.seen[block["number"]] = block["hash"]
                return
            except (httpx2.HTTPError, ChainError) as error:
                if isinstance(error, Rejected) and "nonce too low" in error.message:
                    return  # stored just before the crash, the answer was lost on the way
                if self.stop.is_set():
                    return
                time.sleep(0.02)


def await_answers(traffic: list[Traffic], more: int) -> None:
    """Wait until some more transactions were answered: after every crash the traffic must flow again."""

    def count() -> int:
        return sum(len(one.answered) for one in traffic)

    wanted, deadline = count() + more, time.monotonic() + 90
    while count() < wanted:
        assert time.monotonic() < deadline, f"the traffic stands still at {count()} of {wanted}"
        time.sleep(0.005)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_answered_is_lost_by_killing_the_node_or_its_child(chain: EmbeddedChain, seed: int) -> None:
    kill_at_random(chain, seed, kills=3)


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("JIULIAN_PROVE"), reason="the long campaign: make prove")
def test_nothing_answered_is_lost_at_fifty_moments(chain: EmbeddedChain) -> None:
    """Another seed: `JIULIAN_SEED=…`."""
    seed = int(os.environ.get("JIULIAN_SEED", "20261122"))
    print(f"\nseed {seed}: {kill_at_random(chain, seed, kills=50)}")


def kill_at_random(chain: EmbeddedChain, seed: int, kills: int) -> str:
    """Kill -9 at random moments under load; then whatever was answered is there, and each block as it was seen."""
    moments = random.Random(seed)
    traffic = [Traffic(chain, Sender(chain, index)) for index in range(2)]
    threads = [threading.Thread(target=one.run, daemon=True) for one in traffic]
    for thread in threads:
        thread.start()
    of_child, in_a_row = 0, 0
    for _ in range(kills):
        await_answers(traffic, more=moments.randrange(1, 40))
        time.sleep(moments.uniform(0, 0.06))  # anywhere between two blocks
        if moments.random() < 0.5 and in_a_row < 3:  # a child that dies again and again stops the node
            child(chain).kill()
            of_child, in_a_row = of_child + 1, in_a_row + 1
        else:
            anvil = child(chain)
            chain.kill()
            anvil.wait(5)
            chain.start()
            in_a_row = 0
    await_answers(traffic, more=5)
    for one in traffic:
        one.stop.set()
    for thread in threads:
        thread.join(30)
    assert [one.failure for one in traffic] == [None, None], f"seed {seed}"

    answered = [hash_ for one in traffic for hash_ in one.answered]
    wait_mined(chain.http, answered)
    before = blocks(chain.http)
    for number, hash_ in itertools.chain.from_iterable(one.seen.items() for one in traffic):
        assert before[int(number, 16)] == hash_, f"seed {seed}: a block that was seen has changed"
    chain.kill()
    chain.start()
    assert blocks(chain.http) == before, f"seed {seed}"
    chain.kill()
    replayed, _ = asyncio.run(inspect.verify(chain.home))  # the whole journal, hash by hash
    assert replayed.tip.hash.hex() == before[replayed.tip.number][2:], f"seed {seed}"
    assert replayed.tip.number == len(before) - 1
    return (
        f"{kills - of_child} kills of the node, {of_child} of its child, {len(answered)} answered, {len(before)} blocks"
    )


def test_the_child_dies_with_the_node(chain: EmbeddedChain) -> None:
    anvil = child(chain)
    chain.kill()
    anvil.wait(5)
    assert not anvil.is_running()


def test_requests_wait_while_a_dead_child_is_replaced(chain: EmbeddedChain) -> None:
    sender = Sender(chain)
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])
    child(chain).kill()
    assert rpc(chain.http, "eth_blockNumber") == "0x1"
    child(chain).kill()
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])


def test_old_logs_are_there_after_a_start_from_a_snapshot(chain: EmbeddedChain) -> None:
    sender = Sender(chain)
    for _ in range(6):
        wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])
    everything = {"fromBlock": "0x0", "toBlock": "latest"}
    logs, hashes = rpc(chain.http, "eth_getLogs", everything), blocks(chain.http)
    chain.stop()
    made = _snapshot(chain.home)
    assert made == 6
    chain.start()
    assert rpc(chain.http, "eth_getLogs", everything) == logs
    assert blocks(chain.http) == hashes
    assert (chain.home / "node.log").read_text().count("replayed 0 blocks") == 2
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])
    from_snapshot = blocks(chain.http)
    chain.stop()
    for path in [*chain.home.glob("state-*.json"), *chain.home.glob("history-*"), chain.home / "snapshot.json"]:
        path.unlink()
    chain.start()
    assert blocks(chain.http) == from_snapshot, "a start without the snapshot gives other blocks"


@pytest.mark.parametrize("file", ["state-*.json", "history-*.json.gz"])
def test_a_damaged_snapshot_is_left_aside(chain: EmbeddedChain, file: str) -> None:
    sender = Sender(chain)
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])
    hashes = blocks(chain.http)
    chain.stop()
    _snapshot(chain.home)
    next(chain.home.glob(file)).write_bytes(b'{"half":')
    chain.start()
    assert blocks(chain.http) == hashes
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])


def test_each_snapshot_adds_only_what_came_since_the_one_before(chain: EmbeddedChain) -> None:
    sender = Sender(chain)
    everything = {"fromBlock": "0x0", "toBlock": "latest"}
    for number in range(1, 4):
        wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])
        assert _snapshot(chain.home) == number
        logs, hashes = rpc(chain.http, "eth_getLogs", everything), blocks(chain.http)
        chain.kill()
        chain.start()
        assert rpc(chain.http, "eth_getLogs", everything) == logs
        assert blocks(chain.http) == hashes
        assert len(logs) == number - 1, "the first transaction only makes the contract"


def test_a_torn_journal_loses_only_what_nobody_was_told(chain: EmbeddedChain) -> None:
    sender = Sender(chain)
    answered = [rpc(chain.http, "eth_sendRawTransaction", sender.next()) for _ in range(3)]
    wait_mined(chain.http, answered)
    hashes = blocks(chain.http)
    chain.kill()
    journal = chain.home / "journal.bin"
    with journal.open("ab") as file:
        file.write(b"\x00\x00\x01\x00half a frame")
    chain.start()
    assert blocks(chain.http) == hashes
    assert "cut 16 bytes" in (chain.home / "node.log").read_text()
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])


def test_a_block_mined_but_not_noted_is_mined_again_the_same(chain: EmbeddedChain) -> None:
    sender = Sender(chain)
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", sender.next())])
    hashes = blocks(chain.http)
    chain.kill()
    entries = list(read(chain.home / "journal.bin"))
    assert isinstance(entries[-1][0], Mined)
    with (chain.home / "journal.bin").open("r+b") as file:
        file.truncate(entries[-2][1])
    chain.start()
    assert blocks(chain.http) == hashes


def test_a_transaction_stored_but_not_sealed_is_mined_after_the_restart(tmp_path: Path) -> None:
    with EmbeddedChain(tmp_path, options=("--block-ms", "60000")) as chain:
        answered = rpc(chain.http, "eth_sendRawTransaction", Sender(chain).next())
        chain.kill()
    assert isinstance(next(read(tmp_path / "journal.bin"))[0], Accepted)
    with EmbeddedChain(tmp_path, options=("--block-ms", "40")) as chain:
        wait_mined(chain.http, [answered])


def test_a_journal_that_replays_to_other_blocks_stops_the_line(chain: EmbeddedChain) -> None:
    wait_mined(chain.http, [rpc(chain.http, "eth_sendRawTransaction", Sender(chain).next())])
    chain.stop()
    genesis = chain.home / "genesis.json"
    genesis.write_text(genesis.read_text().replace("0x33b2e3c9fd0803ce8000000", "0x33b2e3c9fd0803ce8000001"))
    with pytest.raises(ChainError, match="but replays to block 1"):
        chain.start()


def _snapshot(home: Path) -> int:
    from ledger_indexer.node.genesis import parse
    from ledger_indexer.node.home import Home
    from ledger_indexer.node.snapshot import make

    made = asyncio.run(make(Home(home), parse(home / "genesis.json")))
    assert made is not None
    return made.number
