"""Reading raw transactions as eth-account writes them."""

from typing import Any

import pytest
from eth_account import Account

from ledger_indexer.node.errors import Rejected
from ledger_indexer.node.transaction import hash_of, parse

KEY = b"\x07" * 32
TO = "0x00000000000000000000000000000000000000A1"

KINDS: dict[str, dict[str, Any]] = {
    "legacy": {"gasPrice": 3},
    "access list": {"type": 1, "gasPrice": 3, "accessList": [{"address": TO, "storageKeys": ["0x" + "01" * 32]}]},
    "dynamic fee": {"type": 2, "maxFeePerGas": 3, "maxPriorityFeePerGas": 1},
}


def signed(**fields: Any) -> bytes:
    body = {"nonce": 5, "gas": 70_000, "to": TO, "value": 1, "data": "0x1234", "chainId": 20260} | fields
    return bytes(Account.sign_transaction(body, KEY).raw_transaction)


@pytest.mark.parametrize("kind", list(KINDS))
def test_knows_sender_nonce_gas_and_hash(kind: str) -> None:
    raw = signed(**KINDS[kind])
    envelope = parse(raw)
    assert envelope.sender == Account.from_key(KEY).address.lower()
    assert (envelope.nonce, envelope.gas) == (5, 70_000)
    assert envelope.hash == hash_of(raw) == "0x" + bytes(Account.sign_transaction(
        {"nonce": 5, "gas": 70_000, "to": TO, "value": 1, "data": "0x1234", "chainId": 20260} | KINDS[kind], KEY
    ).hash).hex()  # fmt: skip


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\xc0", b"\x02\xc0", b"\xff" * 40, b"\x01" + b"\xf8" * 30])
def test_refuses_bytes_that_are_no_transaction(raw: bytes) -> None:
    with pytest.raises(Rejected):
        parse(raw)


@pytest.mark.parametrize("kind", [3, 4, 0x7F])
def test_refuses_kinds_it_cannot_order(kind: int) -> None:
    with pytest.raises(Rejected, match=f"type {kind}"):
        parse(bytes([kind]) + signed(**KINDS["dynamic fee"])[1:])


def test_refuses_a_transaction_for_any_chain() -> None:
    body = {"nonce": 0, "gas": 21_000, "gasPrice": 0, "to": TO, "value": 0, "data": b""}
    with pytest.raises(Rejected, match="EIP-155"):
        parse(bytes(Account.sign_transaction(body, KEY).raw_transaction))
