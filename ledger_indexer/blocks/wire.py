"""Headers, receipts and logs as a node's JSON has them, and a header as the mirror keeps it. Pure."""

from typing import NamedTuple

import msgspec

from ledger_indexer.blocks.forms import hex_bytes, quantity, seconds

_NO_BLOOM = bytes(256)
Number = int | float | str


class Header(NamedTuple):
    """What the mirror keeps of a block; ``time`` in Unix seconds, ``bloom`` 256 bytes."""

    number: int
    hash: bytes
    parent: bytes
    bloom: bytes
    time: int


class WireHeader(msgspec.Struct, gc=False):
    """A block's header as a node's JSON has it; only the fields that we read, in whatever form."""

    number: Number
    hash: str
    parentHash: str
    timestamp: Number
    logsBloom: str | None = None

    def header(self) -> Header:
        """As the mirror keeps it. Raises ValueError."""
        own, parent = hex_bytes(self.hash), hex_bytes(self.parentHash)
        bloom = hex_bytes(self.logsBloom) if self.logsBloom else b""
        if len(own) != 32 or len(parent) != 32:
            raise ValueError("a block's hash has 32 bytes")
        # A chain without blooms gives no reason to doubt; its completeness rests on the audit alone.
        return Header(quantity(self.number), own, parent, bloom or _NO_BLOOM, seconds(self.timestamp))


class WireLog(msgspec.Struct, gc=False):
    """A log as a node's JSON has it; only the fields that we read."""

    address: str
    topics: list[str]
    data: str
    blockNumber: str
    blockHash: str
    transactionHash: str
    transactionIndex: str
    logIndex: str


class WireReceipt(msgspec.Struct, gc=False):
    """A receipt as a node's JSON has it; only what its hash commits to, and its transaction."""

    transactionHash: str
    cumulativeGasUsed: str
    logsBloom: str
    logs: list[WireLog]
    status: str | None = None
    root: str | None = None
    type: str = "0x0"
