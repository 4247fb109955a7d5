"""Which reads can be answered before a node knows its past."""

from typing import Any

import pytest

from ledger_indexer.node.methods import READS, allowed, of_the_present

NOW: list[tuple[str, list[Any]]] = [
    ("eth_blockNumber", []),
    ("eth_chainId", []),
    ("eth_getTransactionCount", ["0xa1", "pending"]),
    ("eth_getCode", ["0xa1", "latest"]),
    ("eth_call", [{"to": "0xa1"}]),
]
PAST: list[tuple[str, list[Any]]] = [
    ("eth_getLogs", [{"fromBlock": "latest"}]),
    ("eth_getTransactionReceipt", ["0x01"]),
    ("eth_getBlockByNumber", ["latest", False]),
    ("eth_getBlockReceipts", ["latest"]),
    ("eth_call", [{"to": "0xa1"}, "0x1"]),
    ("eth_call", [{"to": "0xa1"}, {"blockHash": "0x01"}]),
    ("eth_getBalance", ["0xa1", "earliest"]),
]


@pytest.mark.parametrize(("method", "params"), NOW)
def test_the_newest_state_is_enough_for(method: str, params: list[Any]) -> None:
    assert of_the_present({"method": method, "params": params})


@pytest.mark.parametrize(("method", "params"), PAST)
def test_the_past_is_needed_for(method: str, params: list[Any]) -> None:
    assert not of_the_present({"method": method, "params": params})


@pytest.mark.parametrize("params", [{"block": "latest"}, "latest"])
def test_params_of_another_shape_wait_for_the_past(params: Any) -> None:
    assert not of_the_present({"method": "eth_call", "params": params})


def test_whatever_the_newest_state_answers_is_served_at_all() -> None:
    assert all(allowed(method, websocket=False, admin=False) for method, _ in NOW)
    assert "eth_sendRawTransaction" not in READS
