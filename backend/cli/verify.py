"""`jiulian verify`: a bottle's proof file against any node; no database, no settings, no word of ours on trust."""

import json
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from eth_hash.auto import keccak

from scanner.device.names import batch_id
from scanner.errors import Malformed
from scanner.evidence.proof_file import ProofFile, parse_proof, proves

app = typer.Typer()
_TIMEOUT_S = 15.0
_UNITS_ROOT = keccak(b"unitsRoot(bytes32)")[:4]


class DoesNotHold(Exception):
    """The proof says something that the chain, or mathematics, does not."""


class NodeSilent(Exception):
    """The node gave no answer, so nothing is said either way."""


def _ask(rpc: str, method: str, *params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    try:
        answer = httpx2.post(rpc, json=body, timeout=_TIMEOUT_S).json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise NodeSilent(f"the node at {rpc} does not answer: {error}") from error
    if not isinstance(answer, dict) or "result" not in answer:
        told = answer.get("error") if isinstance(answer, dict) else answer
        raise NodeSilent(f"the node at {rpc} cannot answer {method}: {told}")
    return answer["result"]


def bottle_of(file: ProofFile) -> dict[str, str]:
    """The bottle that the proof is about: gtin, batch, serial, sscc and inner (a hash).

    Raises:
        DoesNotHold: the leaf is not that of a bottle.
    """
    try:
        bottle = json.loads(file.leaf)
        return {key: str(bottle[key]) for key in ("gtin", "batch", "serial", "sscc", "inner")}
    except (ValueError, TypeError, KeyError) as error:
        raise DoesNotHold("the proof is not about a bottle") from error


def check(file: ProofFile, rpc: str) -> dict[str, str]:
    """The bottle, once its code leads to the root that stands on chain where the file says.

    Raises:
        DoesNotHold: it does not.
        NodeSilent: the node did not answer.
    """
    bottle = bottle_of(file)
    if not proves(file):
        raise DoesNotHold("the code does not lead to the root in the file")
    chain = int(_ask(rpc, "eth_chainId"), 16)
    if chain != file.chain.chain_id:
        raise DoesNotHold(f"the proof is of chain {file.chain.chain_id}, this node is of chain {chain}")
    ledger = "0x" + file.chain.contract.hex()
    batch = batch_id(bottle["gtin"], bottle["batch"])
    data = "0x" + _UNITS_ROOT.hex() + batch.hex()
    root = _ask(rpc, "eth_call", {"to": ledger, "data": data}, "latest")
    if root != "0x" + file.checkpoint.root.hex():
        raise DoesNotHold(f"the ledger holds another root of codes for batch {bottle['batch']}: {root}")
    _check_place(file, rpc, ledger, batch, root)
    return bottle


def _check_place(file: ProofFile, rpc: str, ledger: str, batch: bytes, root: str) -> None:
    """The transaction named in the file is in its block, and wrote this root for this batch to this contract."""
    transaction = "0x" + file.chain.transaction.hex()
    receipt = _ask(rpc, "eth_getTransactionReceipt", transaction)
    if receipt is None:
        raise DoesNotHold(f"the chain has no transaction {transaction}")
    if int(receipt["blockNumber"], 16) != file.chain.block:
        raise DoesNotHold(f"the transaction is in block {int(receipt['blockNumber'], 16)}, not in {file.chain.block}")
    for log in receipt["logs"]:
        topics = log["topics"]
        words = [log["data"][at : at + 64] for at in range(2, len(log["data"]), 64)]
        written = len(topics) == 4 and topics[2] == "0x" + batch.hex() and root[2:] in words
        if written and log["address"].lower() == ledger:
            return
    raise DoesNotHold("the transaction did not write the codes of this batch")


def _read(path: Path) -> ProofFile:
    try:
        return parse_proof(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {path}: {error}") from error
    except Malformed as error:
        raise DoesNotHold(f"the file is not a proof: {error}") from error


@app.callback(invoke_without_command=True, context_settings={"allow_interspersed_args": True})
def verify(
    file: Annotated[Path, typer.Argument(help="the proof of a bottle, as its page offers it")],
    rpc: Annotated[str, typer.Option(help="JSON-RPC address of any node of the chain")] = "http://127.0.0.1:8545",
    json_output: Annotated[bool, typer.Option("--json", help="answer as JSON")] = False,
) -> None:
    """Check a proof file against a node. Exits with 1 when it does not hold, with 3 when the node is silent."""
    answer: dict[str, Any]
    try:
        proof = _read(file)
        answer = {"holds": True, **check(proof, rpc), "chain": proof.chain.chain_id, "block": proof.chain.block}
    except DoesNotHold as error:
        answer = {"holds": False, "reason": str(error)}
    except NodeSilent as error:
        answer = {"holds": None, "reason": str(error)}
    typer.echo(json.dumps(answer, ensure_ascii=False) if json_output else _sentence(answer))
    if not answer["holds"]:
        raise typer.Exit(3 if answer["holds"] is None else 1)


def _sentence(answer: dict[str, Any]) -> str:
    if answer["holds"] is None:
        return f"Not checked: {answer['reason']}"
    if not answer["holds"]:
        return f"The proof does not hold: {answer['reason']}"
    return (
        f"The proof holds: bottle {answer['serial']} belongs to batch {answer['batch']} of {answer['gtin']}, "
        f"in case {answer['sscc']}; its codes stand in block {answer['block']} of chain {answer['chain']}.\n"
        "That the record was not changed is proved; what is in the bottle is not."
    )
