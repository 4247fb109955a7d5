"""A bottle's proof file: its code leads to the root that stands on chain for its batch."""

import json

from eth_hash.auto import keccak

from backend.cli.verify.answers import BottleAnswer, BottleCode
from backend.cli.verify.asking import receipt_of, require_chain, words
from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.logs import Captured
from ledger_indexer.proving.proof_file import DoesNotHold, NotAProof
from scanner.codes.run import origin
from scanner.device.event_values import Step
from scanner.device.names import batch_id
from scanner.errors import Malformed
from scanner.evidence.proof_file import ProofFile, format_proof, parse_proof, proves

_UNITS_ROOT = keccak(b"unitsRoot(bytes32)")[:4]
_CAPTURED = "0x" + parse_declaration(Captured.declaration).topic0.hex()
_STEP_WORD, _UNITS_WORD = 0, 5
"""Where the data of a `Captured` has the step and the root of its units, in words."""


def check(text: str, rpc: str, deployment: Deployment | None) -> BottleAnswer:
    """The bottle and where its codes stand, once the node at `rpc` says the same.

    Raises:
        DoesNotHold: it does not, or the proof is of another ledger than the deployment's.
        NotAProof: the text is no proof file.
        NodeSilent: the node did not answer.
    """
    file = code_file(text)
    ledger = "0x" + file.chain.contract.hex()
    if deployment is not None and ledger != deployment.batch_ledger.lower():
        raise DoesNotHold(f"the proof is of ledger {ledger}, the deployment's is {deployment.batch_ledger}")
    bottle = bottle_of(file)
    _require_on_chain(file, bottle, rpc)
    brands = f"that the ledger at {ledger} is the brand's: compare its deployment"
    left = [] if deployment is not None else [brands]
    return {
        **bottle,
        "chain": file.chain.chain_id,
        "block": file.chain.block,
        "transaction": "0x" + file.chain.transaction.hex(),
        "node": rpc,
        "not_proved": [*left, *unproved(file), "what is in the bottle"],
    }


def in_lines(answer: BottleAnswer) -> str:
    """The answer in lines."""
    return "\n".join(
        [
            f"The proof holds: bottle {answer['serial']} belongs to batch {answer['batch']} of {answer['gtin']}, "
            f"in case {answer['sscc']}; its codes stand in block {answer['block']} of chain {answer['chain']}, "
            f"by the node at {answer['node']}.",
            "That the record was not changed is proved.",
            *(f"Not proved: {what}." for what in answer["not_proved"]),
        ]
    )


def unproved(file: ProofFile) -> list[str]:
    """What the path to a root does not show: at the edge of a tree the same path fits lists of several lengths."""
    return [f"that the code is number {file.index} of a list of {file.checkpoint.size}: only that it is in the list is"]


def code_file(text: str) -> ProofFile:
    """The file, in its one spelling: so that what a person reads in it is all there is to it.

    Raises:
        NotAProof: it is none, or holds what nothing here would check.
    """
    try:
        file = parse_proof(text)
    except Malformed as error:
        raise NotAProof(str(error)) from error
    if file.signatures or file.checkpoint.extensions:
        raise NotAProof("the checkpoint of a bottle's codes has neither signatures nor further lines")
    if format_proof(file) != text:
        raise NotAProof("it is not in the one spelling of such files")
    return file


def bottle_of(file: ProofFile) -> BottleCode:
    """The bottle whose code leads to the root in the file: gtin, batch, serial, sscc and inner (a hash).

    Raises:
        DoesNotHold: it does not, the leaf is not that of a bottle, or the root is given as that of other codes.
    """
    try:
        leaf = json.loads(file.leaf)
        bottle: BottleCode = {
            "gtin": str(leaf["gtin"]),
            "batch": str(leaf["batch"]),
            "serial": str(leaf["serial"]),
            "sscc": str(leaf["sscc"]),
            "inner": str(leaf["inner"]),
        }
    except (ValueError, TypeError, KeyError) as error:
        raise DoesNotHold("the proof is not about a bottle") from error
    if not proves(file):
        raise DoesNotHold("the code does not lead to the root in the file")
    named = origin(file.chain.chain_id, bottle["gtin"], bottle["batch"])
    if file.checkpoint.origin != named:
        raise DoesNotHold(f"the checkpoint is of {file.checkpoint.origin}, the bottle's codes are {named}")
    return bottle


def _require_on_chain(file: ProofFile, bottle: BottleCode, rpc: str) -> None:
    """The root stands on chain for the bottle's batch, by the transaction that the file names.

    Raises:
        DoesNotHold: it does not.
        NodeSilent: the node did not answer.
    """
    require_chain(rpc, file.chain.chain_id)
    ledger = "0x" + file.chain.contract.hex()
    batch, root = batch_id(bottle["gtin"], bottle["batch"]).hex(), file.checkpoint.root.hex()
    (held,) = words(rpc, ledger, "0x" + _UNITS_ROOT.hex() + batch, 1)
    if held != root:
        raise DoesNotHold(f"the ledger holds another root of codes for batch {bottle['batch']}: 0x{held}")
    receipt = receipt_of(rpc, "0x" + file.chain.transaction.hex())
    block = int(receipt.block_number, 16)
    if block != file.chain.block:
        raise DoesNotHold(f"the transaction is in block {block}, not in {file.chain.block}")
    for log in receipt.logs:
        topics = [each.lower() for each in log.topics]
        of_batch = topics[0:1] == [_CAPTURED] and topics[2:3] == ["0x" + batch]
        if log.address.lower() == ledger and of_batch and _commissions(log.words, root):
            return
    raise DoesNotHold("the transaction did not write the codes of this batch")


def _commissions(data: list[str], root: str) -> bool:
    return len(data) > _UNITS_WORD and data[_UNITS_WORD] == root and int(data[_STEP_WORD], 16) == Step.COMMISSION
