"""The proof of a mirrored row: by mathematics alone, and with a node's word when one is named."""

from datetime import UTC, datetime
from typing import Any

from backend.cli.verify.asking import NodeSilent, ask, number, require_chain
from ledger_indexer.bindings.deployments import CONTRACTS, Deployment
from ledger_indexer.proof_form import DoesNotHold, NotAProof, RowProof
from ledger_indexer.row_proof import check as check_row


def check(proof: RowProof, rpc: str | None, deployment: Deployment | None) -> dict[str, Any]:
    """What the proof shows; values are those decoded from its log's bytes.

    Raises:
        DoesNotHold: it does not hold, is of other contracts, or the node has another block at its height.
        NotAProof: a field is not even of its form.
        NodeSilent: a node was named and did not answer, or has not got there yet.
    """
    shown = check_row(proof)
    left = dict(shown.unproven)
    if deployment is not None:
        _require_deployment(proof, deployment)
        left.pop("deployment")
    if rpc is not None:
        _require_on_chain(proof, rpc)
        left.pop("block")
        left.pop("transaction", None)
    return {
        "log": shown.name,
        "values": shown.values,
        "contract": shown.contract,
        "address": shown.address,
        "chain": proof.deployment.chain_id,
        "block": shown.block_number,
        "block_hash": "0x" + shown.block_hash.hex(),
        "time": _moment(shown.block_time),
        "transaction": shown.transaction_index,
        "place": shown.place,
        "node": rpc,
        "not_proved": list(left.values()),
    }


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError) as error:
        raise NotAProof(f"the header's time, {seconds}, is no time") from error


def _require_deployment(proof: RowProof, deployment: Deployment) -> None:
    for name in ("chain_id", "block", *CONTRACTS):
        claimed, known = getattr(proof.deployment, name), getattr(deployment, name)
        if str(claimed).lower() != str(known).lower():
            raise DoesNotHold(f"the proof is of other contracts: its {name} is {claimed}, the deployment's {known}")


def _require_on_chain(proof: RowProof, rpc: str) -> None:
    """The node has this block at this height, and this transaction in it."""
    require_chain(rpc, proof.deployment.chain_id)
    height, order = proof.block.number, proof.transaction.index
    block = ask(rpc, "eth_getBlockByNumber", hex(height), False)
    if block is None:
        raise NodeSilent(f"the node at {rpc} has no block {height} yet, its newest is {number(rpc, 'eth_blockNumber')}")
    try:
        found, hashes = str(block["hash"]), list(block["transactions"])
    except (TypeError, KeyError) as error:
        raise NodeSilent(f"the node at {rpc} sent a block that cannot be read") from error
    if found != proof.block.hash:
        raise DoesNotHold(f"block {height} of this node is {found}, the proof is of {proof.block.hash}")
    if order >= len(hashes) or hashes[order] != proof.transaction.hash:
        raise DoesNotHold(f"transaction {order} of block {height} is not {proof.transaction.hash} on this node")


def place_of(answer: dict[str, Any]) -> str:
    """Where a log stands, in words."""
    return (
        f"log {answer['place']} of transaction {answer['transaction']} in block {answer['block']}"
        f" of chain {answer['chain']}, {answer['time']}"
    )


def rest_of(answer: dict[str, Any]) -> list[str]:
    """The lines that say what was believed, of whom."""
    asked = f"The node at {answer['node']} has this block at this height."
    return [
        f"Block hash {answer['block_hash']}.",
        *([asked] if answer["node"] else ["No node was asked."]),
        *(f"Not proved: {what}." for what in answer["not_proved"]),
    ]


def told(answer: dict[str, Any]) -> str:
    """The answer in lines."""
    return "\n".join(
        [
            f"The proof holds: {answer['contract']} at {answer['address']} wrote {answer['log']}, {place_of(answer)}:",
            *(f"  {name:<13} {value}" for name, value in answer["values"].items()),
            *rest_of(answer),
        ]
    )
