"""The kinds of nodes in the zoo: what each is known for, by its documentation, its source or reports of its users."""

from collections.abc import Callable
from typing import Any, ClassVar

from tests.fakes.zoo import Json, Kind, Reply, error, html, is_header, told

VALIDATORS = "0x" + "f8" * 241
"""Extra data as a proof-of-authority header has it: vanity, validators and their seals."""
_KNOWN, _LOW_NONCE, _UNDERPRICED = "already", "nonce", "underpriced"


class Geth(Kind):
    """A receipt that is not indexed yet is an error, not null; a batch holds 1,000 calls."""

    def __init__(self) -> None:
        super().__init__()
        self._asked_for = 0

    def refuse(self, method: str, params: list[Any]) -> Json | None:
        """The first questions about receipts come too early."""
        if method == "eth_getTransactionReceipt":
            self._asked_for += 1
            if self._asked_for <= 3:
                return error(-32000, "transaction indexing is in progress")
        return super().refuse(method, params)


class BesuQbft(Kind):
    """Headers with validators and seals, hashed without the seals; batches of a few; a minimum gas price."""

    batch_most = 16
    range_most = 12
    words: ClassVar[dict[str, str]] = {
        _KNOWN: "Known transaction",
        _LOW_NONCE: "Nonce too low",
        _UNDERPRICED: "Replacement transaction",
    }

    def too_many(self, calls: list[Json]) -> Reply:
        """One object for the whole batch."""
        return told(error(-32600, f"Number of requests in batch exceeds max batch size ({self.batch_most})"))

    def too_wide(self, blocks: int) -> Json:
        """In Besu's words."""
        return error(-32005, f"Requested range exceeds maximum RPC range limit {self.range_most}")

    def tell(self, method: str, params: list[Any], result: Any) -> Any:
        """Validators in the header, and neither the withdrawals nor the blobs of Ethereum's main chain."""
        if is_header(method, result):
            later = ("withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash")
            kept = {name: value for name, value in result.items() if name not in later}
            return {**kept, "extraData": VALIDATORS, "mixHash": "0x" + "63" * 32, "difficulty": "0x1"}
        return result


class Legacy(Kind):
    """A chain before EIP-1559: no base fee in the header, no tip to ask for, and no typed transactions."""

    missing = ("eth_maxPriorityFeePerGas", "eth_feeHistory", "eth_getBlockReceipts")

    def refuse(self, method: str, params: list[Any]) -> Json | None:
        """A typed transaction is not one that it knows."""
        if method == "eth_sendRawTransaction" and params[0].startswith("0x02"):
            return error(-32602, "transaction type not supported: type 0x02")
        return super().refuse(method, params)

    def tell(self, method: str, params: list[Any], result: Any) -> Any:
        """Headers of Ethereum's first rules."""
        if is_header(method, result):
            gone = ("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot")
            return {name: value for name, value in result.items() if name not in (*gone, "requestsHash")}
        return result


class Erigon(Kind):
    """Refuses each call of a large batch with no id, answers the others out of order; no logs by a block's hash."""

    batch_most = 10
    range_most = 20
    words: ClassVar[dict[str, str]] = {
        _KNOWN: "INTERNAL_ERROR: existing tx with same hash",
        _LOW_NONCE: "nonce too low",
        _UNDERPRICED: "could not replace existing tx",
    }

    def too_many(self, calls: list[Json]) -> Reply:
        """An error in each place, none of which says for whom it is."""
        words = f"batch limit {self.batch_most} exceeded (can increase by --rpc.batch.limit). Requested batch of size: "
        return told([error(-32000, words + str(len(calls))) for _ in calls])

    def too_wide(self, blocks: int) -> Json:
        """A query that took too long."""
        return error(-32000, "query timeout exceeded")

    def refuse(self, method: str, params: list[Any]) -> Json | None:
        """Logs are asked for by numbers."""
        if method == "eth_getLogs" and "blockHash" in params[0]:
            return error(-32602, "invalid argument 0: json: unknown field blockHash")
        return super().refuse(method, params)

    def arrange(self, answers: list[Json]) -> list[Json]:
        """Whichever is ready first."""
        return answers[::-1]


