"""Normal forms of a node's JSON values: numbers, bytes, times, headers, logs, receipts. Pure.

Ours is that of the Ethereum JSON-RPC: quantities as short lower-case hex, bytes as lower-case hex, times in seconds.
Nodes are known to send numbers as numbers, as decimal text, as hex with zeros in front, and upper-case hex.
"""

from collections.abc import Iterable, Mapping

_SECONDS_MOST = 100_000_000_000
"""A time beyond the year 5000 is one in a finer unit: FISCO BCOS counts milliseconds."""
_HASHES = ("hash", "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom")
_LATER = ("extraData", "mixHash", "nonce", "withdrawalsRoot", "parentBeaconBlockRoot", "requestsHash")
_BYTES = frozenset((*_HASHES, *_LATER, "address", "data", "blockHash", "transactionHash", "root"))
_SIZES = ("number", "gasLimit", "gasUsed", "timestamp", "difficulty", "baseFeePerGas", "blobGasUsed", "excessBlobGas")
_PLACES = ("blockNumber", "logIndex", "transactionIndex", "cumulativeGasUsed", "status", "type")
_QUANTITIES = frozenset((*_SIZES, *_PLACES))


def quantity(value: object) -> int:
    """A number, however it is written: ``"0x1f"``, ``"0X1F"``, ``"0x001f"``, ``"31"``, ``31``.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str):
        text = value.strip().lower()
        return int(text[2:] or "0", 16) if text.startswith("0x") else int(text)
    if isinstance(value, int | float) and value == int(value):
        return int(value)
    raise ValueError(f"{value!r} is no number")


def hex_bytes(value: object) -> bytes:
    """Bytes from hex in either case; ``"0x"`` is none. Raises ValueError."""
    if not isinstance(value, str) or value[:2] not in ("0x", "0X"):
        raise ValueError(f"{value!r} is not hex")
    return bytes.fromhex(value[2:])


def seconds(value: object) -> int:
    """A Unix time in seconds from one in seconds, milli-, micro- or nanoseconds. Raises ValueError."""
    time = quantity(value)
    while time > _SECONDS_MOST:
        time //= 1_000
    return time


def normalize(entry: object) -> dict[str, object]:
    """A header, log or receipt in our form; what we do not read, and what is not text where bytes should be, stays.

    Raises:
        ValueError: it is no JSON object, or holds a number that is none.
    """
    if not isinstance(entry, Mapping):
        raise ValueError(f"{entry!r} is no JSON object")
    return {name: _normal_value(name, value) for name, value in entry.items()}


def _normal_value(name: str, value: object) -> object:
    if value is None:
        return None
    if name in _BYTES:
        return _normal_hex(value)
    if name in _QUANTITIES:
        return hex(quantity(value))
    if name == "topics":
        return [_normal_hex(each) for each in _each(name, value)]
    if name == "logs":
        return [normalize(each) for each in _each(name, value)]
    return value


def _each(name: str, value: object) -> Iterable[object]:
    if not isinstance(value, list):
        raise ValueError(f"{name} are no list: {value!r}")
    return value


def _normal_hex(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.lower()
    return text if text.startswith("0x") else "0x" + text


def is_odd(value: str) -> bool:
    """Whether a quantity or bytes are not in our form."""
    return value[:2] != "0x" or (value[2:3] == "0" and 3 < len(value) < 20) or value != value.lower()
