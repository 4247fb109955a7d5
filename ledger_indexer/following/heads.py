"""New heads by WebSocket, with a timer under it for the silent chain."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from ledger_indexer.blocks.wire import Header, WireHeader


class _Params(msgspec.Struct):
    result: WireHeader


class _Notice(msgspec.Struct):
    params: _Params | None = None


_notice = msgspec.json.Decoder(_Notice)
_SUBSCRIBE = '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'


class Heads:
    """New heads of a node; without a working WebSocket it is only the timer."""

    def __init__(self, url: str | None, *, retry_s: float = 5.0, remember: int = 512) -> None:
        """Prepare; the connection is made, and made again, by ``wait``."""
        self._url = url
        self._retry_s = retry_s
        self._remember = remember
        self._socket: ClientConnection | None = None
        self._opened = ExitStack()
        self._retry_at = 0.0
        self._seen: OrderedDict[bytes, Header] = OrderedDict()

    @property
    def live(self) -> bool:
        """Whether heads are pushed to us at present."""
        return self._socket is not None

    def seen(self, block_hash: bytes) -> Header | None:
        """A header that the socket named lately."""
        return self._seen.get(block_hash)

    def wait(self, timeout_s: float, sleep: Callable[[float], object]) -> Header | None:
        """The newest head named within the time, or None when the time is over: then ask the node itself."""
        if self._socket is None and self._url is not None and monotonic() >= self._retry_at:
            self._connect()
            return None
        if self._socket is None:
            sleep(timeout_s)
            return None
        head: Header | None = None
        try:
            head = self._read(self._socket.recv(timeout=timeout_s))
            while True:  # only the newest counts, the others are its parents or gone
                head = self._read(self._socket.recv(timeout=0)) or head
        except TimeoutError:
            return head
        except (WebSocketException, OSError, msgspec.DecodeError, ValueError):
            self.close()
            return None

    def close(self) -> None:
        """Drop the connection; the next ``wait`` may make another, after a pause."""
        self._socket = None
        self._opened.close()
        self._retry_at = monotonic() + self._retry_s

    def _connect(self) -> None:
        assert self._url is not None
        try:
            opening = connect(self._url, open_timeout=3, close_timeout=1, max_size=2**22)
            self._socket = self._opened.enter_context(opening)
            self._socket.send(_SUBSCRIBE)
        except (WebSocketException, OSError, TimeoutError):
            self.close()

    def _read(self, message: str | bytes) -> Header | None:
        notice = _notice.decode(message)
        if notice.params is None:
            return None
        header = notice.params.result.header()
        self._seen[header.hash] = header
        while len(self._seen) > self._remember:
            self._seen.popitem(last=False)
        return header