class Nethermind(Kind):
    """Its own words for everything; ids as texts; receipts that are null for a while."""

    batch_most = 24
    words: ClassVar[dict[str, str]] = {
        _KNOWN: "AlreadyKnown",
        _LOW_NONCE: "OldNonce, Current nonce: 7, nonce of rejected tx: 3",
        _UNDERPRICED: "ReplacementNotAllowed",
    }

    def __init__(self) -> None:
        super().__init__()
        self._asked_for: dict[str, int] = {}

    def too_many(self, calls: list[Json]) -> Reply:
        """With an error that names no id."""
        return told(error(-32600, f"Batch size limit exceeded, {len(calls)}"))

    def tell(self, method: str, params: list[Any], result: Any) -> Any:
        """Receipts come a little after their block."""
        if method in ("eth_getBlockReceipts", "eth_getTransactionReceipt"):
            seen = self._asked_for[params[0]] = self._asked_for.get(params[0], 0) + 1
            return None if seen <= 2 else result
        return result

    def arrange(self, answers: list[Json]) -> list[Json]:
        """Ids as texts."""
        return [{**answer, "id": str(answer["id"])} for answer in answers]


class FiscoBcos(Kind):
    """Milliseconds, numbers as numbers, no root or hash by Ethereum's rules, no batches, no receipts of a block."""

    batch_most = 0
    missing = ("eth_getBlockReceipts", "eth_feeHistory", "eth_getRawTransactionByBlockHashAndIndex")
    words: ClassVar[dict[str, str]] = {
        _KNOWN: "AlreadyInTxPool",
        _LOW_NONCE: "NonceCheckFail",
        _UNDERPRICED: "TransactionRefused",
    }

    def too_many(self, calls: list[Json]) -> Reply:
        """Not even understood."""
        return told(error(-32700, "Invalid JSON request"), 400)

    def tell(self, method: str, params: list[Any], result: Any) -> Any:
        """Blocks of a chain that is not Ethereum."""
        if is_header(method, result):
            gone = ("mixHash", "sha3Uncles", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "requestsHash")
            kept = {name: value for name, value in result.items() if name not in gone}
            time = int(result["timestamp"], 16)
            return {
                **kept,
                "timestamp": hex(time * 1_000 + 7),
                "receiptsRoot": "0x" + "5a" * 32,
                "number": int(result["number"], 16),
                "extraData": VALIDATORS,
            }
        if method in ("eth_chainId", "eth_getTransactionCount", "eth_gasPrice"):
            return int(result, 16)
        return result


class Bsc(Kind):
    """A small range of blocks, a base fee of zero, long extra data, fields that nobody else has."""

    range_most = 5

    def too_wide(self, blocks: int) -> Json:
        """In its own words."""
        return error(-32005, "exceed maximum block range: 5")

    def tell(self, method: str, params: list[Any], result: Any) -> Any:
        """A validator's header."""
        if is_header(method, result):
            return {**result, "extraData": VALIDATORS, "baseFeePerGas": "0x0", "milliTimestamp": "0x197b1"}
        return result


class OddForms(Kind):
    """Writes what it likes: upper-case hex, zeros in front, decimal text."""

    def tell(self, method: str, params: list[Any], result: Any) -> Any:
        """Everything in forms that mean the same."""
        if method == "eth_getLogs":
            return [_odd(log) for log in result]
        if method in ("eth_getBlockReceipts", "eth_getTransactionReceipt") and result:
            return [_odd(each) for each in result] if isinstance(result, list) else _odd(result)
        if is_header(method, result):
            return {**_odd(result), "transactions": result["transactions"]}
        if method in ("eth_chainId", "eth_maxPriorityFeePerGas", "eth_getTransactionCount"):
            return str(int(result, 16))
        return result


