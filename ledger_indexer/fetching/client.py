"""A node over raw JSON-RPC: bytes of JSON straight into small structs, no objects of a client library in between."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ledger_indexer.blocks.forms import hex_bytes, normalize, quantity
from ledger_indexer.blocks.receipts import is_odd_log, is_odd_receipt, with_defaults
from ledger_indexer.blocks.wire import Header, WireHeader, WireLog, WireReceipt
from ledger_indexer.errors import ForkMoved, NodeFault, NotYet, RangeTooLarge, Refused
from ledger_indexer.fetching.rpc import BATCH, Rpc, request


class _LogsAnswer(msgspec.Struct):
    """An answer to ``eth_getLogs``, read in one pass: it may be megabytes."""

    result: list[WireLog] | None = None
    error: dict[str, object] | str | None = None


_logs_answer = msgspec.json.Decoder(_LogsAnswer)
_anything = msgspec.json.Decoder()
_header = msgspec.json.Decoder(WireHeader | None)
_receipts = msgspec.json.Decoder(list[WireReceipt] | None)
_block = msgspec.json.Decoder(dict[str, object] | None)
_REQUIRED = ("number", "hash", "parentHash", "timestamp")


class Node:
    """One node. Every method may raise NodeUnavailable (wait) or NodeFault (the answer makes no sense)."""

    def __init__(
        self, url: str, *, timeout_s: float = 30.0, headers_per_call: int = BATCH, patience_s: float = 0.0
    ) -> None:
        """Prepare, without a connection yet. ``patience_s``: how long a busy node is waited for before NodeBusy."""
        self.url = url
        self._rpc = Rpc(url, timeout_s=timeout_s, batch=headers_per_call, patience_s=patience_s)
        self._is_odd = False
        self._lacks: set[str] = set()

    def close(self) -> None:
        """Close the connections."""
        self._rpc.close()

    def call(self, method: str, *params: object) -> object:
        """One JSON-RPC call, its result as JSON has it. Raises Refused with the node's code and words."""
        result: object = self._rpc.read(_anything, self._rpc.ask(method, params))
        return result

    def number(self, method: str, *params: object) -> int:
        """One call whose answer is a number."""
        answer = self.call(method, *params)
        try:
            return quantity(answer)
        except ValueError as error:
            raise NodeFault(f"{self.url} answers {method} with {answer!r}") from error

    def chain_id(self) -> int:
        """The chain's id."""
        return self.number("eth_chainId")

    def code(self, address: str) -> bytes:
        """A contract's runtime code at the newest block; empty where there is none."""
        return self._bytes(self.call("eth_getCode", address, "latest") or "0x")

    def block(self, name: str | int) -> Mapping[str, str] | None:
        """A block's fields in our form, by its number or a name such as ``latest``; None when there is none."""
        answer = self.call("eth_getBlockByNumber", name if isinstance(name, str) else hex(name), False)
        return None if answer is None else self._normal_header(answer)

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
        return self._one_header("eth_getBlockByHash", _hex(block_hash), False)

    def headers(self, first: int, last: int) -> list[Header]:
        """The headers of a range, both ends included, in batches."""
        found: list[Header] = []
        for number, raw in self._blocks(first, last):
            wire = self._rpc.read(_header, raw)
            if wire is None:
                raise NodeFault(f"the node has no block {number} although it has later ones")
            found.append(self._header(wire))
        return found

    def full_headers(self, first: int, last: int) -> list[dict[str, str]]:
        """The headers of a range with every field that their hash commits to, in our form.

        Each has a number, a hash, a parentHash and a timestamp; what is not text is left out.
        """
        found = []
        for number, raw in self._blocks(first, last):
            block = self._rpc.read(_block, raw)
            if block is None:
                raise NodeFault(f"the node has no block {number}")
            header = self._normal_header(block)
            if any(name not in header for name in _REQUIRED):
                raise NodeFault(f"{self.url} sent a header that cannot be read: block {number} lacks a field")
            found.append(header)
        return found

    def logs_of_range(self, first: int, last: int, addresses: Collection[str]) -> list[WireLog]:
        """The contracts' logs in a range of blocks; raises RangeTooLarge when the node will not answer for it."""
        wanted = {"fromBlock": hex(first), "toBlock": hex(last), "address": sorted(addresses)}
        return self._logs(wanted)

    def logs_of_block(self, block_hash: bytes, addresses: Collection[str]) -> list[WireLog]:
        """The contracts' logs in exactly this block."""
        name = _hex(block_hash)
        if "blockHash" not in self._lacks:
            try:
                logs = self._logs({"blockHash": name, "address": sorted(addresses)})
                if all(log.blockHash == name for log in logs):
                    return logs
            except Refused:
                pass
        logs = self._logs_at_height_of(block_hash, addresses)
        self._lacks.add("blockHash")
        return logs

    def _logs_at_height_of(self, block_hash: bytes, addresses: Collection[str]) -> list[WireLog]:
        """The same from a node that knows no ``blockHash`` in a question about logs."""
        header = self.header_with(block_hash)
        if header is None:
            raise NodeFault(f"the node does not know block {_hex(block_hash)}")
        logs = self.logs_of_range(header.number, header.number, addresses)
        now = self.header_at(header.number)
        if now is None or now.hash != block_hash or any(log.blockHash != _hex(block_hash) for log in logs):
            raise ForkMoved(f"block {header.number} is another one than it was")
        return logs

    def logs_by_receipts(self, block_hash: bytes, addresses: Collection[str]) -> list[WireLog]:
        """The contracts' logs in a block, read from its receipts: the slow way that cannot overlook one."""
        (receipts,) = self.receipts([block_hash])
        return [log for receipt in receipts for log in receipt.logs if log.address in addresses]

    def receipts(self, block_hashes: Sequence[bytes]) -> list[list[WireReceipt]]:
        """All receipts of some blocks; raises Unsupported where the node offers them in no way."""
        return self._rpc.retry_while_busy(lambda: self._receipts(block_hashes))

    def _receipts(self, block_hashes: Sequence[bytes]) -> list[list[WireReceipt]]:
        if "eth_getBlockReceipts" not in self._lacks:
            calls = [("eth_getBlockReceipts", (_hex(block_hash),)) for block_hash in block_hashes]
            try:
                answers = self._rpc.ask_all(calls)
                return [self._receipts_of(h, raw) for h, raw in zip(block_hashes, answers, strict=True)]
            except (Refused, RangeTooLarge):
                pass
        found = [self._receipts_one_by_one(block_hash) for block_hash in block_hashes]
        self._lacks.add("eth_getBlockReceipts")
        return found

    def _receipts_of(self, block_hash: bytes, raw: msgspec.Raw) -> list[WireReceipt]:
        receipts: list[WireReceipt] | None
        try:
            receipts = _receipts.decode(raw)
        except msgspec.ValidationError:
            self._is_odd, receipts = True, []
        if receipts is None:
            raise NotYet(f"the node has no receipts of block {_hex(block_hash)}")
        if self._is_odd or (receipts and is_odd_receipt(receipts[0])):
            return self._normal_receipts(self._rpc.read(_anything, raw))
        return receipts

    def _receipts_one_by_one(self, block_hash: bytes) -> list[WireReceipt]:
        """A block's receipts by its transactions, from a node that does not give them together."""
        block = self._rpc.read(_block, self._rpc.ask("eth_getBlockByHash", (_hex(block_hash), False)))
        if block is None:
            raise NotYet(f"the node does not know block {_hex(block_hash)}")
        hashes = block.get("transactions") or []
        if not isinstance(hashes, list):
            raise NodeFault(f"{self.url} sent a block whose transactions are no list")
        answers = self._rpc.ask_all([("eth_getTransactionReceipt", (each,)) for each in hashes])
        receipts = [self._rpc.read(_anything, raw) for raw in answers]
        if None in receipts:
            raise NotYet(f"the node has not yet all receipts of block {_hex(block_hash)}")
        return self._normal_receipts(receipts)

    def _normal_receipts(self, receipts: object) -> list[WireReceipt]:
        try:
            return [msgspec.convert(with_defaults(normalize(each)), WireReceipt) for each in _list(receipts)]
        except (ValueError, TypeError, AttributeError) as error:
            raise NodeFault(f"{self.url} sent a receipt that cannot be read: {error}") from error

    def raw_transactions(self, block_hash: bytes, count: int) -> list[bytes] | None:
        """All transactions of a block as they stand in its trie; None where the node does not hand them out."""
        places = [(_hex(block_hash), hex(n)) for n in range(count)]
        try:
            answers = self._rpc.ask_all([("eth_getRawTransactionByBlockHashAndIndex", place) for place in places])
        except (NodeFault, RangeTooLarge):
            return None
        found = [self._rpc.read(_anything, raw) for raw in answers]
        try:
            return [hex_bytes(each) for each in found]
        except ValueError:
            return None

    def views(self, calls: Sequence[tuple[str, bytes]], block: int) -> list[bytes]:
        """What contracts answer, each asked as (address, call data), in the state after a block."""
        asked = [("eth_call", ({"to": to, "data": _hex(data)}, hex(block))) for to, data in calls]
        return [self._bytes(self._rpc.read(_anything, raw)) for raw in self._rpc.ask_all(asked)]

    def _blocks(self, first: int, last: int) -> Iterable[tuple[int, msgspec.Raw]]:
        numbers = range(first, last + 1)
        calls = [("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        return zip(numbers, self._rpc.ask_all(calls), strict=True)

    def _logs(self, wanted: Mapping[str, object]) -> list[WireLog]:
        return self._rpc.retry_while_busy(lambda: self._logs_now(request("eth_getLogs", (wanted,))))

    def _logs_now(self, body: bytes) -> list[WireLog]:
        raw = self._rpc.post(body)
        try:
            answer = _logs_answer.decode(raw)
        except msgspec.ValidationError:
            self._is_odd = True
            return self._odd_logs(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._rpc.read(_logs_answer, raw)
            raise
        if answer.error is not None:
            raise self._rpc.refusal(answer.error, "eth_getLogs")
        if answer.result is None:
            raise NotYet(f"{self.url} has no logs to give, not even none")
        if self._is_odd or (answer.result and is_odd_log(answer.result[0])):
            self._is_odd = True
            return self._odd_logs(raw)
        return answer.result

    def _odd_logs(self, raw: bytes) -> list[WireLog]:
        """Logs in other forms than ours, brought to ours; it takes ten times as long."""
        answer = self._rpc.read(_anything, raw)
        try:
            if answer.get("error") is not None:
                raise self._rpc.refusal(answer["error"], "eth_getLogs")
            return [msgspec.convert(normalize(each), WireLog) for each in answer["result"]]
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise NodeFault(f"{self.url} sent logs that cannot be read: {error}") from error

    def _one_header(self, method: str, *params: object) -> Header | None:
        wire = self._rpc.read(_header, self._rpc.ask(method, params))
        return None if wire is None else self._header(wire)

    def _header(self, wire: WireHeader) -> Header:
        try:
            return wire.header()
        except (ValueError, OverflowError) as error:
            raise NodeFault(f"{self.url} sent a header that cannot be read: {error}") from error

    def _normal_header(self, block: object) -> dict[str, str]:
        try:
            return {name: value for name, value in normalize(block).items() if isinstance(value, str)}
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            raise NodeFault(f"{self.url} sent a header that cannot be read: {error}") from error

    def _bytes(self, value: object) -> bytes:
        try:
            return hex_bytes(value)
        except ValueError as error:
            raise NodeFault(f"{self.url} sent bytes that are not hex: {error}") from error


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    return value


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
