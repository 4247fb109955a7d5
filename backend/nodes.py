"""Where the chain answers: the configured node, or the embedded one's own announcement under `home`."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from backend.errors import Unavailable
from backend.settings import Settings
from ledger_indexer.bindings.deployments import Deployment


@dataclass(frozen=True)
class Node:
    """Addresses of a JSON-RPC node; `ws` is None where it offers no WebSocket."""

    http: str
    ws: str | None


def find_node(settings: Settings) -> Node | None:
    """The node to talk to, or None when neither one is configured nor the embedded chain has announced itself."""
    if settings.chain.rpc_url:
        return Node(settings.chain.rpc_url, None)
    file = settings.chain_home / "rpc.json"
    try:
        return _announced(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError):
        return None


@lru_cache(maxsize=8)
def _announced(file: Path, written_ns: int) -> Node:
    """Read once: every answer's headers name the node."""
    announced = json.loads(file.read_text())
    return Node(announced["http"], announced.get("ws"))


def get_node(settings: Settings) -> Node:
    """The node to talk to.

    Raises:
        Unavailable: none is known yet.
    """
    node = find_node(settings)
    if node is None:
        raise Unavailable("no chain node: set JIULIAN_CHAIN_RPC_URL or start the embedded chain (jiulian chain run)")
    return node


def sanction_delay(settings: Settings) -> timedelta:
    """How long a change of standing waits on chain; none before contracts are deployed."""
    try:
        return timedelta(seconds=Deployment.load(settings.deployment_path).sanction_delay_s)
    except FileNotFoundError:
        return timedelta(0)


def node_urls(settings: Settings) -> tuple[str, ...]:
    """Nodes that consumers' phones read themselves."""
    if settings.chain.node_urls:
        return settings.chain.node_urls
    node = find_node(settings)
    return (node.http,) if node else ()
