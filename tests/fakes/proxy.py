"""A node of flesh and blood behind a door that lies: JSON-RPC passed on to a real one, its answers edited."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any
from urllib.request import Request, urlopen

Edit = Callable[[str, list[Any], Any], Any]
"""From method, parameters and honest result (None for an error too) to the result that is told."""


class LyingProxy:
    """Stands in front of a node at ``target``; use as a context."""

    def __init__(self, target: str, edit: Edit) -> None:
        """Take a free port of the loopback."""
        proxy = self
        self.target, self.edit = target, edit

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = json.dumps(proxy.answer(body)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, body: bytes) -> Any:
        """What is told to one request or a batch."""
        asked = json.loads(body)
        with urlopen(Request(self.target, body, {"Content-Type": "application/json"})) as response:
            answered = json.load(response)
        calls = {call["id"]: call for call in (asked if isinstance(asked, list) else [asked])}
        for each in answered if isinstance(answered, list) else [answered]:
            call = calls[each["id"]]
            told = self.edit(call["method"], call.get("params", []), each.get("result"))
            if "result" in each or told is not None:
                each.pop("error", None)
                each["result"] = told
        return answered

    def __enter__(self) -> "LyingProxy":
        """Open the door."""
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
