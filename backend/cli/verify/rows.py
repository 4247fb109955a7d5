"""The proof of a mirrored row: by mathematics alone, and with a node's word when one is named."""

from datetime import UTC, datetime

from backend.cli.verify.answers import LogPlace, RowAnswer
from backend.cli.verify.asking import NodeSilent, block_at, receipt_of, require_chain
from ledger_indexer.bindings.deployments import CONTRACTS, Deployment
from ledger_indexer.proving.proof_file import DoesNotHold, NotAProof, RowProof
from ledger_indexer.proving.row_proof import check as check_row


def check(proof: RowProof, rpc: str | None, deployment: Deployment | None) -> RowAnswer:
    """What the proof shows; values are those decoded from its log's bytes.

    Raises:
        DoesNotHold: it does not hold, is of other contracts, or the node has another block at its height.
        NotAProof: a field is not even of its form.
        NodeSilent: a node was named and did not answer, or has not got there yet.
    """
    shown = check_row(proof)
    left = {**shown.unproven, "deployment": _whose(proof)}
    if deployment is not None:
        _require_deployment(proof, deployment)
        left.pop("deployment")
    if rpc is not None:
        _require_on_chain(proof, rpc)
        left.pop("block")
        left.pop("transaction", None)
        left.pop("index", None)
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
    block = block_at(rpc, height)
    if block.hash.lower() != proof.block.hash:
        raise DoesNotHold(f"block {height} of this node is {block.hash}, the proof is of {proof.block.hash}")
    hashes = block.transactions
    if order >= len(hashes) or hashes[order].lower() != proof.transaction.hash:
        raise DoesNotHold(f"transaction {order} of block {height} is not {proof.transaction.hash} on this node")
    if order:
        _require_index(proof, rpc)


def _require_index(proof: RowProof, rpc: str) -> None:
    """The log has its index in the whole block by the node's receipt, too; of the first transaction it is its place."""
    logs = receipt_of(rpc, proof.transaction.hash).logs
    if proof.log.place >= len(logs):
        raise NodeSilent(f"the node at {rpc} sent a receipt that is not that of block {proof.block.number}")
    if (found := logs[proof.log.place].place) != (proof.block.number, proof.log.index):
        raise DoesNotHold(f"the log has index {found[1]} in block {found[0]} on this node, not {proof.log.index}")


def _whose(proof: RowProof) -> str:
    """What is left to be believed of the contracts, with everything that the file says of them."""
    at = proof.deployment
    contracts = ", ".join(f"{name} {getattr(at, name)}" for name in CONTRACTS)
    return f"that these contracts, deployed in block {at.block}, are the brand's: compare its deployment ({contracts})"


def place_of(answer: LogPlace) -> str:
    """Where a log stands, in words."""
    return (
        f"log {answer['place']} of transaction {answer['transaction']} in block {answer['block']}"
        f" of chain {answer['chain']}, {answer['time']}"
    )


def rest_of(answer: LogPlace) -> list[str]:
    """The lines that say what was believed, of whom."""
    asked = f"The node at {answer['node']} has this block at this height."
    return [
        f"Block hash {answer['block_hash']}.",
        *([asked] if answer["node"] else ["No node was asked."]),
        *(f"Not proved: {what}." for what in answer["not_proved"]),
    ]


def in_lines(answer: RowAnswer) -> str:
    """The answer in lines."""
    return "\n".join(
        [
            f"The proof holds: {answer['contract']} at {answer['address']} wrote {answer['log']}, {place_of(answer)}:",
            *(f"  {name:<13} {value}" for name, value in answer["values"].items()),
            *rest_of(answer),
        ]
    )
