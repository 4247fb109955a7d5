"""The embedded chain seen from outside: what it serves, what it refuses, how it starts."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import orjson
import pytest
import websockets

from ledger_indexer.node.embedded import EmbeddedChain
from ledger_indexer.node.errors import ChainError, Rejected
from tests.integration.embedded_chain_sender import Sender, blocks, request, rpc

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedChain]:
    with EmbeddedChain(tmp_path_factory.mktemp("chain"), options=("--block-ms", "50")) as running:
        yield running


@pytest.fixture(scope="module")
def sender(chain: EmbeddedChain) -> Sender:
    made = Sender(chain)
    mined(chain, rpc(chain.http, "eth_sendRawTransaction", made.next()))
    return made


def mined(chain: EmbeddedChain, transaction: str) -> dict[str, str]:
    """The receipt, once there is one."""
    deadline = time.monotonic() + 60
    while (receipt := rpc(chain.http, "eth_getTransactionReceipt", transaction)) is None:
        assert time.monotonic() < deadline, "not mined"
        time.sleep(0.02)
    assert isinstance(receipt, dict)
    return receipt


def test_a_transaction_is_mined_soon_and_its_log_is_found(chain: EmbeddedChain, sender: Sender) -> None:
    receipt = mined(chain, rpc(chain.http, "eth_sendRawTransaction", sender.next()))
    assert receipt["status"] == "0x1"
    logs = rpc(chain.http, "eth_getLogs", {"blockHash": receipt["blockHash"]})
    assert [log["transactionHash"] for log in logs] == [receipt["transactionHash"]]


def test_block_time_is_the_clock_and_never_falls(chain: EmbeddedChain, sender: Sender) -> None:
    times = []
    for _ in range(3):
        receipt = mined(chain, rpc(chain.http, "eth_sendRawTransaction", sender.next()))
        block = rpc(chain.http, "eth_getBlockByNumber", receipt["blockNumber"], False)
        times.append(int(block["timestamp"], 16))
    assert times == sorted(times)
    assert abs(times[-1] - time.time()) < 5


def test_transactions_sent_in_any_order_are_mined_in_their_turn(chain: EmbeddedChain, sender: Sender) -> None:
    raws = [sender.next() for _ in range(20)]
    body = [request("eth_sendRawTransaction", raw, identifier=at) for at, raw in enumerate(reversed(raws))]
    answers = httpx2.post(chain.http, json=body, timeout=30).json()
    assert [answer["id"] for answer in answers] == list(range(20))
    for answer in answers:
        assert mined(chain, answer["result"])["status"] == "0x1"


def test_sending_the_same_transaction_again_is_no_second_one(chain: EmbeddedChain, sender: Sender) -> None:
    raw = sender.next()
    body = [request("eth_sendRawTransaction", raw, identifier=at) for at in range(3)]
    hashes = {answer["result"] for answer in httpx2.post(chain.http, json=body, timeout=30).json()}
    assert len(hashes) == 1
    mined(chain, hashes.pop())
    with pytest.raises(Rejected, match="nonce too low"):
        rpc(chain.http, "eth_sendRawTransaction", raw)


def test_a_sender_without_means_is_told_so(chain: EmbeddedChain, sender: Sender) -> None:
    raw = sender.next(value=10**40)
    sender.nonce -= 1
    with pytest.raises(Rejected, match=r"(?i)insufficient funds"):
        rpc(chain.http, "eth_sendRawTransaction", raw)
    mined(chain, rpc(chain.http, "eth_sendRawTransaction", sender.next()))


def test_a_gap_in_the_turns_is_refused_after_a_while(chain: EmbeddedChain, sender: Sender) -> None:
    with pytest.raises(Rejected, match="nonce too high"):
        rpc(chain.http, "eth_sendRawTransaction", sender.next(nonce=sender.nonce + 5))
    sender.nonce -= 1


def test_what_a_sender_can_no_longer_pay_is_void_and_the_chain_goes_on(tmp_path: Path) -> None:
    with EmbeddedChain(tmp_path, options=("--block-ms", "300")) as chain:
        sender = Sender(chain)
        raws = [sender.next(value=9 * 10**26, to=sender.contract, data="0x") for _ in range(2)]
        body = [request("eth_sendRawTransaction", raw, identifier=at) for at, raw in enumerate(raws)]
        answers = httpx2.post(chain.http, json=body, timeout=30).json()
        assert mined(chain, answers[0]["result"])["status"] == "0x1"
        sender.nonce = 1
        assert mined(chain, rpc(chain.http, "eth_sendRawTransaction", sender.next(data="0x")))["status"] == "0x1"
        before = blocks(chain.http)
        chain.kill()
        chain.start()
        assert blocks(chain.http) == before


@pytest.mark.parametrize(
    "method",
    ["anvil_setBalance", "evm_mine", "debug_traceTransaction", "personal_sign", "eth_sendTransaction", "eth_accounts"],
)
def test_methods_that_bypass_the_ledger_are_not_served(chain: EmbeddedChain, method: str) -> None:
    with pytest.raises(Rejected) as refusal:
        rpc(chain.http, method)
    assert refusal.value.code == -32601


def test_a_body_that_two_parsers_read_differently_smuggles_nothing(chain: EmbeddedChain) -> None:
    before = rpc(chain.http, "eth_blockNumber")
    body = b'{"jsonrpc":"2.0","id":1,"method":"evm_mine","method":"eth_chainId","params":[]}'
    answer = httpx2.post(chain.http, content=body, timeout=30).json()
    assert answer["result"] == hex(20260)
    assert rpc(chain.http, "eth_blockNumber") == before


def test_an_array_may_mix_reads_and_refused_methods(chain: EmbeddedChain) -> None:
    body = [request("eth_chainId", identifier=1), request("evm_mine", identifier=2)]
    first, second = httpx2.post(chain.http, json=body, timeout=30).json()
    assert (first["id"], first["result"]) == (1, hex(20260))
    assert (second["id"], second["error"]["code"]) == (2, -32601)


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"{}", b'[{"method":7}]', b'{"method":"eth_sendRawTransaction"}'])
def test_a_malformed_request_gets_an_error_and_no_more(chain: EmbeddedChain, body: bytes) -> None:
    answer = httpx2.post(chain.http, content=body, timeout=30).json()
    assert "error" in (answer[0] if isinstance(answer, list) else answer)


def test_pages_of_other_origins_may_read(chain: EmbeddedChain) -> None:
    preflight = httpx2.options(chain.http, headers={"Origin": "https://phone.example"}, timeout=30)
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    answer = httpx2.post(chain.http, json=request("eth_chainId"), timeout=30)
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_websocket_tells_of_new_blocks_and_takes_transactions(chain: EmbeddedChain, sender: Sender) -> None:
    async def play() -> None:
        async with websockets.connect(chain.ws) as socket:
            await socket.send(json.dumps(request("eth_subscribe", "newHeads")))
            subscription = json.loads(await socket.recv())["result"]
            await socket.send(json.dumps(request("eth_sendRawTransaction", sender.next(), identifier=2)))
            sent, head = None, None
            while sent is None or head is None:
                message = json.loads(await asyncio.wait_for(socket.recv(), 10))
                if message.get("id") == 2:
                    sent = message["result"]
                elif message.get("method") == "eth_subscription":
                    assert message["params"]["subscription"] == subscription
                    head = message["params"]["result"]
            assert mined(chain, sent)["blockHash"] == head["hash"]
            await socket.send(json.dumps(request("evm_mine", identifier=3)))
            assert json.loads(await socket.recv())["error"]["code"] == -32601

    asyncio.run(play())


def test_a_second_node_on_the_same_home_is_refused(chain: EmbeddedChain) -> None:
    with pytest.raises(ChainError, match="already running"):
        EmbeddedChain(chain.home).start()
    assert rpc(chain.http, "eth_chainId") == hex(20260)


def test_a_taken_port_gives_the_next_free_one_and_says_which(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with EmbeddedChain(tmp_path, port=port) as chain:
            published = orjson.loads((tmp_path / "rpc.json").read_bytes())
            assert published["http"] == chain.http != f"http://127.0.0.1:{port}"
            assert rpc(chain.http, "eth_chainId") == hex(published["chain_id"])


def test_the_commands_tell_whether_it_runs_and_verify_the_journal(chain: EmbeddedChain, sender: Sender) -> None:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "ledger_indexer.node", *arguments, "--home", str(chain.home)]
        return subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)

    status = command("status", "--json")
    assert status.returncode == 0
    assert orjson.loads(status.stdout)["http"] == chain.http
    assert "same hashes" in command("replay", "--verify").stdout
    assert "snapshot at block" in command("snapshot").stdout
