"""The whole story on a real node that is not ours: Hardhat's own, an EVM of another make with a pool and a clock."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger_indexer.errors import IndexerError
from ledger_indexer.fetching.client import Node
from ledger_indexer.node.keys import address_of

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 900
BLOCK_MS = 1_000
"""A block a second, as chains of few validators have it: whatever is sent waits in the node's pool until then."""
KEYS = [bytes([number]) * 32 for number in range(1, 5)]
SANCTIONER = bytes([9]) * 32
"""Changes standings, and carries nothing."""
STORY = ("demo", "--seed", "7", "--scale", "0.27", "--today", "2026-03-18", "--once", "--json")

pytestmark = [
    pytest.mark.simulation,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("JIULIAN_PROVE"), reason="a story on a foreign node: make prove"),
]


@pytest.fixture(scope="module")
def hardhat() -> Iterator[Node]:
    """Hardhat's node on the loopback, mining by its clock, with money on our keys."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [ROOT / "node_modules" / ".bin" / "hardhat", "node", "--hostname", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    node = Node(f"http://127.0.0.1:{port}")
    try:
        _await(node, process)
        for key in (*KEYS, SANCTIONER):
            node.call("hardhat_setBalance", address_of(key), hex(10**24))
        node.call("evm_setAutomine", False)
        node.call("evm_setIntervalMining", BLOCK_MS)
        yield node
    finally:
        node.close()
        process.terminate()
        process.wait(20)


def _await(node: Node, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "Hardhat's node ended"
        try:
            node.chain_id()
            return
        except IndexerError:
            time.sleep(0.2)
    raise AssertionError("Hardhat's node does not answer")


def jiulian(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_the_story_plays_on_a_node_that_is_not_anvil(hardhat: Node, tmp_path: Path, database_url: str) -> None:
    assert "hardhat" in hardhat.call("web3_clientVersion").lower()
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    environment = {
        "JIULIAN_HOME": str(home),
        "JIULIAN_WEB_PORT": "0",
        "JIULIAN_CHAIN_RPC_URL": hardhat.url,
        "JIULIAN_CHAIN_RELAYER_KEYS": json.dumps([key.hex() for key in KEYS]),
        "JIULIAN_CHAIN_SANCTIONER_KEY": SANCTIONER.hex(),
        "JIULIAN_CHAIN_FINALITY_DEPTH": "0",
        "DATABASE_URL": database_url,
        "JIULIAN_PRIVACY_SCAN_RETENTION_DAYS": "36500",  # the story ends on a fixed day, by now long ago
    }
    played = jiulian(environment, *STORY)
    assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-3000:]
    report: dict[str, Any] = json.loads(played.stdout.strip().splitlines()[-1])
    assert report["diversions"]["missed"] == 0
    audited = jiulian(environment, "index", "audit", "--deployment", str(home / "deployment.json"), "--json")
    assert audited.returncode == 0, audited.stdout[-2000:] + audited.stderr[-2000:]
    found = json.loads(audited.stdout)
    assert found["difference"] is None
    assert found["logs"] > 500
    assert not [what for what in found["unchecked"] if "transaction hashes" not in what]
