"""The audit of the mirror against one node: every block, log, row and balance, to the first difference.

From a node nothing is believed that a hash can check: headers by their own hash and their parents', receipts by
the root their header names, logs by standing in those receipts. What rests on its word alone is listed.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Table

from ledger_indexer.auditing.balances import check_derived, check_getters
from ledger_indexer.auditing.prefetch import prefetch
from ledger_indexer.auditing.report import Difference, Report
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.logs import LOGS
from ledger_indexer.blocks.forms import seconds
from ledger_indexer.blocks.receipts import EMPTY_ROOT, names_itself, receipts_root
from ledger_indexer.blocks.wire import WireLog, WireReceipt
from ledger_indexer.errors import Unsupported, WrongChain
from ledger_indexer.fetching.client import Node
from ledger_indexer.garbage import collect_rarely
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.rows import tables
from ledger_indexer.rows.balance_changes import Changes, fold_unconsigned
from ledger_indexer.rows.copying import TABLE_OF, binary_copy, raw_blocks
from ledger_indexer.rows.decode import Book, RawLog, Row, book_of, decode_logs, raws_of
from ledger_indexer.rows.movements import balance_rows

_HEADERS, _RECEIPTS, _ROWS = 200, 20, 5_000


def audit(
    node: Node, snapshot: Snapshot, deployment: Deployment, first: int | None = None, last: int | None = None
) -> Report:
    """Compare a mirror with a node, from the deployment to the mirror's tip unless a range is given.

    Balances are compared when the range is the whole history. Raises WrongChain when the mirror follows another
    deployment, NodeUnavailable or NodeFault when the node does not answer.
    """
    tip = snapshot.tip()
    if tip is None or snapshot.digest() != deployment.digest:
        raise WrongChain("there is no mirror of this deployment to audit")
    start = deployment.block if first is None else max(first, deployment.block)
    end = tip[0] if last is None else min(last, tip[0])
    check = _Audit(node, snapshot, deployment, Report(start, end))
    try:
        with collect_rarely():
            check.history(start, end)
        if (start, end) == (deployment.block, tip[0]):
            check.whole(tip)
        else:
            check.report.add_unchecked("balances: they sum up the whole history, and only a part was audited")
    except Difference as difference:
        check.report.difference = str(difference)
    return check.report


@dataclass
class _Audit:
    node: Node
    snapshot: Snapshot
    deployment: Deployment
    report: Report
    changes: Changes = field(default_factory=Changes)
    own_hashes: bool | None = None
    own_roots: bool | None = None
    book: Book = field(init=False)
    watched: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.watched = frozenset(self.deployment.watched.values())
        self.book = book_of(self.deployment.watched)
        self.report.add_unchecked("transaction hashes: receipts do not hold them, the node's word was taken")

    def history(self, first: int, last: int) -> None:
        """Headers, then receipts and rows, with what the node is asked for next on its way meanwhile."""
        below: str | None = None
        starts = range(first, last + 1, _HEADERS)
        asked = (partial(self.node.full_headers, start, min(last, start + _HEADERS - 1)) for start in starts)
        with ThreadPoolExecutor(max_workers=2, thread_name_prefix="audit") as pool:
            for headers in prefetch(pool, asked):
                numbers = [int(header["number"], 16) for header in headers]
                mirrored = self.snapshot.blocks(min(numbers), max(numbers))
                for header in headers:
                    self._header(header, below, mirrored)
                    below = header["hash"]
                self._logs(pool, headers)

    def whole(self, tip: tuple[int, bytes]) -> None:
        self._tip(tip)
        for table, block in self.snapshot.strays(self.deployment.block, tip[0]):
            where = "above the mirror's tip" if block > tip[0] else "below the deployment"
            raise Difference(f"table {table} has a row of block {block}, {where}")
        self.report.balances = check_derived(self.snapshot, self.changes, self.report.first, tip[0])
        try:
            check_getters(self.node, self.deployment.batch_ledger, self.snapshot, tip[0])
        except Unsupported as error:
            self.report.add_unchecked(f"balances against the contract's own: {error}")

    def _tip(self, tip: tuple[int, bytes]) -> None:
        header = self.node.header_at(tip[0])
        if header is None or header.hash != tip[1]:
            raise Difference(f"block {tip[0]}: the mirror's tip 0x{tip[1].hex()} is not on the node's chain")

    def _header(
        self, header: Mapping[str, str], below: str | None, mirrored: Mapping[int, tuple[bytes, bytes, int]]
    ) -> None:
        number = int(header["number"], 16)
        name = header["hash"]
        own = names_itself(header)
        if self.own_hashes is None:
            self.own_hashes = own
            if not own:
                self.report.add_unchecked("block hashes: this chain does not hash headers by Ethereum's rules")
        elif self.own_hashes and not own:
            raise Difference(f"block {number}: the node's header does not hash to {name}")
        if below is not None and header["parentHash"] != below:
            raise Difference(f"block {number}: its parent is {header['parentHash']}, but block {number - 1} is {below}")
        mine = mirrored.get(number)
        theirs = (_raw(name), _raw(header["parentHash"]), seconds(header["timestamp"]))
        if mine is not None and mine != theirs:
            raise Difference(
                f"block {number}: the mirror has 0x{mine[0].hex()} of {mine[2]}, the node {name} of {theirs[2]}"
            )
        self.report.blocks += 1

    def _logs(self, pool: ThreadPoolExecutor, headers: Sequence[Mapping[str, str]]) -> None:
        """Compare range by range, so that memory does not grow with history."""
        empty = "0x" + EMPTY_ROOT.hex()
        parts = [headers[start : start + _RECEIPTS] for start in range(0, len(headers), _RECEIPTS)]
        wanted = [[h for h in part if h.get("receiptsRoot") != empty] for part in parts]
        asked = (partial(self._receipts, each) for each in wanted)
        raws: list[RawLog] = []
        times: dict[int, int] = {}
        for part, named, answers in zip(parts, wanted, prefetch(pool, asked), strict=True):
            for header, receipts in zip(named, answers, strict=True):
                raws.extend(self._proven(header, receipts))
            times.update((int(h["number"], 16), seconds(h["timestamp"])) for h in part)
            if len(raws) >= _ROWS or part is parts[-1]:
                self._rows(min(times), max(times), raws, times)
                raws, times = [], {}

    def _receipts(self, headers: Sequence[Mapping[str, str]]) -> list[list[WireReceipt]]:
        return self.node.receipts([_raw(h["hash"]) for h in headers]) if headers else []

    def _proven(self, header: Mapping[str, str], receipts: Sequence[WireReceipt]) -> list[RawLog]:
        """Our logs of a block, once its receipts are shown to be those of its header."""
        number = int(header["number"], 16)
        self._root(number, header.get("receiptsRoot"), receipts)
        ours: list[WireLog] = []
        place = 0
        for order, receipt in enumerate(receipts):
            for log in receipt.logs:
                if log.address in self.watched:
                    log.logIndex, log.transactionIndex = hex(place), hex(order)
                    log.blockNumber, log.transactionHash = header["number"], receipt.transactionHash
                    ours.append(log)
                place += 1
        self.report.receipts += len(receipts)
        self.report.logs += len(ours)
        return raws_of(ours)

    def _root(self, number: int, named: str | None, receipts: Sequence[WireReceipt]) -> None:
        """Receipts against the root of their header; on a chain that hashes neither by Ethereum's rules, nothing is."""
        root = "0x" + receipts_root(receipts).hex()
        if root == named:
            self.own_roots = True
        elif self.own_hashes or self.own_roots:
            raise Difference(
                f"block {number}: its {len(receipts)} receipts have the root {root},"
                f" its header names {named}: the node withholds or alters a receipt"
            )
        elif receipts or self.own_roots is False:
            self.own_roots = False
            self.report.add_unchecked("receipts: this chain's headers name no root of them by Ethereum's rules")

    def _rows(self, first: int, last: int, raws: Sequence[RawLog], times: Mapping[int, int]) -> None:
        decoded = decode_logs(raws, times, self.book)
        if self.snapshot.copied(tables.raw_block, first, last) != raw_blocks(raws):
            _compare(tables.RAW_LOG, raws, self.snapshot.raws(first, last))
        for log in LOGS:
            name = log.__name__
            expected = decoded.rows.get(name, [])
            if not self._same(TABLE_OF[name], first, last, expected):
                _compare(name, expected, self.snapshot.rows(name, first, last))
        wrong = [(raw.block_number, raw.log_index) for raw, _ in decoded.quarantined]
        _compare("quarantine", wrong, self.snapshot.quarantined(first, last))
        rows = balance_rows(decoded.rows)
        fold_unconsigned(rows.captured, rows.consumed, self.changes, voided=rows.voided, restored=rows.restored)

    def _same(self, table: Table, first: int, last: int, expected: Sequence[Row]) -> bool:
        """Whether the range is byte for byte what it has to be; if not, it is compared row by row."""
        return self.snapshot.copied(table, first, last) == binary_copy(table, expected)


