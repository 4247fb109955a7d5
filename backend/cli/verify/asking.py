"""Asking a node over JSON-RPC, by whoever has nothing but its address. Every answer is checked for its shape here."""

import atexit
from functools import cache
from typing import Annotated, TypeVar

import httpx2
import msgspec
from msgspec import Meta

from ledger_indexer.proving.proof_file import DoesNotHold

_TIMEOUT_S = 15.0
_Hex = Annotated[str, Meta(pattern=r"\A0x([0-9a-fA-F]{2})*\Z")]
_Word = Annotated[str, Meta(pattern=r"\A0x[0-9a-fA-F]{64}\Z")]
_Address = Annotated[str, Meta(pattern=r"\A0x[0-9a-fA-F]{40}\Z")]
_Quantity = Annotated[str, Meta(pattern=r"\A0x[0-9a-fA-F]{1,16}\Z")]
_Form = TypeVar("_Form")


class NodeSilent(Exception):
    """The node gave no answer, or none that can be read, so nothing is said either way."""


class NodeBlock(msgspec.Struct, frozen=True):
    """A block: its hash and those of its transactions, as the node writes them."""

    hash: _Word
    transactions: list[_Word]


class NodeLog(msgspec.Struct, frozen=True, rename="camel"):
    """A log as the node gives it; `place` is (block, index of the log in it)."""

    address: _Address
    topics: list[_Word]
    data: _Hex
    block_number: _Quantity
    log_index: _Quantity

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands."""
        return int(self.block_number, 16), int(self.log_index, 16)

    @property
    def words(self) -> list[str]:
        """Its data in words of 32 bytes, in lower-case hex without 0x."""
        return [self.data[at : at + 64].lower() for at in range(2, len(self.data), 64)]


class NodeReceipt(msgspec.Struct, frozen=True, rename="camel"):
    """The receipt of a transaction."""

    block_number: _Quantity
    logs: list[NodeLog]


@cache
def _client() -> httpx2.Client:
    """One for all questions: reading the system's certificates takes longer than an answer."""
    client = httpx2.Client(timeout=_TIMEOUT_S)
    atexit.register(client.close)
    return client


def ask(rpc: str, method: str, *params: object) -> object:
    """One call; what it answers may be anything.

    Raises:
        NodeSilent: no answer, or an error instead of one.
    """
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    try:
        answer = _client().post(rpc, json=body).json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
        raise NodeSilent(f"the node at {rpc} does not answer: {error}") from error
    if not isinstance(answer, dict) or "result" not in answer:
        reason = answer.get("error") if isinstance(answer, dict) else answer
        raise NodeSilent(f"the node at {rpc} cannot answer {method}: {reason}")
    return answer["result"]


def _shaped(form: type[_Form], rpc: str, method: str, answer: object) -> _Form:
    try:
        return msgspec.convert(answer, form)
    except msgspec.ValidationError as error:
        raise NodeSilent(f"the node at {rpc} answers {method} with what cannot be read: {error}") from error


def number(rpc: str, method: str) -> int:
    """One call whose answer is a number in hex; NodeSilent as `ask`, or when it is none."""
    return int(_shaped(_Quantity, rpc, method, ask(rpc, method)), 16)


def words(rpc: str, contract: str, data: str, count: int) -> list[str]:
    """What a contract answers now: words of 32 bytes, in lower-case hex without 0x.

    Raises:
        DoesNotHold: there is no contract.
        NodeSilent: as `ask`, or it is not that many words.
    """
    answer = ask(rpc, "eth_call", {"to": contract, "data": data}, "latest")
    found: str = _shaped(_Hex, rpc, "eth_call", answer)
    if found == "0x":
        raise DoesNotHold(f"this chain has no such contract at {contract}")
    if len(found) != 2 + 64 * count:
        raise NodeSilent(f"the node at {rpc} answers eth_call with {len(found) // 2 - 1} bytes, not {32 * count}")
    return [found[at : at + 64].lower() for at in range(2, len(found), 64)]


def says(rpc: str, contract: str, data: str) -> bool:
    """Whether a contract answers yes now; raises as `words`, and NodeSilent when it is neither yes nor no."""
    (word,) = words(rpc, contract, data, 1)
    if int(word, 16) > 1:
        raise NodeSilent(f"the node at {rpc} answers eth_call with {word}, which is neither yes nor no")
    return int(word, 16) == 1


def block_at(rpc: str, height: int) -> NodeBlock:
    """The block at a height; NodeSilent as `ask`, or when the node has not got there."""
    answer = ask(rpc, "eth_getBlockByNumber", hex(height), False)
    if answer is None:
        raise NodeSilent(f"the node at {rpc} has no block {height} yet, its newest is {number(rpc, 'eth_blockNumber')}")
    return _shaped(NodeBlock, rpc, "eth_getBlockByNumber", answer)


def receipt_of(rpc: str, transaction: str) -> NodeReceipt:
    """The receipt of a transaction, by its hash.

    Raises:
        DoesNotHold: the node knows no such transaction.
        NodeSilent: as `ask`, or it is no receipt.
    """
    answer = ask(rpc, "eth_getTransactionReceipt", transaction)
    if answer is None:
        raise DoesNotHold(f"the chain has no transaction {transaction}")
    return _shaped(NodeReceipt, rpc, "eth_getTransactionReceipt", answer)


def logs_of(rpc: str, contract: str, topics: list[str], since: int) -> list[NodeLog]:
    """The logs of a contract from a block on, with these topics; NodeSilent as `ask`, or when it sends none."""
    wanted = {"fromBlock": hex(since), "toBlock": "latest", "address": contract, "topics": topics}
    return _shaped(list[NodeLog], rpc, "eth_getLogs", ask(rpc, "eth_getLogs", wanted))


def require_chain(rpc: str, chain_id: int) -> None:
    """DoesNotHold when the node is on another chain than the proof; NodeSilent as `ask`."""
    chain = number(rpc, "eth_chainId")
    if chain != chain_id:
        raise DoesNotHold(f"the proof is of chain {chain_id}, this node is of chain {chain}")
