"""One client's WebSocket, joined to one of its own at the child; subscriptions live there."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import WSCloseCode, WSMsgType, web

from ledger_indexer.node.anvil import Anvil
from ledger_indexer.node.errors import NodeGone

Handler = Callable[[str, Callable[[bytes], Awaitable[None]]], Awaitable[bytes | None]]

_IN_FLIGHT_MAX = 256
"""Messages of one client that may wait for an answer at the same time."""


async def relay(client: web.WebSocketResponse, handle: Handler, node: Callable[[], Awaitable[Anvil]]) -> None:
    """Serve a client until either side closes. When the child dies the client is told to connect again (1012)."""
    try:
        anvil = await node()
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(anvil.ws, max_msg_size=0, heartbeat=None) as upstream,
        ):
            await _serve(client, upstream, handle)
    except (NodeGone, aiohttp.ClientError, ConnectionError):
        await client.close(code=WSCloseCode.SERVICE_RESTART, message=b"the chain is starting again")


async def _serve(client: web.WebSocketResponse, upstream: aiohttp.ClientWebSocketResponse, handle: Handler) -> None:
    down = asyncio.create_task(_down(client, upstream))
    up = asyncio.create_task(_up(client, upstream, handle))
    try:
        await asyncio.wait({down, up}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (down, up):
            task.cancel()
        results = await asyncio.gather(down, up, return_exceptions=True)
    if not client.closed:
        await client.close(code=WSCloseCode.SERVICE_RESTART, message=b"the chain is starting again")
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, NodeGone | ConnectionError | aiohttp.ClientError):
            raise result


async def _down(client: web.WebSocketResponse, upstream: aiohttp.ClientWebSocketResponse) -> None:
    async for message in upstream:
        if message.type is WSMsgType.TEXT:
            await client.send_str(message.data)


async def _up(client: web.WebSocketResponse, upstream: aiohttp.ClientWebSocketResponse, handle: Handler) -> None:
    slots = asyncio.Semaphore(_IN_FLIGHT_MAX)

    async def forward(body: bytes) -> None:
        await upstream.send_str(body.decode())

    async def one(text: str) -> None:
        try:
            answer = await handle(text, forward)
            if answer is not None and not client.closed:
                await client.send_str(answer.decode())
        finally:
            slots.release()

    async with asyncio.TaskGroup() as answers:
        async for message in client:
            if message.type is WSMsgType.TEXT:
                await slots.acquire()
                answers.create_task(one(message.data))
