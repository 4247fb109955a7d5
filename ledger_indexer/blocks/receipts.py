"""What a block's header commits to, recomputed: the Merkle Patricia root of its receipts, its own hash. Pure.

Yellow paper, appendix D (trie), EIP-2718 (typed receipts); header fields in the order of the hard forks.
"""

from binascii import unhexlify
from collections.abc import Mapping, Sequence
from functools import lru_cache

from eth_hash.auto import keccak

from ledger_indexer.blocks.forms import is_odd
from ledger_indexer.blocks.wire import WireLog, WireReceipt
from ledger_indexer.rlp import Nested, encode, head, number

EMPTY_ROOT = keccak(b"\x80")
"""Root of a trie without entries: a block without transactions."""

_HEADER = (
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
)
_LATER = (
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
HEADER_FIELDS = dict((*_HEADER, *_LATER))
"""Every field that a header's hash may commit to, and whether it is a number."""


def is_odd_log(log: WireLog) -> bool:
    """Whether a node writes logs in other forms than ours: one log shows it, for a node keeps its habits."""
    places = (log.blockNumber, log.logIndex, log.transactionIndex)
    return any(map(is_odd, (*places, log.address, log.blockHash, log.transactionHash, *log.topics, log.data)))


def is_odd_receipt(receipt: WireReceipt) -> bool:
    """The same by one receipt."""
    texts = (
        receipt.transactionHash,
        receipt.cumulativeGasUsed,
        receipt.logsBloom,
        receipt.status or "0x0",
        receipt.type,
    )
    return any(map(is_odd, texts)) or any(map(is_odd_log, receipt.logs[:1]))


def with_defaults(receipt: Mapping[str, object]) -> dict[str, object]:
    """A receipt with what a chain without Ethereum's receipts leaves out; their root is not checked there."""
    whole = {"cumulativeGasUsed": "0x0", "logsBloom": "0x", "type": "0x0", "logs": []}
    return {**whole, **{name: value for name, value in receipt.items() if value is not None}}


def _number(text: str) -> bytes:
    return number(int(text, 16))


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def receipt_bytes(receipt: WireReceipt) -> bytes:
    """A receipt as it stands in the trie."""
    outcome = _raw(receipt.root) if receipt.root and receipt.status is None else _number(receipt.status or "0x0")
    logs = unhexlify("".join([_log(log) for log in receipt.logs]))
    fixed = b"".join([encode(outcome), encode(_number(receipt.cumulativeGasUsed)), encode(_raw(receipt.logsBloom))])
    front = head(len(logs), 0xC0)
    body = b"".join([head(len(fixed) + len(front) + len(logs), 0xC0), fixed, front, logs])
    kind = int(receipt.type, 16)
    return body if kind == 0 else bytes((kind,)) + body


def _log(log: WireLog) -> str:
    """A log's RLP in hex, put together from the hex that came: most of an audit is this."""
    size, topics = len(log.data) // 2 - 1, len(log.topics)
    words = "".join(log.topics).replace("0x", "a0")
    if size == 1 or len(log.address) != 42 or len(words) != 66 * topics or log.address[:2] + log.data[:2] != "0x0x":
        return encode([_raw(log.address), [_raw(t) for t in log.topics], _raw(log.data)]).hex()
    before, between = _front(33 * topics, 0xC0), _front(size, 0x80)
    whole = 21 + 33 * topics + size + (len(before) + len(between)) // 2
    return f"{_front(whole, 0xC0)}94{log.address[2:]}{before}{words}{between}{log.data[2:]}"


@lru_cache(maxsize=4_096)
def _front(size: int, offset: int) -> str:
    return head(size, offset).hex()


def receipts_root(receipts: Sequence[WireReceipt]) -> bytes:
    """The root that a header must name for these receipts, in order."""
    entries = {_place(n): receipt_bytes(r) for n, r in enumerate(receipts)}
    return trie_root(entries)


def block_hash(block: Mapping[str, str]) -> bytes:
    """A header's hash from its JSON fields; chains with other header rules give another value."""
    fields = [*_HEADER, *(f for f in _LATER if block.get(f[0]) is not None)]
    return keccak(encode([_number(block[name]) if whole else _raw(block[name]) for name, whole in fields]))


def names_itself(block: Mapping[str, str]) -> bool:
    """Whether a header hashes to its own name by Ethereum's rules; one that lacks their fields does not."""
    try:
        return "0x" + block_hash(block).hex() == block["hash"]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return False


def trie_root(entries: Mapping[bytes, bytes]) -> bytes:
    """Root of a Merkle Patricia trie; keys are nibbles, one a byte."""
    if not entries:
        return EMPTY_ROOT
    return keccak(encode(_node(sorted(entries.items()), 0)))


def trie_path(entries: Mapping[bytes, bytes], key: bytes) -> list[bytes]:
    """The encoded nodes from the root towards a key of the trie; one that stands inside its parent is left out.

    Raises:
        KeyError: the trie has no such key.
    """
    if key not in entries:
        raise KeyError(key)
    under, depth = sorted(entries.items()), 0
    path = [encode(_node(under, 0))]
    while len(under) > 1:
        shared = _shared(under[0][0], under[-1][0], depth)
        if shared == depth == len(key):
            break  # the key ends here: its value stands in this branch
        if shared == depth:
            under = [entry for entry in under if entry[0][depth : depth + 1] == key[depth : depth + 1]]
        depth = max(shared, depth + 1)
        encoded = encode(_node(under, depth))
        if len(encoded) >= 32:
            path.append(encoded)
    return path


def receipt_key(number: int) -> bytes:
    """The key of a block's n-th receipt or transaction in its trie, in bytes."""
    return encode(_index(number))


def receipt_path(receipts: Sequence[WireReceipt], number: int) -> list[bytes]:
    """The encoded nodes that lead from the receipts root to the n-th receipt. KeyError when there is none."""
    return list_path([receipt_bytes(receipt) for receipt in receipts], number)


def list_path(values: Sequence[bytes], number: int) -> list[bytes]:
    """The same for any list that a header commits to, such as the block's transactions."""
    return trie_path({_place(n): value for n, value in enumerate(values)}, _place(number))


def list_root(values: Sequence[bytes]) -> bytes:
    """The root that a header names for such a list."""
    return trie_root({_place(n): value for n, value in enumerate(values)})


@lru_cache(maxsize=4_096)
def _place(number: int) -> bytes:
    return _nibbles(receipt_key(number))


def _index(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _nibbles(key: bytes) -> bytes:
    return bytes(n for byte in key for n in (byte >> 4, byte & 15))


def _node(entries: Sequence[tuple[bytes, bytes]], depth: int) -> Nested:
    """The node for sorted entries that share their first ``depth`` nibbles."""
    first = entries[0][0]
    if len(entries) == 1:
        return [_path(first[depth:], leaf=True), entries[0][1]]
    shared = _shared(first, entries[-1][0], depth)
    if shared > depth:
        return [_path(first[depth:shared], leaf=False), _reference(_node(entries, shared))]
    branch: list[Nested] = []
    value = b""
    if len(first) == depth:
        value, entries = entries[0][1], entries[1:]
    unders: list[list[tuple[bytes, bytes]]] = [[] for _ in range(16)]
    for entry in entries:
        unders[entry[0][depth]].append(entry)
    for under in unders:
        branch.append(_reference(_node(under, depth + 1)) if under else b"")
    return [*branch, value]


def _shared(first: bytes, last: bytes, depth: int) -> int:
    end = min(len(first), len(last))
    while depth < end and first[depth] == last[depth]:
        depth += 1
    return depth


def _reference(node: Nested) -> Nested:
    """A node inside another: itself when shorter than its hash."""
    encoded = encode(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _path(nibbles: bytes, *, leaf: bool) -> bytes:
    """Hex-prefix encoding of a path."""
    odd = len(nibbles) % 2
    flag = (2 if leaf else 0) + odd
    padded = bytes((flag, *(() if odd else (0,)), *nibbles))
    return bytes(padded[n] << 4 | padded[n + 1] for n in range(0, len(padded), 2))
