"""Making and checking the proof of one row: its log, in its receipt, in its block. Pure; no node is asked.

``check_proof`` believes nothing that the file says: header fields by the block's hash, the receipt by the path from the
header's receipts root, the row by decoding the log's bytes again. What is left to believe is that the block of this
hash stands on the chain, which any node can say, and what ``Proven.unproven`` lists.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from ledger_indexer.bindings.deployments import CONTRACTS, Deployment
from ledger_indexer.blocks.receipts import (
    HEADER_FIELDS,
    block_hash,
    list_path,
    list_root,
    receipt_bytes,
    receipt_key,
    receipt_path,
)
from ledger_indexer.blocks.trie import Broken, value_at
from ledger_indexer.blocks.wire import WireReceipt
from ledger_indexer.proving.decoding import chain_of, log_at, read_log
from ledger_indexer.proving.proof_file import (
    BlockClaim,
    Coordinates,
    DoesNotHold,
    LogClaim,
    NotAProof,
    RowClaim,
    RowProof,
    TransactionClaim,
    raw,
)

_HEX = re.compile(r"0x([0-9a-f]{2})*")
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof has shown; ``values`` are decoded from the proven bytes. ``unproven`` is the file's mere word,
    under the keys ``block``, ``deployment``, ``transaction`` and, where it applies, ``index``.
    """

    block_number: int
    block_hash: bytes
    block_time: int
    transaction_index: int
    place: int
    contract: str
    address: str
    name: str
    values: dict[str, str]
    unproven: dict[str, str]


def make_proof(
    deployment: Deployment,
    header: Mapping[str, str],
    receipts: Sequence[WireReceipt],
    log_index: int,
    transactions: Sequence[bytes] | None = None,
) -> RowProof:
    """The proof of the log at an index of a block, from the block's header and all its receipts.

    With the block's transactions, as they stand in its trie, the transaction's hash is proven as well.

    Raises:
        DoesNotHold: header and receipts do not prove it; a proof that leaves here has passed ``check_proof``.
    """
    order, place = _find(receipts, log_index)
    receipt = receipts[order]
    log = receipt.logs[place]
    at = Coordinates(deployment.chain_id, deployment.block, *(getattr(deployment, name).lower() for name in CONTRACTS))
    topics = bytes.fromhex("".join(log.topics).replace("0x", ""))
    address = log.address.lower()
    _, name, values = read_log(at, address, topics, bytes.fromhex(log.data[2:]))
    kept = {name: header[name].lower() for name in HEADER_FIELDS if header.get(name) is not None}
    proof = RowProof(
        deployment=at,
        block=BlockClaim(int(header["number"], 16), header["hash"].lower(), kept),
        transaction=_claim(order, receipt.transactionHash.lower(), header, transactions),
        receipt="0x" + receipt_bytes(receipt).hex(),
        path=["0x" + node.hex() for node in receipt_path(receipts, order)],
        log=LogClaim(place, log_index, address),
        row=RowClaim(name, int(header["timestamp"], 16), values),
    )
    check_proof(proof)
    return proof


def _claim(order: int, name: str, header: Mapping[str, str], transactions: Sequence[bytes] | None) -> TransactionClaim:
    """The transaction with its path, when these are the transactions that the header commits to."""
    if not transactions or "0x" + list_root(transactions).hex() != header["transactionsRoot"].lower():
        return TransactionClaim(order, name)
    path = ["0x" + node.hex() for node in list_path(transactions, order)]
    return TransactionClaim(order, name, "0x" + transactions[order].hex(), path)


def _find(receipts: Sequence[WireReceipt], log_index: int) -> tuple[int, int]:
    """Which receipt holds the block's n-th log, and where."""
    before = 0
    for order, receipt in enumerate(receipts):
        if log_index < before + len(receipt.logs):
            return order, log_index - before
        before += len(receipt.logs)
    raise DoesNotHold(f"the block's receipts hold {before} logs, none of index {log_index}")


def check_proof(proof: RowProof) -> Proven:
    """Follow the proof from the block's hash down to the row.

    Raises:
        DoesNotHold: something in it is not so; the words name what.
        NotAProof: a field is not even of its form.
    """
    _check_header(proof)
    address, topics, data = log_at(_check_receipt(proof), proof.log.place)
    if proof.log.address != address:
        raise DoesNotHold(f"the log was emitted by address {address}, the file says {proof.log.address}")
    contract, name, values = read_log(proof.deployment, address, topics, data)
    _check_row(proof, name, values)
    _check_places(proof)
    _check_transaction(proof)
    return Proven(
        block_number=proof.block.number,
        block_hash=raw(proof.block.hash, "block hash", 32),
        block_time=proof.row.time,
        transaction_index=proof.transaction.index,
        place=proof.log.place,
        contract=contract,
        address=address,
        name=name,
        values=values,
        unproven=_unproven(proof),
    )


