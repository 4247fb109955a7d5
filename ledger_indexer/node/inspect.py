"""Looking at a home: is it running, how far is it, does its journal replay."""

import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from ledger_indexer.node import snapshot
from ledger_indexer.node.genesis import parse
from ledger_indexer.node.home import Home
from ledger_indexer.node.journal import read
from ledger_indexer.node.replay import Replayed, replay


@dataclass(frozen=True)
class Status:
    """What `status` tells. `block` is None when the node does not answer."""

    running: bool
    http: str | None
    ws: str | None
    chain_id: int | None
    block: int | None
    journal_bytes: int
    snapshot_block: int | None

    def json(self) -> bytes:
        """As a JSON document."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)


def status(root: Path) -> Status:
    """Look at a home without touching it."""
    home = Home(root)
    addresses = orjson.loads(home.rpc.read_bytes()) if home.rpc.exists() else {}
    found = snapshot.find(home)
    block = _block_number(addresses["http"]) if addresses else None
    return Status(
        running=block is not None,
        http=addresses.get("http"),
        ws=addresses.get("ws"),
        chain_id=parse(home.genesis).chain_id if home.genesis.exists() else None,
        block=block,
        journal_bytes=home.journal.stat().st_size if home.journal.exists() else 0,
        snapshot_block=found.number if found else None,
    )


async def verify(root: Path) -> tuple[Replayed, float]:
    """Replay the whole journal from the first block, comparing every hash; also gives the seconds it took.

    Changes nothing and may run beside the node. Raises ReplayDiverged at the first block that differs.
    """
    home = Home(root)
    started = time.perf_counter()
    anvil, _ = await snapshot.start(home, parse(home.genesis), None)
    try:
        replayed = await replay(anvil, snapshot.mined_part(read(home.journal)), end=0)
    finally:
        await anvil.stop()
    return replayed, time.perf_counter() - started


def _block_number(http: str) -> int | None:
    body = orjson.dumps({"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []})
    request = urllib.request.Request(http, body, {"Content-Type": "application/json"})  # noqa: S310 - our own file
    try:
        with urllib.request.urlopen(request, timeout=6) as response:  # noqa: S310
            return int(orjson.loads(response.read())["result"], 16)
    except (urllib.error.URLError, TimeoutError, ConnectionError, KeyError):
        return None
