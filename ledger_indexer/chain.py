"""A node over raw JSON-RPC: bytes of JSON straight into small structs, no objects of a client library in between."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec
import urllib3

from ledger_indexer.decode import WireLog
from ledger_indexer.errors import IndexerError, NodeFault, NodeUnavailable, RangeTooLarge, Unsupported
from ledger_indexer.follow import Header
from ledger_indexer.receipts import WireReceipt

_TOO_MUCH = ("range", "limit", "too many", "too large", "exceed", "more than", "response size", "timeout")
_CONNECTIONS = 8
T = TypeVar("T")


class WireHeader(msgspec.Struct, gc=False):
    """A block's header as a node's JSON has it; only the fields that we read."""

    number: str
    hash: str
    parentHash: str
    logsBloom: str
    timestamp: str

    def header(self) -> Header:
        """As the mirror keeps it."""
        return Header(
            int(self.number, 16),
            bytes.fromhex(self.hash[2:]),
            bytes.fromhex(self.parentHash[2:]),
            bytes.fromhex(self.logsBloom[2:]),
            int(self.timestamp, 16),
        )


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"null")
    id: int | str | None = None
    error: _Error | None = None


class _LogsAnswer(msgspec.Struct):
    """An answer to ``eth_getLogs``, read in one pass: it may be megabytes."""

    result: list[WireLog] = []
    error: _Error | None = None


_answer = msgspec.json.Decoder(_Answer)
_logs_answer = msgspec.json.Decoder(_LogsAnswer)
_answers = msgspec.json.Decoder(list[_Answer])
_anything = msgspec.json.Decoder()
_header = msgspec.json.Decoder(WireHeader | None)
_receipts = msgspec.json.Decoder(list[WireReceipt] | None)
_block = msgspec.json.Decoder(dict[str, Any] | None)


class Node:
    """One node. Every method may raise NodeUnavailable (wait) or NodeFault (the answer makes no sense)."""

    def __init__(self, url: str, *, timeout_s: float = 30.0, headers_per_call: int = 200) -> None:
        """Prepare, without a connection yet."""
        self.url = url
        self._headers_per_call = headers_per_call
        # A quarter of the CPU that clients written in Python alone take for megabytes of logs.
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, timeout=timeout_s, retries=False)
        auth = urllib3.util.parse_url(url).auth
        self._headers = {"Content-Type": "application/json", **urllib3.util.make_headers(basic_auth=auth)}

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def call(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call, decoded as plain Python values."""
        return self._read(_anything, self._ask(method, params))

    def chain_id(self) -> int:
        """The chain's id."""
        return int(self.call("eth_chainId"), 16)

    def code(self, address: str) -> bytes:
        """A contract's runtime code at the newest block; empty where there is none."""
        return bytes.fromhex(self.call("eth_getCode", address, "latest")[2:])

    def newest(self) -> Header:
        """The newest block's header."""
        header = self._one_header("eth_getBlockByNumber", "latest", False)
        if header is None:
            raise NodeFault("the node has no newest block")
        return header

    def header_at(self, number: int) -> Header | None:
        """The header at a height of the node's present chain, or None."""
        return self._one_header("eth_getBlockByNumber", hex(number), False)

    def header_with(self, block_hash: bytes) -> Header | None:
        """The header with this hash, or None when the node does not know it."""
        return self._one_header("eth_getBlockByHash", "0x" + block_hash.hex(), False)

    def headers(self, first: int, last: int) -> list[Header]:
        """The headers of a range, both ends included, in batches."""
        found: list[Header] = []
        for start in range(first, last + 1, self._headers_per_call):
            numbers = range(start, min(last + 1, start + self._headers_per_call))
            calls = [("eth_getBlockByNumber", (hex(n), False)) for n in numbers]
            for number, raw in zip(numbers, self._ask_all(calls), strict=True):
                wire = self._read(_header, raw)
                if wire is None:
                    raise NodeFault(f"the node has no block {number} although it has later ones")
                found.append(self._header(wire))
        return found

    def logs_of_range(self, first: int, last: int, addresses: Collection[str]) -> list[WireLog]:
        """The contracts' logs in a range of blocks; raises RangeTooLarge when the node will not answer for it."""
        wanted = {"fromBlock": hex(first), "toBlock": hex(last), "address": sorted(addresses)}
        return self._logs(wanted)

    def logs_of_block(self, block_hash: bytes, addresses: Collection[str]) -> list[WireLog]:
        """The contracts' logs in exactly this block."""
        wanted = {"blockHash": "0x" + block_hash.hex(), "address": sorted(addresses)}
        return self._logs(wanted)

    def logs_by_receipts(self, block_hash: bytes, addresses: Collection[str]) -> list[WireLog]:
        """The contracts' logs in a block, read from its receipts: the slow way that cannot overlook one."""
        (receipts,) = self.receipts([block_hash])
        return [log for receipt in receipts for log in receipt.logs if log.address in addresses]

    def receipts(self, block_hashes: Sequence[bytes]) -> list[list[WireReceipt]]:
        """All receipts of some blocks; raises Unsupported where the node does not offer them."""
        calls = [("eth_getBlockReceipts", ("0x" + block_hash.hex(),)) for block_hash in block_hashes]
        found = []
        for block_hash, raw in zip(block_hashes, self._ask_all(calls), strict=True):
            receipts = self._read(_receipts, raw)
            if receipts is None:
                raise NodeFault(f"the node has no receipts of block 0x{block_hash.hex()}")
            found.append(receipts)
        return found

    def raw_transactions(self, block_hash: bytes, count: int) -> list[bytes] | None:
        """All transactions of a block as they stand in its trie; None where the node does not hand them out."""
        places = [("0x" + block_hash.hex(), hex(n)) for n in range(count)]
        try:
            answers = self._ask_all([("eth_getRawTransactionByBlockHashAndIndex", place) for place in places])
        except NodeFault:
            return None
        found = [self._read(_anything, raw) for raw in answers]
        try:
            return [bytes.fromhex(each[2:]) for each in found]
        except (TypeError, ValueError):
            return None

    def full_headers(self, first: int, last: int) -> list[dict[str, Any]]:
        """The headers of a range with every field that their hash commits to."""
        calls = [("eth_getBlockByNumber", (hex(n), False)) for n in range(first, last + 1)]
        found = []
        for number, raw in zip(range(first, last + 1), self._ask_all(calls), strict=True):
            block = self._read(_block, raw)
            if block is None:
                raise NodeFault(f"the node has no block {number}")
            found.append(block)
        return found

    def views(self, calls: Sequence[tuple[str, bytes]], block: int) -> list[bytes]:
        """What contracts answer, each asked as (address, call data), in the state after a block."""
        asked = [("eth_call", ({"to": to, "data": "0x" + data.hex()}, hex(block))) for to, data in calls]
        return [bytes.fromhex(self._read(_anything, raw)[2:]) for raw in self._ask_all(asked)]

    def _logs(self, wanted: dict[str, Any]) -> list[WireLog]:
        answer = self._read(_logs_answer, self._post(_request("eth_getLogs", (wanted,))))
        if answer.error is not None:
            raise self._refusal(answer.error, "eth_getLogs")
        return answer.result

    def _one_header(self, method: str, *params: Any) -> Header | None:
        wire = self._read(_header, self._ask(method, params))
        return None if wire is None else self._header(wire)

    def _header(self, wire: WireHeader) -> Header:
        try:
            return wire.header()
        except ValueError as error:
            raise NodeFault(f"{self.url} sent a header that is not hex") from error

    def _ask(self, method: str, params: Sequence[Any]) -> msgspec.Raw:
        return self._result(self._read(_answer, self._post(_request(method, params))), method)

    def _ask_all(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[msgspec.Raw]:
        body = msgspec.json.encode(
            [{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls)]
        )
        answers = {a.id: a for a in self._read(_answers, self._post(body))}
        if len(answers) != len(calls):
            raise NodeFault(f"{self.url} answered {len(answers)} of {len(calls)} calls")
        return [self._result(answers[i], calls[i][0]) for i in range(len(calls))]

    def _post(self, body: bytes) -> bytes:
        try:
            response = self._pool.request("POST", self.url, body=body, headers=self._headers)
        except urllib3.exceptions.HTTPError as error:
            raise NodeUnavailable(f"{self.url} does not answer: {error or type(error).__name__}") from error
        if response.status == 413:
            raise RangeTooLarge(f"{self.url} finds that too much")
        if response.status != 200:
            raise NodeUnavailable(f"{self.url} answered HTTP {response.status}")
        return response.data

    def _result(self, answer: _Answer, method: str) -> msgspec.Raw:
        if answer.error is None:
            return answer.result
        raise self._refusal(answer.error, method)

    def _refusal(self, error: _Error, method: str) -> IndexerError:
        message = error.message
        if method == "eth_getLogs" and any(word in message.lower() for word in _TOO_MUCH):
            return RangeTooLarge(message)
        if error.code in (-32005, 429):
            return NodeUnavailable(f"{self.url} is busy: {message}")
        if error.code == -32601:
            return Unsupported(f"{self.url} does not offer {method}")
        return NodeFault(f"{method}: {message}")

    def _read(self, decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw) -> T:
        try:
            return decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NodeFault(f"{self.url} sent an answer that cannot be read: {error}") from error


def _request(method: str, params: Sequence[Any]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
