"""A sender for tests of the embedded chain: signs small log-writing transactions and asks over JSON-RPC."""

from collections.abc import Sequence
from typing import Any

import httpx2
import rlp
from eth_account import Account
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from ledger_indexer.node.embedded import EmbeddedChain
from ledger_indexer.node.errors import Rejected

# Stores 1 at the slot named by the first word of the call, and logs that word as topic and data.
LOGGER = "0x6016600c60003960166000f3" + "6001600035556020600060003760003560206000a100"


def rpc(http: str, method: str, *params: Any) -> Any:
    """One call; raises Rejected with the node's error."""
    answer = httpx2.post(http, json=request(method, *params), timeout=30).json()
    if "error" in answer:
        raise Rejected(answer["error"]["code"], answer["error"]["message"])
    return answer["result"]


def rpc_each(http: str, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
    """Many calls of one method, in arrays; what each gave, in order."""
    found: list[Any] = []
    for start in range(0, len(params), 500):
        part = params[start : start + 500]
        body = [request(method, *each, identifier=at) for at, each in enumerate(part)]
        answers = httpx2.post(http, json=body, timeout=60).json()
        found += [answer["result"] for answer in sorted(answers, key=lambda answer: int(answer["id"]))]
    return found


def request(method: str, *params: Any, identifier: int = 1) -> dict[str, Any]:
    """A JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)}


class Sender:
    """One funded account; its first transaction makes the contract that the others call."""

    def __init__(self, chain: EmbeddedChain, index: int = 0) -> None:
        self.account = Account.from_key(chain.keys(index + 1)[index])
        self.nonce = 0
        creator = bytes.fromhex(self.account.address[2:])
        self.contract = to_checksum_address(keccak(rlp.encode([creator, b""]))[12:])

    def next(self, **fields: Any) -> str:
        """The next signed transaction as 0x hex."""
        body: dict[str, Any] = {
            "type": 2,
            "chainId": 20260,
            "nonce": self.nonce,
            "gas": 200_000,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
        }
        if self.nonce == 0:
            body |= {"data": LOGGER}
        else:
            body |= {"to": self.contract, "data": "0x" + self.nonce.to_bytes(32, "big").hex()}
        self.nonce += 1
        return "0x" + bytes(self.account.sign_transaction(body | fields).raw_transaction).hex()


def blocks(http: str) -> list[str]:
    """Hashes of all blocks."""
    newest = int(rpc(http, "eth_blockNumber"), 16)
    found = rpc_each(http, "eth_getBlockByNumber", [(hex(number), False) for number in range(newest + 1)])
    return [block["hash"] for block in found]