class Hosted(Kind):
    """Counts its requests: now and then it wants to be left alone, in HTTP's way, and its door breaks down."""

    batch_most = 20
    range_most = 10

    def __init__(self) -> None:
        super().__init__()
        self._broken: set[int] = set()
        self._left_alone_until = 0.0
        self.impatience = 0

    def too_often(self) -> Reply | None:
        """HTTP 429, and again, with another rest, when asked before the rest is over."""
        now = self.arrived[-1]
        if now < self._left_alone_until - 0.02:
            self.impatience += 1
            return html(429, "Too Many Requests", **{"Retry-After": "1"})
        if self.requests % 20 == 0:
            self._left_alone_until = now + 1
            return html(429, "Too Many Requests", **{"Retry-After": "1"})
        return html(502, "Bad Gateway") if self.requests % 31 == 0 else None

    def too_many(self, calls: list[Json]) -> Reply:
        """HTTP 413 of the web server before it."""
        return html(413, "Request Entity Too Large")

    def too_wide(self, blocks: int) -> Json:
        """With advice."""
        return error(-32602, f"query returned more than 10000 results. Try with this block range [0x0, {blocks:#x}].")


class ComputeUnits(Kind):
    """A host that counts compute units: of a large batch the last calls are refused, each by itself.

    They come back request by request and not second by second, so that it refuses slow machines as often as quick ones.
    """

    budget, refill = 15, 2

    def __init__(self) -> None:
        super().__init__()
        self._left, self._seen = self.budget, 0

    def refuse(self, method: str, params: list[Any]) -> Json | None:
        """What does not fit into what is left, by one code or another."""
        self._left = min(self.budget, self._left + self.refill * (self.requests - self._seen))
        self._seen = self.requests
        if self._left < 1:
            code = 429 if len(self.refused) % 2 else -32005
            return error(code, "Your app has exceeded its compute units per second capacity")
        self._left -= 1
        return super().refuse(method, params)


class Terse(Kind):
    """Refuses in words that say nothing, and never the same: only less, or its books, tell what it means."""

    batch_most = 7
    range_most = 6
    words: ClassVar[dict[str, str]] = {
        _KNOWN: "rejected (E17)",
        _LOW_NONCE: "rejected (E18)",
        _UNDERPRICED: "rejected (E19)",
    }

    def too_many(self, calls: list[Json]) -> Reply:
        """Nothing but a number."""
        return told(error(-32099, "E42"))

    def too_wide(self, blocks: int) -> Json:
        """The same for a range."""
        return error(-32099, "E43")


class LatestIsFinal(Kind):
    """A single node or layer 2: no tag but ``latest``, neither ``finalized`` nor ``pending``, and no tip to ask for."""

    missing = ("eth_feeHistory", "eth_maxPriorityFeePerGas")

    def refuse(self, method: str, params: list[Any]) -> Json | None:
        """Tags of later rules are not known."""
        if any(each in ("finalized", "safe", "pending") for each in params if isinstance(each, str)):
            return error(-32602, "invalid block tag")
        return super().refuse(method, params)


def _odd(entry: Json) -> Json:
    """A header, log or receipt in forms that mean the same."""
    changed: Json = {}
    for name, value in entry.items():
        if name == "logs":
            changed[name] = [_odd(log) for log in value]
        elif name == "topics":
            changed[name] = ["0x" + topic[2:].upper() for topic in value]
        else:
            changed[name] = _ODD[name](value) if name in _ODD and value is not None else value
    return changed


def _upper(value: str) -> str:
    return "0x" + value[2:].upper()


def _decimal(value: str) -> str:
    return str(int(value, 16))


def _padded(value: str) -> str:
    return "0x0" + value[2:].upper()


def _plain(value: str) -> int:
    return int(value, 16)


_UPPER = (
    "hash",
    "parentHash",
    "blockHash",
    "transactionHash",
    "address",
    "data",
    "logsBloom",
    "receiptsRoot",
    "stateRoot",
)
_ODD: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(_UPPER, _upper),
    **dict.fromkeys(("number", "transactionIndex", "status"), _decimal),
    **dict.fromkeys(("blockNumber", "timestamp", "gasUsed", "cumulativeGasUsed"), _padded),
    **dict.fromkeys(("logIndex", "gasLimit", "type"), _plain),
}
KINDS: tuple[type[Kind], ...] = (
    Geth,
    BesuQbft,
    Legacy,
    Erigon,
    Nethermind,
    FiscoBcos,
    Bsc,
    OddForms,
    Hosted,
    ComputeUnits,
    Terse,
    LatestIsFinal,
)
