"""A throw-away chain full of captures: an anvil whose contracts emit as many logs as a call asks for."""

import os
import socket
import subprocess
import time
from types import TracebackType

from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.deployments import CONTRACTS, Deployment
from ledger_indexer.bindings.logs import Captured
from ledger_indexer.errors import NodeUnavailable
from ledger_indexer.fetching.client import Node
from ledger_indexer.node.binary import find_anvil

_SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
DEPLOYMENT = Deployment(
    chain_id=31337,
    access_manager="0x" + "a0" * 20,
    participants="0x" + "a1" * 20,
    batch_ledger="0x" + "a2" * 20,
    evidence_log="0x" + "a3" * 20,
    block=1,
    finality_depth=0,
)


def emitter_code() -> str:
    """A contract that, called with a number, emits that many captures: three harvests to one shipment, 64 batches.

    Called with more than a number it does nothing: it has no views, and says so to an audit by an empty answer.
    """
    topic = parse_declaration(Captured.declaration).topic0.hex()
    other = "36602010" + "61{nothing:04x}57"  # more than 32 bytes of call data
    head = other.format(nothing=0) + "42608052" + "600a602052" + "43610120 52".replace(" ", "") + "600035"
    loop = (
        "5b"
        + "80600316 15600802 600101 600052".replace(" ", "")  # step: 9 when the count divides by 4, else 1
        + "8061010052"  # the count, beside the block's number, is the evidence's preimage
        + "6007"  # party
        + "81603f16"  # batch
        + "6040 610100 20".replace(" ", "")  # evidence
        + "7f"
        + topic
        + "6101006000a4"
        + "6001900380"
    )
    start = len(head) // 2
    code = f"{head}{loop}61{start:04x}5700"
    return f"0x{other.format(nothing=len(code) // 2)}{code[len(other.format(nothing=0)) :]}5b00"


class Load:
    """The chain; use as a context."""

    def __init__(self) -> None:
        """Choose a port."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.node = Node(self.url)

    def __enter__(self) -> "Load":
        """Start it with the contracts in place."""
        command = [str(find_anvil()), "--port", str(self.port), "--no-mining", "--silent", "--gas-limit", "1000000000"]
        self._process = subprocess.Popen(command, env={**os.environ, "NO_COLOR": "1"})
        for _ in range(200):
            try:
                self.node.chain_id()
                break
            except NodeUnavailable:
                time.sleep(0.05)
        for name in CONTRACTS:
            self.node.call("anvil_setCode", getattr(DEPLOYMENT, name), emitter_code())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Throw it away."""
        self.node.close()
        self._process.kill()
        self._process.wait(10)

    @property
    def pid(self) -> int:
        """The node's process."""
        return self._process.pid

    def send(self, logs: int) -> None:
        """Ask for so many logs in the next block."""
        request = {
            "from": _SENDER,
            "to": DEPLOYMENT.batch_ledger,
            "gas": hex(100_000 + 8_000 * logs),
            "data": f"0x{logs:064x}",
        }
        self.node.call("eth_sendTransaction", request)

    def mine(self, logs: int) -> None:
        """A block with so many logs."""
        if logs:
            self.send(logs)
        self.node.call("evm_mine")
