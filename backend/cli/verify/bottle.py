"""A bottle's proof file: its code leads to the root that stands on chain for its batch."""

import json
from typing import Any

from eth_hash.auto import keccak

from backend.cli.verify.asking import ask, require_chain
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.proof_form import DoesNotHold, NotAProof
from scanner.device.names import batch_id
from scanner.errors import Malformed
from scanner.evidence.proof_file import ProofFile, parse_proof, proves

_UNITS_ROOT = keccak(b"unitsRoot(bytes32)")[:4]


def check(text: str, rpc: str, deployment: Deployment | None) -> dict[str, Any]:
    """The bottle and where its codes stand, once the node at `rpc` says the same.

    Raises:
        DoesNotHold: it does not, or the proof is of another ledger than the deployment's.
        NotAProof: the text is no proof file.
        NodeSilent: the node did not answer.
    """
    try:
        file = parse_proof(text)
    except Malformed as error:
        raise NotAProof(str(error)) from error
    ledger = "0x" + file.chain.contract.hex()
    if deployment is not None and ledger != deployment.batch_ledger.lower():
        raise DoesNotHold(f"the proof is of ledger {ledger}, the deployment's is {deployment.batch_ledger}")
    return {**_proven(file, rpc), "chain": file.chain.chain_id, "block": file.chain.block}


def told(answer: dict[str, Any]) -> str:
    """The answer in a sentence."""
    return (
        f"The proof holds: bottle {answer['serial']} belongs to batch {answer['batch']} of {answer['gtin']}, "
        f"in case {answer['sscc']}; its codes stand in block {answer['block']} of chain {answer['chain']}.\n"
        "That the record was not changed is proved; what is in the bottle is not."
    )


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


def _proven(file: ProofFile, rpc: str) -> dict[str, str]:
    """The bottle, once its code leads to the root that stands on chain where the file says.

    Raises:
        DoesNotHold: it does not.
        NodeSilent: the node did not answer.
    """
    bottle = bottle_of(file)
    if not proves(file):
        raise DoesNotHold("the code does not lead to the root in the file")
    require_chain(rpc, file.chain.chain_id)
    ledger = "0x" + file.chain.contract.hex()
    batch = batch_id(bottle["gtin"], bottle["batch"])
    data = "0x" + _UNITS_ROOT.hex() + batch.hex()
    root = ask(rpc, "eth_call", {"to": ledger, "data": data}, "latest")
    if root != "0x" + file.checkpoint.root.hex():
        raise DoesNotHold(f"the ledger holds another root of codes for batch {bottle['batch']}: {root}")
    _check_place(file, rpc, ledger, batch, root)
    return bottle


def _check_place(file: ProofFile, rpc: str, ledger: str, batch: bytes, root: str) -> None:
    """The transaction named in the file is in its block, and wrote this root for this batch to this contract."""
    transaction = "0x" + file.chain.transaction.hex()
    receipt = ask(rpc, "eth_getTransactionReceipt", transaction)
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
