"""A node of its own for the tests of contracts; each test starts from the same deployed world."""

import importlib.util
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from web3 import HTTPProvider, Web3

from ledger_indexer.node.binary import find_anvil
from tests.contract.world import World
from tests.kit.chain_trade import ChainTrade

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def node() -> Iterator[Web3]:
    """A fresh chain on a port of its own."""
    anvil = find_anvil()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([anvil, "--silent", "--port", str(port), "--gas-limit", "100000000"])
    w3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}", request_kwargs={"timeout": 60}))
    try:
        deadline = time.monotonic() + 60
        while not w3.is_connected():
            assert process.poll() is None, "anvil did not start"
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.05)
        yield w3
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def deployed(node: Web3) -> World:
    """Contracts without any party."""
    return World(node)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    """The deployed world, put back after the test."""
    snapshot = deployed.ask("evm_snapshot")["result"]
    yield deployed
    deployed.ask("evm_revert", snapshot)


@pytest.fixture(scope="module")
def told(deployed: World) -> ChainTrade:
    """A small trade, told once for all tests of a file."""
    return ChainTrade(deployed)


@pytest.fixture
def trade(told: ChainTrade) -> Iterator[ChainTrade]:
    """The small trade, put back after the test."""
    snapshot = told.world.ask("evm_snapshot")["result"]
    yield told
    told.world.ask("evm_revert", snapshot)


@pytest.fixture(scope="session")
def check_abi() -> ModuleType:
    """The script that compiles through py-solc-x and compares."""
    spec = importlib.util.spec_from_file_location("check_abi", ROOT / "contracts" / "scripts" / "check_abi.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
