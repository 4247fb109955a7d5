"""Blocks with their logs from a node: complete, of one branch and decoded, or an error that says to ask again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ledger_indexer.blocks.branch import require_links
from ledger_indexer.blocks.wire import Header, WireLog
from ledger_indexer.errors import NodeFault, NodeOverloaded, RangeTooLarge, Refused, Unsupported
from ledger_indexer.fetching.completeness import blocks_in_doubt
from ledger_indexer.fetching.ranges import Sizer
from ledger_indexer.fetching.rpc import pause_after_refusal
from ledger_indexer.rows.block_rows import BlockRows, prepare
from ledger_indexer.rows.decode import Book, Decoded, RawLog, book_of, decode_logs, raws_of


class LogSource(Protocol):
    """The questions that following asks of a node; ``client.Node`` answers them."""

    def newest(self) -> Header: ...
    def header_at(self, number: int) -> Header | None: ...
    def header_with(self, block_hash: bytes) -> Header | None: ...
    def headers(self, first: int, last: int) -> list[Header]: ...
    def logs_of_range(self, first: int, last: int, addresses: Sequence[str]) -> list[WireLog]: ...
    def logs_of_block(self, block_hash: bytes, addresses: Sequence[str]) -> list[WireLog]: ...
    def logs_by_receipts(self, block_hash: bytes, addresses: Sequence[str]) -> list[WireLog]: ...


@dataclass(slots=True)
class Fetcher:
    """Asks one node for the logs of one deployment."""

    node: LogSource
    watched: dict[str, str]
    sizer: Sizer = field(default_factory=Sizer)
    _book: Book = field(init=False)
    _addresses: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the readers once."""
        self._book = book_of(self.watched)
        self._addresses = sorted(self.watched.values())

    def blocks(self, headers: Sequence[Header]) -> BlockRows:
        """The logs of blocks already known by hash: the tail's way."""
        wire: list[WireLog] = []
        for header in headers:
            wire.extend(self._checked([header], self.node.logs_of_block(header.hash, self._addresses)))
        return self._decoded(list(headers), wire)

    def range(self, first: int, last: int) -> BlockRows:
        """The blocks of a range, both ends included, in one call or in as many as the node can bear."""
        headers = self.node.headers(first, last)
        require_links(headers[0], headers[1:])
        wire = self._checked(headers, self._logs(first, last))
        self.sizer.answered(last - first + 1, len(wire))
        return self._decoded(headers, wire)

    def _logs(self, first: int, last: int) -> list[WireLog]:
        return logs_of(self.node, first, last, self._addresses, self.sizer)

    def _checked(self, headers: Sequence[Header], wire: list[WireLog]) -> list[WireLog]:
        for header in blocks_in_doubt(headers, wire, self._addresses):
            name = "0x" + header.hash.hex()
            mine = [log for log in wire if log.blockHash == name]
            try:
                theirs = self.node.logs_by_receipts(header.hash, self._addresses)
            except Refused:
                theirs = self.node.logs_of_block(header.hash, self._addresses)
            if mine != theirs:
                raise NodeFault(
                    f"the node gave {len(mine)} logs of block {header.number} whose receipts hold {len(theirs)}"
                )
        return wire

    def _decoded(self, headers: list[Header], wire: Sequence[WireLog]) -> BlockRows:
        return prepare(headers, self.decode(wire, {header.number: header.time for header in headers}))

    def decode(self, wire: Sequence[WireLog], times: Mapping[int, int]) -> Decoded:
        """Rows from the wire; ``times`` gives each block's Unix time."""
        try:
            raws: list[RawLog] = raws_of(wire)
        except ValueError as error:
            raise NodeFault(f"the node sent a log that is not hex: {error}") from error
        return decode_logs(raws, times, self._book)


def logs_of(node: LogSource, first: int, last: int, addresses: Sequence[str], sizer: Sizer) -> list[WireLog]:
    """The logs of a range in as many calls as the node wants; ``sizer`` remembers what it took.

    A refusal in words that we do not know is tried with less, after a pause; if less goes well, the range was at fault.

    Raises:
        RangeTooLarge: a single block is too much.
        Refused: the node refuses even a single block; the error holds its words.
        NodeUnavailable: it is busy, at the first refusal: smaller questions would only be more of them.
    """
    logs: list[WireLog] = []
    size, refused, pauses = last - first + 1, 0, 0
    while first <= last:
        end = min(last, first + size - 1)
        try:
            logs += node.logs_of_range(first, end, addresses)
        except NodeOverloaded:
            sizer.broke_down(end - first + 1)
            raise
        except (RangeTooLarge, Refused) as refusal:
            if first == end or isinstance(refusal, Unsupported):
                raise
            if isinstance(refusal, Refused):
                pause_after_refusal(pauses)
                pauses += 1
            refused = end - first + 1
            size = refused // 2
            continue
        if refused:
            sizer.refused(refused)
            refused = 0
        first = end + 1
    return logs
