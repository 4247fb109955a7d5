"""A real anvil whose contracts emit what they are told: 128 bytes of a call are topics, the rest is data."""

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.deployments import CONTRACTS
from ledger_indexer.bindings.logs import Captured
from ledger_indexer.errors import NodeUnavailable
from ledger_indexer.fetching.client import Node
from ledger_indexer.node.binary import find_anvil
from tests.fakes.chain import DEPLOYMENT

ROOT = Path(__file__).resolve().parents[2]
_CODE = "0x6080360360806000376060356040356020356000356080360360" + "00a400"
_SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
_TOPIC = parse_declaration(Captured.declaration).topic0


@dataclass(frozen=True, slots=True)
class Spoken:
    """One call that makes a contract emit one log."""

    topics: tuple[bytes, ...]
    data: bytes
    address: str = DEPLOYMENT.batch_ledger

    @property
    def request(self) -> dict[str, str]:
        """As a transaction of an unlocked account."""
        return {
            "from": _SENDER,
            "to": self.address,
            "gas": hex(200_000),
            "data": "0x" + b"".join(self.topics).hex() + self.data.hex(),
        }


def harvest(evidence: int, quantity: int = 10, *, batch: int = 1, party: int = 7) -> Spoken:
    """A capture that bears so much of a batch."""
    words = [1, quantity, 0, 0, 1_700_000_000, 0, 0, 0]
    topics = [_TOPIC, *(n.to_bytes(32, "big") for n in (evidence, batch, party))]
    return Spoken(tuple(topics), b"".join(w.to_bytes(32, "big") for w in words))


class Emitter:
    """An anvil of its own that mines when told to; use as a context."""

    def __init__(self, born: int | None = None) -> None:
        """Choose a free port. With ``born``, a Unix time, the same blocks have the same hashes every time."""
        self._next = self._born = born
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.node = Node(self.url)

    def __enter__(self) -> "Emitter":
        """Start, and put the contracts where the fake deployment has them."""
        command = [find_anvil(), "--port", str(self.port), "--no-mining", "--silent"]
        born = [] if self._born is None else ["--timestamp", str(self._born)]
        self._process = subprocess.Popen([*command, "--order", "fifo", "--gas-limit", "300000000", *born])
        self._wait()
        for name in CONTRACTS:
            self.call("anvil_setCode", getattr(DEPLOYMENT, name), _CODE)
        self.mine()
        return self

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.node.chain_id()
                return
            except NodeUnavailable:
                assert self._process.poll() is None, "anvil did not start"
                assert time.monotonic() < deadline, "anvil does not answer"
                time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.node.close()
        self._process.terminate()
        self._process.wait(10)

    def call(self, method: str, *params: Any) -> Any:
        """Any JSON-RPC call."""
        return self.node.call(method, *params)

    def mine(self, *logs: Spoken) -> None:
        """A block with these logs."""
        for log in logs:
            self.call("eth_sendTransaction", log.request)
        if self._next is not None:
            self._next += 1
            self.call("evm_setNextBlockTimestamp", self._next)
        self.call("evm_mine")

    def reorganise(self, depth: int, *logs: tuple[Spoken, int]) -> None:
        """Replace the last blocks at the same height; each log says into which new block it goes."""
        self.call("anvil_reorg", depth, [[log.request, place] for log, place in logs])

    def rollback(self, depth: int) -> None:
        """Drop the last blocks."""
        self.call("anvil_rollback", depth)

    def survived(self) -> list[tuple[int, int, str, str]]:
        """(block, log index, block hash, data) of every log on the present chain."""
        wanted = {"fromBlock": "0x0", "toBlock": "latest", "address": list(DEPLOYMENT.watched.values())}
        logs = self.call("eth_getLogs", wanted)
        return sorted((int(x["blockNumber"], 16), int(x["logIndex"], 16), x["blockHash"], x["data"]) for x in logs)