def _check_header(proof: RowProof) -> None:
    header = proof.block.header
    for name, text in header.items():
        if name not in HEADER_FIELDS:
            raise NotAProof(f"the header has a field {name}, which no header has")
        if not (_QUANTITY if HEADER_FIELDS[name] else _HEX).fullmatch(text):
            raise NotAProof(f"the header's {name} is not hexadecimal")
    try:
        own = block_hash(header)
    except KeyError as error:
        raise NotAProof(f"the header lacks {error.args[0]}") from error
    if own != raw(proof.block.hash, "block hash", 32):
        raise DoesNotHold(f"the header hashes to 0x{own.hex()}, not to the block hash named, {proof.block.hash}")
    for what, field, claimed in (("number", "number", proof.block.number), ("time", "timestamp", proof.row.time)):
        if int(header[field], 16) != claimed:
            raise DoesNotHold(f"the header's {what} is {int(header[field], 16)}, the file says {claimed}")


def _check_receipt(proof: RowProof) -> bytes:
    order = proof.transaction.index
    if not 0 <= order < 2**32:
        raise NotAProof("the transaction's index is no place in a block")
    value = _value(raw(proof.block.header["receiptsRoot"], "receipts root", 32), order, proof.path, "receipts")
    if value != raw(proof.receipt, "receipt"):
        raise DoesNotHold(f"the receipt is not the one that stands at transaction {order} of the block")
    return value


def _value(root: bytes, order: int, path: Sequence[str], of: str) -> bytes:
    """What stands at a place of a list of the block's."""
    try:
        return value_at(root, receipt_key(order), [raw(node, "path") for node in path])
    except Broken as error:
        raise DoesNotHold(f"the path from the {of} root to transaction {order} {error}") from error


def _check_row(proof: RowProof, name: str, values: Mapping[str, str]) -> None:
    if proof.row.name != name:
        raise DoesNotHold(f"the log is {name}, the file says {proof.row.name}")
    for field in dict.fromkeys((*values, *proof.row.values)):
        proven, claimed = values.get(field), proof.row.values.get(field)
        if proven != claimed:
            raise DoesNotHold(f"the row's {field} is {proven or 'not there'}, the file says {claimed or 'nothing'}")


def _check_places(proof: RowProof) -> None:
    index, place = proof.log.index, proof.log.place
    if index < place or (proof.transaction.index == 0 and index != place):
        raise DoesNotHold(
            f"log {place} of transaction {proof.transaction.index} cannot have index {index} in its block"
        )
    if proof.block.number < proof.deployment.block:
        raise DoesNotHold(f"block {proof.block.number} is older than the deployment, block {proof.deployment.block}")


def _check_transaction(proof: RowProof) -> None:
    """The transaction's hash and its chain, when the file holds its bytes."""
    claim = proof.transaction
    name = raw(claim.hash, "transaction's hash", 32)
    if claim.raw is None and claim.path is None:
        return
    if claim.raw is None or claim.path is None:
        raise NotAProof("the transaction's bytes and its path come together or not at all")
    root = raw(proof.block.header["transactionsRoot"], "transactions root", 32)
    value = _value(root, claim.index, claim.path, "transactions")
    if value != raw(claim.raw, "transaction"):
        raise DoesNotHold(f"the transaction is not the one that stands at {claim.index} of the block")
    if keccak(value) != name:
        raise DoesNotHold(f"the transaction hashes to 0x{keccak(value).hex()}, the file says {claim.hash}")
    chain = chain_of(value)
    if chain is not None and chain != proof.deployment.chain_id:
        raise DoesNotHold(f"the transaction is signed for chain {chain}, the file says {proof.deployment.chain_id}")


def _unproven(proof: RowProof) -> dict[str, str]:
    at = proof.deployment
    left = {
        "block": f"that block {proof.block.number} of this hash stands on chain {at.chain_id}: ask a node you trust",
        "deployment": f"that the contract at {proof.log.address} is the brand's: compare its deployment",
    }
    if proof.transaction.raw is None:
        left["transaction"] = f"the transaction's hash, {proof.transaction.hash}: receipts do not hold it"
    if proof.transaction.index:
        left["index"] = f"the log's index in the whole block, {proof.log.index}: only its place in the receipt is"
    return left
