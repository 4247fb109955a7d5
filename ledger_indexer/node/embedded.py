"""The embedded chain as a child process of Python code: for tests, the demo and scripts."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypedDict

import orjson

from ledger_indexer.node.errors import ChainError
from ledger_indexer.node.home import Home
from ledger_indexer.node.keys import relayer_keys

_START_SECONDS = 120.0


class Published(TypedDict):
    """What a running node publishes: its addresses and its process."""

    http: str
    ws: str
    pid: int


@dataclass
class EmbeddedChain:
    """`with EmbeddedChain(home, port=0) as chain: ... chain.http ...`; more `options` as the command line has them."""

    home: Path
    port: int = 0
    options: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None
    _rpc: Published | None = None

    def start(self) -> "EmbeddedChain":
        """Start and wait until it answers. Raises ChainError with its last words when it does not."""
        self.home.mkdir(parents=True, exist_ok=True)
        log = self.home / "node.log"
        before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "ledger_indexer.node", "run"),
                    *("--home", str(self.home), "--port", str(self.port), *self.options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + _START_SECONDS
        while (addresses := self._addresses()) is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ChainError(log.read_bytes()[before:].decode(errors="replace").strip() or "no last words")
            time.sleep(0.01)
        self._rpc = addresses
        return self

    @property
    def http(self) -> str:
        """HTTP address."""
        return self._known()["http"]

    @property
    def ws(self) -> str:
        """WebSocket address."""
        return self._known()["ws"]

    @property
    def pid(self) -> int:
        """Process id of the node (not of its anvil child)."""
        if self._process is None:
            raise ChainError("the chain was not started")
        return self._process.pid

    def keys(self, count: int = 1) -> list[bytes]:
        """Private keys of funded accounts."""
        return relayer_keys(self.home, count)

    def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._forget()

    def kill(self) -> None:
        """Stop it as a power cut would."""
        if self._process is not None:
            self._process.kill()
        self._forget()

    def __enter__(self) -> "EmbeddedChain":
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def _addresses(self) -> Published | None:
        """What the process of ours published, if it has."""
        path = Home(self.home).rpc
        try:
            addresses: Published = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        return addresses if addresses.get("pid") == self.pid else None

    def _known(self) -> Published:
        if self._rpc is None:
            raise ChainError("the chain was not started")
        return self._rpc

    def _forget(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process = None
        self._rpc = None
