"""The proof of one mirrored row: its log, in its receipt, in its block. Pure; a stranger checks it without a node.

``check`` believes nothing that the file says: header fields by the block's hash, the receipt by the path from the
header's receipts root, the row by decoding the log's bytes again. What is left to believe is that the block of this
hash stands on the chain, which any node can say, and what ``Proven.unproven`` lists.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger_indexer.bindings.abi import AbiEvent, parse_declaration
from ledger_indexer.bindings.deployments import CONTRACTS, Deployment
from ledger_indexer.bindings.logs import LOGS
from ledger_indexer.decode import Decoder, compile_decoder
from ledger_indexer.errors import Undecodable
from ledger_indexer.proof_form import (
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
from ledger_indexer.receipts import HEADER_FIELDS, WireReceipt, block_hash, receipt_bytes, receipt_key, receipt_path
from ledger_indexer.trie import Broken, Part, read_rlp, value_at

RAW = "RawLog"
"""Name of a row whose log no declaration of ours reads: its values are topics and data."""

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


def make(
    deployment: Deployment, header: Mapping[str, Any], receipts: Sequence[WireReceipt], log_index: int
) -> RowProof:
    """The proof of the log at an index of a block, from the block's header and all its receipts.

    Raises:
        DoesNotHold: header and receipts do not prove it; a proof that leaves here has passed ``check``.
    """
    order, place = _find(receipts, log_index)
    receipt = receipts[order]
    log = receipt.logs[place]
    at = Coordinates(deployment.chain_id, deployment.block, *(getattr(deployment, name).lower() for name in CONTRACTS))
    topics = bytes.fromhex("".join(log.topics).replace("0x", ""))
    address = log.address.lower()
    _, name, values = _read(at, address, topics, bytes.fromhex(log.data[2:]))
    kept = {name: header[name].lower() for name in HEADER_FIELDS if header.get(name) is not None}
    proof = RowProof(
        deployment=at,
        block=BlockClaim(int(header["number"], 16), header["hash"].lower(), kept),
        transaction=TransactionClaim(order, receipt.transactionHash.lower()),
        receipt="0x" + receipt_bytes(receipt).hex(),
        path=["0x" + node.hex() for node in receipt_path(receipts, order)],
        log=LogClaim(place, log_index, address),
        row=RowClaim(name, int(header["timestamp"], 16), values),
    )
    check(proof)
    return proof


def _find(receipts: Sequence[WireReceipt], log_index: int) -> tuple[int, int]:
    """Which receipt holds the block's n-th log, and where."""
    before = 0
    for order, receipt in enumerate(receipts):
        if log_index < before + len(receipt.logs):
            return order, log_index - before
        before += len(receipt.logs)
    raise DoesNotHold(f"the block's receipts hold {before} logs, none of index {log_index}")


def check(proof: RowProof) -> Proven:
    """Follow the proof from the block's hash down to the row.

    Raises:
        DoesNotHold: something in it is not so; the words name what.
        NotAProof: a field is not even of its form.
    """
    _check_header(proof)
    address, topics, data = _log_at(_check_receipt(proof), proof.log.place)
    if proof.log.address != address:
        raise DoesNotHold(f"the log was emitted by address {address}, the file says {proof.log.address}")
    contract, name, values = _read(proof.deployment, address, topics, data)
    _check_row(proof, name, values)
    _check_places(proof)
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
    root = raw(proof.block.header["receiptsRoot"], "receipts root", 32)
    try:
        value = value_at(root, receipt_key(order), [raw(node, "path") for node in proof.path])
    except Broken as error:
        raise DoesNotHold(f"the path from the receipts root to transaction {order} {error}") from error
    if value != raw(proof.receipt, "receipt"):
        raise DoesNotHold(f"the receipt is not the one that stands at transaction {order} of the block")
    return value


def _log_at(receipt: bytes, place: int) -> tuple[str, bytes, bytes]:
    """Address, topics in a row and data of a log in a receipt's bytes (EIP-2718: a type may stand before them)."""
    try:
        fields = read_rlp(receipt if receipt[0] >= 0xC0 else receipt[1:])
    except Broken as error:
        raise DoesNotHold(f"the receipt {error}") from error
    logs = fields[3] if isinstance(fields, list) and len(fields) >= 4 else None
    if not isinstance(logs, list):
        raise DoesNotHold("the receipt holds no list of logs")
    if not 0 <= place < len(logs):
        raise DoesNotHold(f"the receipt holds {len(logs)} logs, none at place {place}")
    return _log(logs[place])


def _log(part: Part) -> tuple[str, bytes, bytes]:
    if isinstance(part, list) and len(part) == 3:
        address, topics, data = part
        if isinstance(address, bytes) and isinstance(topics, list) and isinstance(data, bytes):
            words = [topic for topic in topics if isinstance(topic, bytes) and len(topic) == 32]
            if len(address) == 20 and len(words) == len(topics):
                return "0x" + address.hex(), b"".join(words), data
    raise DoesNotHold("the receipt holds something that is not a log")


@lru_cache
def _readers() -> dict[tuple[str, bytes], tuple[AbiEvent, Decoder]]:
    events = [(log.contract, parse_declaration(log.declaration)) for log in LOGS]
    return {(contract, event.topic0): (event, compile_decoder(event)) for contract, event in events}


def _read(at: Coordinates, address: str, topics: bytes, data: bytes) -> tuple[str, str, dict[str, str]]:
    """The contract, the log's name and its values as text; a log that the mirror cannot read stays bytes there too."""
    watched = {
        "AccessManager": at.access_manager,
        "Participants": at.participants,
        "BatchLedger": at.batch_ledger,
        "EvidenceLog": at.evidence_log,
    }
    contract = next((name for name, where in watched.items() if where == address), None)
    if contract is None:
        raise DoesNotHold(f"the log was emitted by address {address}, where the deployment has no contract")
    unread = {"topics": "0x" + topics.hex(), "data": "0x" + data.hex()}
    event, reader = _readers().get((contract, topics[:32]), (None, None))
    if event is None or reader is None:
        return contract, RAW, unread
    try:
        values = reader(topics, data)
    except Undecodable:
        return contract, RAW, unread
    return contract, event.name, {each.name: plain(value) for each, value in zip(event.inputs, values, strict=True)}


def plain(value: Any) -> str:
    """A value of a row as text: bytes in 0x hex, numbers in decimals."""
    return "0x" + value.hex() if isinstance(value, bytes) else str(value).lower()


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
    raw(proof.transaction.hash, "transaction's hash", 32)


def _unproven(proof: RowProof) -> dict[str, str]:
    at = proof.deployment
    left = {
        "block": f"that block {proof.block.number} of this hash stands on chain {at.chain_id}: ask a node you trust",
        "deployment": f"that the contract at {proof.log.address} is the brand's: compare its deployment",
        "transaction": f"the transaction's hash, {proof.transaction.hash}: receipts do not hold it",
    }
    if proof.transaction.index:
        left["index"] = f"the log's index in the whole block, {proof.log.index}: only its place in the receipt is"
    return left
