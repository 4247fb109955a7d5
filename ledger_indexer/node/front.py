"""The server: JSON-RPC over HTTP and WebSocket, in front of the child. Reads pass, sends go to the sequencer.

Requests are written anew from what was parsed, so that a body which two parsers read differently cannot smuggle a
method past the list.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson
from aiohttp import web

from ledger_indexer.node import methods
from ledger_indexer.node.anvil import Anvil
from ledger_indexer.node.errors import NodeGone, Rejected
from ledger_indexer.node.relay import relay

BODY_BYTES_MAX = 8 * 1024 * 1024
BATCH_MAX = 1000

_PARSE_ERROR, _INVALID_REQUEST, _NO_METHOD, _INVALID_PARAMS, _BUSY = -32700, -32600, -32601, -32602, -32001
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}


class Read(Protocol):
    """Asks the child; with `present` before it knows the past."""

    async def __call__(self, body: bytes, *, present: bool = False) -> bytes: ...


@dataclass(frozen=True)
class RpcServer:
    """Answers JSON-RPC: `read` asks the child, `submit` sequences, `node` waits for a live child that knows all.

    All of them raise NodeGone when the chain is not ready within some seconds.
    """

    read: Read
    node: Callable[[], Awaitable[Anvil]]
    submit: Callable[[bytes], Awaitable[str]]
    admin: bool = False

    def application(self) -> web.Application:
        """The web application."""
        application = web.Application(client_max_size=BODY_BYTES_MAX)
        application.router.add_post("/", self._http)
        application.router.add_get("/", self._get)
        application.router.add_options("/", self._preflight)
        return application

    async def answer(self, message: object, *, websocket: bool = False) -> bytes:
        """Answer a parsed message, single or array. Raises NodeGone."""
        if not isinstance(message, list):
            return await self._one(message, websocket)
        if not 0 < len(message) <= BATCH_MAX:
            return _error(None, _INVALID_REQUEST, f"an array holds 1 to {BATCH_MAX} requests")
        if all(self._is_read(one, websocket) for one in message):
            return await self._ask([_rewritten(one) for one in message])
        answers = await asyncio.gather(*(self._one(one, websocket) for one in message))
        return b"[" + b",".join(answers) + b"]"

    async def _one(self, message: object, websocket: bool) -> bytes:
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return _error(None, _INVALID_REQUEST, "not a JSON-RPC request")
        identifier, method = message.get("id"), message["method"]
        if method == methods.SEND:
            return await self._send(identifier, message.get("params"))
        if not self._is_read(message, websocket):
            return _error(identifier, _NO_METHOD, f"the method {method} is not served here")
        return await self._ask(_rewritten(message))

    async def _ask(self, request: dict[str, object] | list[dict[str, object]]) -> bytes:
        every = request if isinstance(request, list) else [request]
        return await self.read(orjson.dumps(request), present=all(map(methods.of_the_present, every)))

    async def _send(self, identifier: object, params: object) -> bytes:
        raw = _raw_of(params)
        if raw is None:
            return _error(identifier, _INVALID_PARAMS, "params must be one hexadecimal text")
        try:
            transaction = await self.submit(raw)
        except Rejected as refusal:
            return _error(identifier, refusal.code, refusal.message)
        return orjson.dumps({"jsonrpc": "2.0", "id": identifier, "result": transaction})

    def _is_read(self, message: object, websocket: bool) -> bool:
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return False
        return methods.allowed(message["method"], websocket=websocket, admin=self.admin)

    async def _http(self, request: web.Request) -> web.Response:
        try:
            message = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            return _json(_error(None, _PARSE_ERROR, "the body is not JSON"), 400)
        try:
            return _json(await self.answer(message))
        except NodeGone as error:
            return _json(_error(_identifier(message), _BUSY, f"the chain is starting again: {error}"), 503)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        """A WebSocket, or for a plain GET whether the chain is ready."""
        socket = web.WebSocketResponse(heartbeat=20.0, max_msg_size=BODY_BYTES_MAX)
        if socket.can_prepare(request).ok:
            await socket.prepare(request)
            await relay(socket, self._ws_message, self.node)
            return socket
        try:
            return _json(await self.answer({"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber"}))
        except NodeGone as error:
            return _json(_error(0, _BUSY, str(error)), 503)

    async def _ws_message(self, text: str, upstream: Callable[[bytes], Awaitable[None]]) -> bytes | None:
        """Answer a WebSocket message, or hand it upstream, from where the answer will come."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            return _error(None, _PARSE_ERROR, "the message is not JSON")
        if self._is_read(message, True):
            await upstream(orjson.dumps(_rewritten(message)))
            return None
        return await self.answer(message)

    async def _preflight(self, _request: web.Request) -> web.Response:
        return web.Response(status=204, headers=_CORS)


def _raw_of(params: object) -> bytes | None:
    """The bytes of a transaction sent as hex in the first parameter; None when there are none."""
    if not isinstance(params, list) or not params or not isinstance(params[0], str):
        return None
    try:
        return bytes.fromhex(params[0].removeprefix("0x"))
    except ValueError:
        return None


def _rewritten(message: Mapping[str, object]) -> dict[str, object]:
    return {
        "jsonrpc": "2.0",
        "id": message.get("id"),
        "method": message["method"],
        "params": message.get("params", []),
    }


def _identifier(message: object) -> object:
    return message.get("id") if isinstance(message, dict) else None


def _error(identifier: object, code: int, text: str) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": text}})


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=_CORS)
