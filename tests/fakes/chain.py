"""A chain in memory, and a node of it that can lag, lie, withhold, repeat itself and fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.logs import Captured
from ledger_indexer.blocks.wire import Header, WireLog
from ledger_indexer.errors import NodeFault, NodeUnavailable, RangeTooLarge
from ledger_indexer.fetching.completeness import bloom_of
from ledger_indexer.rows.movements import Step

T = TypeVar("T")
LEDGER = "0x" + "a2" * 20
DEPLOYMENT = Deployment(
    chain_id=31337,
    access_manager="0x" + "a0" * 20,
    participants="0x" + "a1" * 20,
    batch_ledger=LEDGER,
    evidence_log="0x" + "a3" * 20,
    block=1,
    finality_depth=4,
)
_TOPIC = parse_declaration(Captured.declaration).topic0


def _hash(*parts: object) -> bytes:
    return sha256(repr(parts).encode()).digest()


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


@dataclass(frozen=True)
class Block:
    """A block of the fake chain: its header and the logs of our contracts in it."""

    header: Header
    logs: tuple[WireLog, ...]


@dataclass
class FakeChain:
    """Blocks from genesis on; every block it ever had stays known by hash."""

    blocks: list[Block] = field(default_factory=list)
    ever: dict[bytes, Block] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        """A genesis block without logs."""
        if not self.blocks:
            self.mine(0)

    @property
    def head(self) -> Header:
        """The newest header."""
        return self.blocks[-1].header

    def mine(self, captures: int, *, batch: int = 1) -> Block:
        """Add a block with so many harvests of a batch; no two blocks are ever the same."""
        self.made += 1
        number = len(self.blocks)
        parent = self.blocks[-1].header.hash if self.blocks else bytes(32)
        block_hash = _hash("block", self.made, number, parent)
        logs = tuple(self._capture(number, block_hash, index, batch) for index in range(captures))
        bloom = bloom_of(
            (bytes.fromhex(log.address[2:]), bytes.fromhex("".join(log.topics).replace("0x", ""))) for log in logs
        )
        header = Header(number, block_hash, parent, bloom.to_bytes(256, "big"), 1_700_000_000 + number)
        block = Block(header, logs)
        self.blocks.append(block)
        self.ever[block_hash] = block
        return block

    def rewind(self, depth: int) -> None:
        """Forget the newest blocks, but never genesis."""
        del self.blocks[max(1, len(self.blocks) - depth) :]

    def logs(self) -> list[WireLog]:
        """All logs of the surviving chain from the deployment on."""
        return [log for block in self.blocks[DEPLOYMENT.block :] for log in block.logs]

    def _capture(self, number: int, block_hash: bytes, index: int, batch: int) -> WireLog:
        words = [int(Step.HARVEST), 10 + index, 0, 0, 1_700_000_000, 0, 0, 0]
        evidence = _hash("evidence", self.made, index)
        topics = [_TOPIC, evidence, batch.to_bytes(32, "big"), (7).to_bytes(32, "big")]
        return WireLog(
            address=LEDGER,
            topics=[_hex(topic) for topic in topics],
            data=_hex(b"".join(w.to_bytes(32, "big") for w in words)),
            blockNumber=hex(number),
            blockHash=_hex(block_hash),
            transactionHash=_hex(_hash("tx", self.made, index)),
            transactionIndex=hex(index),
            logIndex=hex(index),
        )


@dataclass
class FakeNode:
    """Answers for a chain. ``faults`` are taken one for each answer about logs or headers, honest when used up.

    ``withhold`` drops a log, ``repeat`` sends one twice, ``fail`` answers nothing, ``too_large`` refuses a range and
    ``forget`` knows no such block. ``between`` is called after each answer: the moment for the chain to change.
    """

    chain: FakeChain
    faults: list[str] = field(default_factory=list)
    between: Callable[[], None] = lambda: None
    calls: int = 0

    def newest(self) -> Header:
        """The newest header."""
        self._take("newest")
        return self._done(self.chain.head)

    def header_at(self, number: int) -> Header | None:
        """The header at a height."""
        blocks = self.chain.blocks
        return self._done(blocks[number].header if number < len(blocks) else None)

    def header_with(self, block_hash: bytes) -> Header | None:
        """The header with a hash, unless forgotten."""
        if self._take("header_with") == "forget":
            return None
        block = self.chain.ever.get(block_hash)
        return self._done(block.header if block else None)

    def headers(self, first: int, last: int) -> list[Header]:
        """The headers of a range."""
        self._take("headers")
        blocks = self.chain.blocks[first : last + 1]
        if len(blocks) != last - first + 1:
            raise NodeFault("no such block")
        return self._done([block.header for block in blocks])

    def logs_of_range(self, first: int, last: int, addresses: Sequence[str]) -> list[WireLog]:
        """The logs of a range, if the fault allows."""
        logs = [log for block in self.chain.blocks[first : last + 1] for log in block.logs]
        return self._done(self._spoilt(logs, self._take("logs_of_range")))

    def logs_of_block(self, block_hash: bytes, addresses: Sequence[str]) -> list[WireLog]:
        """The logs of a block, if the fault allows."""
        logs = list(self.chain.ever[block_hash].logs)
        return self._done(self._spoilt(logs, self._take("logs_of_block")))

    def logs_by_receipts(self, block_hash: bytes, addresses: Sequence[str]) -> list[WireLog]:
        """The logs of a block from its receipts, always honest."""
        return self._done(list(self.chain.ever[block_hash].logs))

    def _take(self, method: str) -> str:
        self.calls += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "fail":
            raise NodeUnavailable("the fake node is down")
        if fault == "too_large" and method == "logs_of_range":
            raise RangeTooLarge("too many blocks")
        return fault

    def _spoilt(self, logs: list[WireLog], fault: str) -> list[WireLog]:
        if fault == "withhold" and logs:
            # The last log of a busy block can only be missed by the receipts root: the audit's work.
            return [log for log in logs if log.blockNumber != logs[0].blockNumber]
        if fault == "repeat" and logs:
            return [logs[0], *logs]
        return logs

    def _done(self, answer: T) -> T:
        self.between()
        return answer
