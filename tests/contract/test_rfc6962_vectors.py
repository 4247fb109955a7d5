"""The vectors of the Certificate Transparency implementers, asked of our Solidity: good pass, bad are refused."""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
from web3 import Web3
from web3.contract import Contract

pytestmark = [pytest.mark.contract, pytest.mark.external]

ROOT = Path(__file__).resolve().parents[2]
HARNESS = Path(__file__).parent / "harness" / "Rfc6962Harness.sol"


@pytest.fixture(scope="module")
def library(node: Web3, check_abi: ModuleType) -> Contract:
    """The library behind a contract, compiled here through py-solc-x."""
    artifact = check_abi.compile_all([HARNESS])[HARNESS.relative_to(ROOT).as_posix()]["Rfc6962Harness"]
    factory = node.eth.contract(abi=artifact["abi"], bytecode=artifact["evm"]["bytecode"]["object"])
    sent = factory.constructor().transact({"from": node.eth.accounts[0]})
    address = node.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    return cast(Contract, node.eth.contract(address=address, abi=artifact["abi"]))


def root(vector: dict[str, Any], key: str) -> bytes:
    """A hash of a vector; placeholders ("don't care") are made as long as a hash."""
    return b64decode(vector[key] or "").ljust(32, b"\0")


def includes(library: Contract, vector: dict[str, Any], proof: list[bytes]) -> bool:
    """Ask for an inclusion vector."""
    call = library.functions.includes(
        root(vector, "leafHash"), vector["leafIdx"], vector["treeSize"], root(vector, "root"), proof
    )
    return bool(call.call())


def extends(library: Contract, vector: dict[str, Any], proof: list[bytes]) -> bool:
    """Ask for a consistency vector."""
    call = library.functions.extends(
        vector["size1"], root(vector, "root1"), vector["size2"], root(vector, "root2"), proof
    )
    return bool(call.call())


@pytest.mark.parametrize(("kind", "ask"), [("inclusion", includes), ("consistency", extends)])
def test_solidity_agrees_with_every_vector(
    shared_data: Path, library: Contract, kind: str, ask: Callable[[Contract, dict[str, Any], list[bytes]], bool]
) -> None:
    files = sorted((shared_data / "rfc6962-merkle" / kind).rglob("*.json"))
    wrong, wanted = [], set()
    for file in files:
        vector = json.loads(file.read_text())
        proof = [b64decode(item) for item in vector["proof"] or []]
        # What is not 32 bytes long cannot be said to the contract at all.
        accepted = all(len(item) == 32 for item in proof) and ask(library, vector, proof)
        wanted.add(vector["wantErr"])
        if accepted == vector["wantErr"]:
            wrong.append((str(file), vector["desc"]))
    assert not wrong
    assert wanted == {True, False}, "the vectors hold good and bad ones"
