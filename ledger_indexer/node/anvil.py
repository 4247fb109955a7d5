"""One anvil child, bound to loopback, and the calls we make to it."""

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

import aiohttp
import orjson

from ledger_indexer.node.binary import find_anvil
from ledger_indexer.node.child import spawn
from ledger_indexer.node.errors import ChainError, NodeGone, Rejected
from ledger_indexer.node.genesis import GAS_LIMIT, HARDFORK, Genesis

BATCH = 32
"""Transactions sent in one JSON array. Anvil 1.7.1 takes arrays of up to 64 in their order and mixes longer ones."""

_START_SECONDS = 60.0
_CALL_SECONDS = 120.0
_JSON = {"Content-Type": "application/json"}


def arguments(binary: Path, port: int, genesis: Genesis, state: Path | None) -> list[str]:
    """The command line. Everything that can change a block hash is fixed here, in the genesis or in the journal.

    `--prune-history`: old states are dropped (a call at an old block fails), old blocks, receipts and logs stay.
    Without it anvil copies the whole state at every block. `--accounts 0`: anvil holds no keys.
    """
    return [
        str(binary),
        *("--host", "127.0.0.1", "--port", str(port)),
        *(("--init", str(genesis.path)) if state is None else ("--load-state", str(state))),
        *("--accounts", "0"),
        *("--chain-id", str(genesis.chain_id), "--timestamp", str(genesis.timestamp)),
        *("--hardfork", HARDFORK, "--gas-limit", str(GAS_LIMIT), "--slots-in-an-epoch", "4"),
        *("--block-base-fee-per-gas", "0", "--gas-price", "0", "--disable-min-priority-fee"),
        *("--no-mining", "--order", "fifo", "--prune-history"),
        *("--no-request-size-limit", "--silent"),
    ]


class _Error(TypedDict):
    code: int
    message: str


class _Answer(TypedDict):
    id: int
    result: NotRequired[object]
    error: NotRequired[_Error | None]


class Anvil:
    """A running child. Every call raises NodeGone when it died or hangs, and Rejected when it says no."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        """Use `Anvil.start`."""
        self.process = process
        self.port = port
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=64),
            timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS),
            headers=_JSON,
        )

    @classmethod
    async def start(cls, genesis: Genesis, *, state: Path | None, log: Path) -> "Anvil":
        """Start a child from the first block or from a state file and wait until it answers."""
        port = _free_port()
        process = await spawn(arguments(find_anvil(), port, genesis, state), log)
        anvil = cls(process, port)
        try:
            await anvil._wait_until_it_answers(genesis, log)
        except BaseException:
            await anvil.stop()
            raise
        return anvil

    @property
    def ws(self) -> str:
        """WebSocket address of the child."""
        return f"ws://127.0.0.1:{self.port}"

    async def post(self, body: bytes) -> bytes:
        """Send a JSON-RPC body as it is and return the answer as it is."""
        try:
            async with self._session.post(f"http://127.0.0.1:{self.port}", data=body) as response:
                return await response.read()
        except (aiohttp.ClientError, TimeoutError, RuntimeError) as error:  # RuntimeError: the session was closed
            raise NodeGone(f"the anvil child does not answer: {error}") from error

    async def call(self, method: str, *params: object) -> object:
        """One call; its result as JSON has it."""
        return _result(orjson.loads(await self.post(orjson.dumps(_request(0, method, params)))))

    async def batch(self, calls: Sequence[tuple[str, Sequence[object]]]) -> list[object]:
        """Several calls in one array; the answer holds a result or a Rejected for each, in order."""
        body = orjson.dumps([_request(at, method, params) for at, (method, params) in enumerate(calls)])
        found: list[_Answer] = orjson.loads(await self.post(body))
        answers = {answer["id"]: answer for answer in found}
        return [_outcome(answers[at]) for at in range(len(calls))]

    async def offer(self, raws: Sequence[bytes]) -> list[Rejected | None]:
        """Put raw transactions into the pool, in order; None for each that it took."""
        outcomes: list[object] = []
        for start in range(0, len(raws), BATCH):
            chunk = raws[start : start + BATCH]
            outcomes += await self.batch([("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in chunk])
        return [outcome if isinstance(outcome, Rejected) else None for outcome in outcomes]

    async def stop(self) -> None:
        """Kill the child; it holds nothing that the journal does not."""
        await self._session.close()
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def _wait_until_it_answers(self, genesis: Genesis, log: Path) -> None:
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while True:
            try:
                chain_id = int(str(await self.call("eth_chainId")), 16)
                break
            except NodeGone:
                if self.process.returncode is not None:
                    raise ChainError(
                        f"anvil ended with code {self.process.returncode} while starting; see {log}"
                    ) from None
                if asyncio.get_running_loop().time() > deadline:
                    raise ChainError(f"anvil did not answer within {_START_SECONDS:.0f} s; see {log}") from None
                await asyncio.sleep(0.01)
        if chain_id != genesis.chain_id:
            raise ChainError(f"anvil speaks of chain {chain_id}, not {genesis.chain_id}")


def _request(identifier: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)}


def _outcome(answer: _Answer) -> object:
    error = answer.get("error")
    return answer.get("result") if error is None else Rejected(int(error["code"]), str(error["message"]))


def _result(answer: _Answer) -> object:
    outcome = _outcome(answer)
    if isinstance(outcome, Rejected):
        raise outcome
    return outcome


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def lower_priority() -> None:
    """Let other processes go first; for work that nobody waits for."""
    os.nice(10)
