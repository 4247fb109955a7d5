"""Checks of a node against itself: header against name, block against parent, receipts against root, logs.

What is found here needs no second opinion: both sides of the contradiction are the node's own words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.blocks.receipts import EMPTY_ROOT, block_hash, names_itself, receipts_root
from ledger_indexer.blocks.wire import WireLog, WireReceipt
from ledger_indexer.errors import IndexerError, NodeFault
from ledger_indexer.fetching.client import Node
from ledger_indexer.fetching.fetcher import logs_of
from ledger_indexer.fetching.ranges import Sizer

_HEADERS, _RECEIPTS, _TRIES = 200, 20, 3
_EMPTY = "0x" + EMPTY_ROOT.hex()
_Place = tuple[int, int]
_LogFields = tuple[str, tuple[str, ...], str]


class _Lie(Exception):
    """Two of the node's own words that exclude each other."""


@dataclass(slots=True)
class _Rules:
    """Which of Ethereum's rules this chain was shown to follow: headers' hashes, receipts' roots."""

    hashed: bool
    rooted: bool


class _Moved(Exception):
    """The node's chain was rewritten while it was read: not a lie, to be read again."""


def hashes_itself(node: Node, number: int) -> bool:
    """Whether a node's header hashes to its own name, by Ethereum's rules; no answer shows nothing."""
    try:
        (header,) = node.full_headers(number, number)
    except IndexerError:
        return False
    return names_itself(header)


def contradiction(node: Node, deployment: Deployment, first: int, last: int, *, hashed: bool) -> str | None:
    """The first place in a range of blocks where a node contradicts itself, in words; None when nowhere.

    ``hashed`` says that this chain hashes headers by Ethereum's rules, which another node may have shown.

    Raises:
        NodeUnavailable, NodeFault: the node does not answer, or its chain is rewritten again and again.
    """
    watched = frozenset(deployment.watched.values())
    for _ in range(_TRIES):
        try:
            _walk(node, watched, first, last, _Rules(hashed, rooted=hashed))
        except _Lie as lie:
            return str(lie)
        except _Moved:
            continue
        return None
    raise NodeFault(f"{node.url} rewrote its chain whenever it was read")


def _walk(node: Node, watched: frozenset[str], first: int, last: int, rules: _Rules) -> None:
    below: str | None = None
    for start in range(first, last + 1, _HEADERS):
        headers = node.full_headers(start, min(last, start + _HEADERS - 1))
        for number, header in enumerate(headers, start):
            _header(node, header, number, below, rules.hashed)
            below = header["hash"]
        for place in range(0, len(headers), _RECEIPTS):
            _logs(node, headers[place : place + _RECEIPTS], watched, rules)


def _header(node: Node, header: Mapping[str, str], number: int, below: str | None, hashed: bool) -> None:
    name = header["hash"]
    if hashed and "0x" + block_hash(header).hex() != name:
        raise _Lie(f"its header of block {number} hashes to 0x{block_hash(header).hex()}, not to its name {name}")
    if int(header["number"], 16) != number:
        raise _Lie(f"asked for block {number} it gives block {int(header['number'], 16)}")
    if below is None or header["parentHash"] == below:
        return
    again, under = node.header_at(number), node.header_at(number - 1)
    if again is None or under is None or (_hex(again.hash), _hex(under.hash)) != (name, below):
        raise _Moved
    raise _Lie(f"its block {number} stands on {header['parentHash']}, but its block {number - 1} is {below}")


def _logs(node: Node, headers: Sequence[Mapping[str, str]], watched: frozenset[str], rules: _Rules) -> None:
    """Receipts against the roots of their headers, then what ``eth_getLogs`` says against the receipts."""
    wanted = [header for header in headers if header.get("receiptsRoot") != _EMPTY]
    answers = node.receipts([bytes.fromhex(h["hash"][2:]) for h in wanted]) if wanted else []
    proven: dict[_Place, _LogFields] = {}
    for header, receipts in zip(wanted, answers, strict=True):
        number = int(header["number"], 16)
        root = "0x" + receipts_root(receipts).hex()
        rules.rooted = rules.rooted or root == header.get("receiptsRoot")
        if rules.rooted and root != header.get("receiptsRoot"):
            raise _Lie(
                f"its {len(receipts)} receipts of block {number} have the root {root}, its header names"
                f" {header.get('receiptsRoot')}: it withholds or alters a receipt"
            )
        proven.update(_receipt_logs(number, receipts, watched))
    listed: dict[_Place, _LogFields] = {}
    names = {int(header["number"], 16): header["hash"] for header in headers}
    for log in _listed_logs(node, headers, watched):
        number = int(log.blockNumber, 16)
        if names.get(number) != log.blockHash:
            raise _Moved
        listed[number, int(log.logIndex, 16)] = _fields_of(log)
    for place in sorted({*proven, *listed}):
        _compare(place, proven.get(place), listed.get(place))


def _receipt_logs(number: int, receipts: Sequence[WireReceipt], watched: frozenset[str]) -> dict[_Place, _LogFields]:
    logs = [log for receipt in receipts for log in receipt.logs]
    return {(number, index): _fields_of(log) for index, log in enumerate(logs) if log.address in watched}


def _listed_logs(node: Node, headers: Sequence[Mapping[str, str]], watched: frozenset[str]) -> list[WireLog]:
    numbers = [int(header["number"], 16) for header in headers]
    return logs_of(node, numbers[0], numbers[-1], sorted(watched), Sizer())


def _compare(place: _Place, proven: _LogFields | None, listed: _LogFields | None) -> None:
    where = f"log {place[1]} of block {place[0]}"
    if listed is None:
        raise _Lie(f"it withholds {where} when asked for logs, though its own receipts hold it")
    if proven is None:
        raise _Lie(f"asked for logs it gives {where}, which its own receipts do not hold")
    if proven != listed:
        raise _Lie(f"asked for logs it gives {where} otherwise than its own receipts")


def _fields_of(log: WireLog) -> _LogFields:
    return log.address, tuple(log.topics), log.data


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
