"""Exporting the proof of a row that mirror and node have alike; one that fails its own check is never handed out."""

import re
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection

from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.blocks.receipts import block_hash, receipts_root
from ledger_indexer.blocks.wire import WireReceipt
from ledger_indexer.errors import NodeFault, NotProvable, WrongChain
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.proving.decoding import RAW, as_text
from ledger_indexer.proving.proof_file import DoesNotHold, HeadProof, NotAProof, RowProof
from ledger_indexer.proving.row_proof import make_proof
from ledger_indexer.rows import tables
from ledger_indexer.rows.copying import TABLE_OF
from ledger_indexer.rows.decode import RawLog

_NAME_OF = {table.name: name for name, table in TABLE_OF.items()}
_RAW_TABLES = (tables.RAW_LOG, tables.quarantine.name)
_ROW = re.compile(r"(\w+):(\d{1,18}):(\d{1,9})")
_EVIDENCE = re.compile(r"(?:ni:///sha-256;|0x)?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class RowKey:
    """A row of the mirror: its table (as in SQL) and its key."""

    table: str
    block: int
    index: int

    def __str__(self) -> str:
        """As the command takes it."""
        return f"{self.table}:{self.block}:{self.index}"


def key_of(log: str, place: tuple[int, int]) -> RowKey:
    """The row of a contract's log, by the log's name, its block and its index there."""
    return RowKey(TABLE_OF[log].name, *place)


def find_row(conn: Connection, wanted: str) -> RowKey:
    """The row that is named: `TABLE:BLOCK:LOGINDEX`, a capture's evidence (`ni:///sha-256;…` or hex), `head:LOGNAME`.

    Raises:
        NotProvable: it is none of these, or the mirror has no such capture or log.
    """
    if wanted.startswith("head:"):
        return _newest_head(conn, wanted.removeprefix("head:"))
    if row := _ROW.fullmatch(wanted):
        table = next((t for t, name in _NAME_OF.items() if row[1] in (t, name)), row[1])
        return RowKey(table, int(row[2]), int(row[3]))
    if evidence := _EVIDENCE.fullmatch(wanted):
        raw = bytes.fromhex(evidence[1])
        position = queries.positions_of(conn, [raw]).get(raw)
        if position is None:
            raise NotProvable(f"the mirror has no capture with evidence 0x{raw.hex()}")
        table = tables.captured if position.refused is None else tables.capture_refused
        if position.refused is None and queries.declaration(conn, raw) is not None:
            table = tables.capture_voided
        return RowKey(table.name, position.block_number, position.log_index)
    raise NotProvable(f"{wanted!r} is neither TABLE:BLOCK:LOGINDEX, nor an evidence, nor head:LOGNAME")


def _newest_head(conn: Connection, log: str) -> RowKey:
    number = _EVIDENCE.fullmatch(log)
    head = queries.head(conn, bytes.fromhex(number[1]) if number else sha256(log.encode()).digest())
    if head is None:
        raise NotProvable(f"the mirror has no accepted head of a log {log}")
    return RowKey(tables.head_accepted.name, head.block_number, head.log_index)


def prove_row(node: Node, snapshot: Snapshot, deployment: Deployment, place: RowKey) -> RowProof:
    """The proof of a row that mirror and chain have alike.

    Raises:
        NotProvable: the row is not in the mirror, or the node has its block, receipts or log otherwise.
        WrongChain: there is no mirror of this deployment, or the node is on another chain.
        NodeUnavailable, NodeFault: the node does not answer.
    """
    if snapshot.tip() is None or snapshot.digest() != deployment.digest:
        raise WrongChain("there is no mirror of this deployment to prove from")
    chain = node.chain_id()
    if chain != deployment.chain_id:
        raise WrongChain(f"the node at {node.url} is on chain {chain}, the deployment on chain {deployment.chain_id}")
    name, values, stored = _mirrored(snapshot, place)
    header = _header(node, snapshot, place.block)
    own = bytes.fromhex(header["hash"][2:])
    (receipts,) = node.receipts([own])
    try:
        root = "0x" + receipts_root(receipts).hex()
    except (ValueError, OverflowError) as error:
        raise NodeFault(f"{node.url} sent receipts of block {place.block} that are not hex: {error}") from error
    if root != header["receiptsRoot"].lower():
        raise NotProvable(
            f"the node's {len(receipts)} receipts of block {place.block} have the root {root}, its header names"
            f" {header['receiptsRoot']}: the node withholds or alters a receipt"
        )
    try:
        proof = make_proof(deployment, header, receipts, place.index, node.raw_transactions(own, len(receipts)))
    except (DoesNotHold, NotAProof) as error:
        raise NotProvable(f"{place} is in the mirror, but the chain does not prove it: {error}") from error
    _agree(place, proof, receipts, name, values, stored)
    return proof


def prove_head(node: Node, snapshot: Snapshot, deployment: Deployment, place: RowKey) -> HeadProof:
    """The proof of an evidence log's head; a leaf and an earlier head may be added. Raises as ``prove_row``."""
    return HeadProof(anchored=prove_row(node, snapshot, deployment, place))


def _mirrored(snapshot: Snapshot, place: RowKey) -> tuple[str, list[str], RawLog]:
    """The row's name and values (none for a row that is kept as bytes), and its raw log."""
    known = _NAME_OF.get(place.table)
    if known is None and place.table not in _RAW_TABLES:
        names = ", ".join((*_NAME_OF, *_RAW_TABLES))
        raise NotProvable(f"table {place.table} holds no logs; rows that can be proven stand in {names}")
    stored = {raw.log_index: raw for raw in snapshot.raws(place.block, place.block)}.get(place.index)
    missing = NotProvable(f"the mirror has no row {place}")
    if known is None:
        parked = (place.block, place.index) in snapshot.quarantined(place.block, place.block)
        if stored is None or (place.table == tables.quarantine.name and not parked):
            raise missing
        return RAW, [], stored
    rows = {row[1]: row for row in snapshot.rows(known, place.block, place.block)}
    if place.index not in rows:
        raise missing
    if stored is None:
        raise NotProvable(f"the mirror has {place}, but not the raw log that it was read from")
    return known, [as_text(value) for value in rows[place.index][2:]], stored


def _header(node: Node, snapshot: Snapshot, number: int) -> dict[str, str]:
    """The node's header, once it is the one that the mirror followed and hashes to its own name."""
    mine = snapshot.blocks(number, number).get(number)
    if mine is None:
        raise NotProvable(f"the mirror has no header of block {number}")
    (header,) = node.full_headers(number, number)
    try:
        named, own = header["hash"].lower(), block_hash(header)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NodeFault(f"{node.url} sent a header of block {number} that cannot be read: {error}") from error
    if named != "0x" + mine[0].hex():
        raise NotProvable(f"the node has another block {number}: {named}, the mirror 0x{mine[0].hex()}")
    if own != mine[0]:
        raise NotProvable(
            f"the node's header of block {number} does not hash to 0x{mine[0].hex()}: it is altered, or this chain"
            " does not hash headers by Ethereum's rules and offers no proof that others can check"
        )
    return header


def _agree(
    place: RowKey, proof: RowProof, receipts: list[WireReceipt], name: str, values: list[str], stored: RawLog
) -> None:
    """The mirror's row and raw log against what the chain proves."""
    log = receipts[proof.transaction.index].logs[proof.log.place]
    theirs = (
        proof.transaction.index,
        proof.log.address,
        "0x" + "".join(log.topics).replace("0x", ""),
        log.data,
        proof.transaction.hash,
    )
    mine = (stored.tx_index, *map(as_text, (stored.address, stored.topics, stored.data, stored.tx_hash)))
    for what, ours, proven in zip(
        ("transaction index", "address", "topics", "data", "tx_hash"), mine, theirs, strict=True
    ):
        if ours != proven:
            raise NotProvable(f"{place}: the mirror's raw log has {what} {ours}, the chain {proven}")
    if name == RAW:
        return
    if proof.row.name != name:
        raise NotProvable(f"{place}: the chain's log is {proof.row.name}")
    expected = {"tx_hash": proof.transaction.hash, "block_time": str(proof.row.time), **proof.row.values}
    for (field, proven), ours in zip(expected.items(), values, strict=True):
        if ours != proven:
            raise NotProvable(f"{place}: the mirror's {field} is {ours}, the chain's {proven}")
