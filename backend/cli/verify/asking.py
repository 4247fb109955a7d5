"""Asking a node over JSON-RPC, by whoever has nothing but its address."""

from typing import Any

import httpx2

from ledger_indexer.proof_form import DoesNotHold

_TIMEOUT_S = 15.0


class NodeSilent(Exception):
    """The node gave no answer, so nothing is said either way."""


def ask(rpc: str, method: str, *params: Any) -> Any:
    """One call.

    Raises:
        NodeSilent: no answer, or an error instead of one.
    """
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    try:
        answer = httpx2.post(rpc, json=body, timeout=_TIMEOUT_S).json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise NodeSilent(f"the node at {rpc} does not answer: {error}") from error
    if not isinstance(answer, dict) or "result" not in answer:
        told = answer.get("error") if isinstance(answer, dict) else answer
        raise NodeSilent(f"the node at {rpc} cannot answer {method}: {told}")
    return answer["result"]


def number(rpc: str, method: str) -> int:
    """One call whose answer is a number in hex; NodeSilent as `ask`, or when it is none."""
    answer = ask(rpc, method)
    try:
        return int(answer, 16)
    except (TypeError, ValueError) as error:
        raise NodeSilent(f"the node at {rpc} answers {method} with {answer!r}") from error


def require_chain(rpc: str, chain_id: int) -> None:
    """DoesNotHold when the node is on another chain than the proof; NodeSilent as `ask`."""
    chain = number(rpc, "eth_chainId")
    if chain != chain_id:
        raise DoesNotHold(f"the proof is of chain {chain_id}, this node is of chain {chain}")
