"""Running a node as a process: lock, port, door, signals."""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from aiohttp import web

from ledger_indexer.node.errors import ChainError
from ledger_indexer.node.front import RpcServer
from ledger_indexer.node.genesis import Genesis, open_genesis
from ledger_indexer.node.home import Home, exclusive, write_atomically
from ledger_indexer.node.sequencer import Pace
from ledger_indexer.node.supervisor import Supervisor

_log = logging.getLogger(__name__)

DEFAULT_PORT = 8545
_PORTS_TRIED = 50


@dataclass(frozen=True)
class Settings:
    """How a node is run. `chain_id` None means: as the home has it, or the default for a new one."""

    home: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    chain_id: int | None = None
    pace: Pace = field(default_factory=Pace)
    allow_admin: bool = False
    snapshots: bool = True


def run(settings: Settings, announce: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT. Raises HomeInUse, WrongGenesis, AnvilMissing and what else a ChainError tells."""
    home = Home(settings.home.resolve())
    home.create()
    with exclusive(home.lock, "a node"):
        home.rpc.unlink(missing_ok=True)
        genesis = open_genesis(home, chain_id=settings.chain_id, now=int(time.time()))
        asyncio.run(_serve(home, genesis, settings, announce))


async def _serve(home: Home, genesis: Genesis, settings: Settings, announce: Callable[[str], None]) -> None:
    node = Supervisor(home, genesis, settings.pace, settings.snapshots)
    listener = bind(settings.host, settings.port)
    door = RpcServer(node.read, node.whole_anvil, node.submit, settings.allow_admin)
    runner = web.AppRunner(door.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    work = asyncio.create_task(node.run())
    stop = asyncio.create_task(_stop_signal())
    try:
        await web.SockSite(runner, listener).start()
        ready = asyncio.create_task(node.wait_until_ready())
        await asyncio.wait({work, stop, ready}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            announce(_publish(home, genesis, listener, node))
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if work.done():
            await work  # raises what stopped it
            raise ChainError("the node stopped by itself")
    finally:
        home.rpc.unlink(missing_ok=True)
        stop.cancel()
        work.cancel()
        await asyncio.gather(work, stop, return_exceptions=True)
        await runner.cleanup()


def bind(host: str, port: int) -> socket.socket:
    """Listen on the port, or on the next free one after it (0: on any)."""
    for candidate in [0] if port == 0 else range(port, min(port + _PORTS_TRIED, 65536)):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(1024)
            return listener
        except OSError:
            listener.close()
    raise ChainError(f"no port from {port} to {port + _PORTS_TRIED - 1} is free on {host}")


async def _stop_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def _publish(home: Home, genesis: Genesis, listener: socket.socket, node: Supervisor) -> str:
    """Write where the node answers, and return a line that says so."""
    host, port = listener.getsockname()[:2]
    reachable = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    document = {
        "http": f"http://{reachable}:{port}",
        "ws": f"ws://{reachable}:{port}",
        "chain_id": genesis.chain_id,
        "pid": os.getpid(),
    }
    write_atomically(home.rpc, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    replayed = node.replayed
    detail = f", replayed {replayed.blocks} blocks in {replayed.seconds:.2f} s" if replayed else ""
    return f"chain {genesis.chain_id} at {document['http']} (block {node.sequencer.tip.number}{detail})"
