"""A zoo of nodes: a door over HTTP in front of a real chain, that has the manners of one kind of node after the other.

A keeper stands before an honest node and spoils nothing that is true: limits, refusals, wordings and forms are those
of the kind, what is said under them is the chain's. Each peculiarity is a method that a kind of node overrides.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Reply = tuple[int, dict[str, str], bytes]
Json = dict[str, Any]
HTML = b"<html><head><title>%d</title></head><body><center><h1>%d %s</h1></center><hr>nginx</body></html>"


def html(status: int, words: str, **headers: str) -> Reply:
    """What a web server in front of a node says, which knows nothing of JSON."""
    return status, {"Content-Type": "text/html", **headers}, HTML % (status, status, words.encode())


def told(answer: Any, status: int = 200, **headers: str) -> Reply:
    """JSON."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps(answer).encode()


def error(code: int, message: str, identifier: Any = None) -> Json:
    """An error answer."""
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": message}}


class Kind:
    """An honest node without manners of its own. `asked` counts what came in, `refused` what was sent away."""

    batch_most = 1_000
    range_most = 100_000
    missing: tuple[str, ...] = ()
    """Methods it does not know."""
    words: ClassVar[dict[str, str]] = {}
    """Its words for the upstream's: a part of the upstream's sentence to its own."""

    def __init__(self) -> None:
        self.requests = 0
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.arrived: list[float] = []

    def too_often(self) -> Reply | None:
        """A refusal before anything is read."""
        return None

    def too_many(self, calls: list[Json]) -> Reply:
        """How a batch is refused that is too large."""
        return told(error(-32600, f"batch too large: {len(calls)} > {self.batch_most}"))

    def too_wide(self, blocks: int) -> Json:
        """How a range of blocks is refused."""
        return error(-32000, f"block range {blocks} exceeds {self.range_most}")

    def refuse(self, method: str, params: list[Any]) -> Json | None:
        """A refusal of one call."""
        if method in self.missing:
            return error(-32601, f"the method {method} does not exist/is not available")
        if method == "eth_getLogs" and (blocks := _blocks(params[0])) > self.range_most:
            return self.too_wide(blocks)
        return None

    def tell(self, method: str, params: list[Any], result: Any) -> Any:
        """A result in the node's own form."""
        return result

    def arrange(self, answers: list[Json]) -> list[Json]:
        """A batch's answers in the node's own order."""
        return answers


class Keeper:
    """Opens a door at `url` to the chain at `target`, with the manners of a kind; use as a context."""

    def __init__(self, target: str, kind: Kind) -> None:
        """Take a free port of the loopback."""
        self.target, self.kind = target, kind
        self._lock = threading.Lock()
        keeper = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, data = keeper.answer(json.loads(body))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, message: Any) -> Reply:
        """What is told to one request or a batch."""
        kind = self.kind
        calls = message if isinstance(message, list) else [message]
        with self._lock:
            kind.requests += 1
            kind.arrived.append(time.monotonic())
            kind.asked += [call["method"] for call in calls]
            if (reply := kind.too_often()) is not None:
                kind.refused.append("often")
                return reply
        if isinstance(message, list) and len(calls) > kind.batch_most:
            kind.refused.append("batch")
            return kind.too_many(calls)
        answers = [self._one(call) for call in calls]
        return told(kind.arrange(answers) if isinstance(message, list) else answers[0])

    def _one(self, call: Json) -> Json:
        method, params = call["method"], call.get("params", [])
        if (refusal := self.kind.refuse(method, params)) is not None:
            self.kind.refused.append(method)
            return {**refusal, "id": call["id"]}
        answer = self.upstream(call)
        if "error" in answer:
            words = str(answer["error"].get("message"))
            own = next((own for part, own in self.kind.words.items() if part in words.lower()), words)
            return {**answer, "error": {**answer["error"], "message": own}}
        return {**answer, "result": self.kind.tell(method, params, answer.get("result"))}

    def upstream(self, call: Json) -> Json:
        """The honest answer."""
        request = Request(self.target, json.dumps(call).encode(), {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=20) as response:
                answer: Json = json.load(response)
        except HTTPError as failure:
            answer = json.loads(failure.read())
        return answer

    def __enter__(self) -> "Keeper":
        """Open the door."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _blocks(wanted: Json) -> int:
    if "blockHash" in wanted:
        return 1
    return int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) + 1


def is_header(method: str, result: Any) -> bool:
    """Whether a result is a block."""
    return method in ("eth_getBlockByNumber", "eth_getBlockByHash") and isinstance(result, dict)