def _compare(table: str, expected: Sequence[Row], found: Sequence[Row]) -> None:
    """The first row that one side has and the other has not, or has otherwise; both are in chain order."""
    for theirs, mine in zip(expected, found, strict=False):
        if tuple(theirs) == tuple(mine):
            continue
        if mine[:2] == theirs[:2]:
            raise Difference(
                f"{_where(theirs)}, table {table}: the mirror has {_format(mine)}, the chain {_format(theirs)}"
            )
        if mine[:2] < theirs[:2]:
            raise Difference(
                f"{_where(mine)}, table {table}: the mirror has a row that is not on the chain: {_format(mine)}"
            )
        raise Difference(f"{_where(theirs)}, table {table}: the mirror lacks {_format(theirs)}")
    for theirs in expected[len(found) :]:
        raise Difference(f"{_where(theirs)}, table {table}: the mirror lacks {_format(theirs)}")
    for mine in found[len(expected) :]:
        raise Difference(
            f"{_where(mine)}, table {table}: the mirror has a row that is not on the chain: {_format(mine)}"
        )


def _where(row: Row) -> str:
    block, index, *rest = row
    tx = f", transaction 0x{rest[0].hex()}" if rest and isinstance(rest[0], bytes) else ""
    return f"block {block!s}, log {index!s}{tx}"


def _format(row: Row) -> str:
    return "(" + ", ".join("0x" + v.hex() if isinstance(v, bytes) else str(v) for v in row) + ")"


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])
