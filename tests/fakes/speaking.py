"""A node that answers what a test tells it to: one function from a request, as parsed, to what is sent back."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.fakes.zoo import Reply, told

Speak = Callable[[Any], Any]
"""From one call or a list of calls to a `Reply`, or to JSON that is sent with status 200."""


class SpeakingNode:
    """Use as a context; `heard` are the requests in order, `at` when they came."""

    def __init__(self, speak: Speak) -> None:
        """Take a free port of the loopback."""
        self.speak = speak
        self.heard: list[Any] = []
        self.at: list[float] = []
        node = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                node.heard.append(message)
                node.at.append(time.monotonic())
                answer = node.speak(message)
                status, headers, data = answer if isinstance(answer, tuple) else told(answer)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def methods(self) -> list[str]:
        """The methods of all calls, in order."""
        return [call["method"] for m in self.heard for call in (m if isinstance(m, list) else [m])]

    @property
    def sizes(self) -> list[int]:
        """How many calls came in each request; 0 for a call by itself."""
        return [len(message) if isinstance(message, list) else 0 for message in self.heard]

    def __enter__(self) -> "SpeakingNode":
        """Open the door."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def answers(message: Any, results: Callable[[str, list[Any]], Any]) -> Any:
    """An honest answer to one call or a batch."""
    if isinstance(message, list):
        return [answers(call, results) for call in message]
    return {"jsonrpc": "2.0", "id": message["id"], "result": results(message["method"], message.get("params", []))}


def header(number: int, **changes: Any) -> dict[str, Any]:
    """A block's header, linked by its number."""
    plain = {
        "number": hex(number),
        "hash": f"0x{number + 1:064x}",
        "parentHash": f"0x{number:064x}",
        "logsBloom": "0x" + "00" * 256,
        "timestamp": hex(1_700_000_000 + number),
        "gasLimit": hex(30_000_000),
        "baseFeePerGas": "0x7",
    }
    return {**plain, **changes}


__all__ = ["Reply", "SpeakingNode", "answers", "header"]
