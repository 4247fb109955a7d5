"""Reading a raw transaction: who sent it, in which turn, how much gas it may use."""

from dataclasses import dataclass

import coincurve
from eth_hash.auto import keccak

from ledger_indexer import rlp
from ledger_indexer.node.errors import Rejected

_INVALID = -32602

# Positions in the RLP list, by transaction type (EIP-2930, EIP-1559); 0 stands for the untyped one.
_FIELDS = {0: (9, 0, 2), 1: (11, 1, 3), 2: (12, 1, 4)}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A raw transaction and what ordering it needs."""

    raw: bytes
    hash: str
    sender: str
    nonce: int
    gas: int


def parse(raw: bytes) -> Envelope:
    """Read a signed transaction; raises Rejected when it is none or of a kind that this chain does not take.

    Types 3 (blobs) and 4 (set code) are not taken: a block here is ordered by senders' nonces, and type 4 moves
    nonces of accounts that sent nothing.
    """
    if not raw:
        raise Rejected(_INVALID, "the transaction is empty")
    kind = 0 if raw[0] >= 0xC0 else raw[0]
    if kind not in _FIELDS:
        raise Rejected(_INVALID, f"transactions of type {kind} are not taken by the embedded chain")
    length, nonce_at, gas_at = _FIELDS[kind]
    try:
        fields = rlp.decode(raw if kind == 0 else raw[1:])
        if not isinstance(fields, list) or len(fields) != length:
            raise Rejected(_INVALID, f"a transaction of type {kind} has {length} fields")
        sender = _sender(kind, fields)
        return Envelope(
            raw=raw,
            hash="0x" + keccak(raw).hex(),
            sender=sender,
            nonce=_whole(fields[nonce_at]),
            gas=_whole(fields[gas_at]),
        )
    except Rejected:
        raise
    except rlp.NotRlp as error:
        raise Rejected(_INVALID, f"not a signed transaction: it {error}") from error
    except Exception as error:  # of many kinds; all mean bytes that are no transaction
        raise Rejected(_INVALID, f"not a signed transaction: {error}") from error


def hash_of(raw: bytes) -> str:
    """Hash of a raw transaction as 0x hex."""
    return "0x" + keccak(raw).hex()


def _whole(field: rlp.Item) -> int:
    return int.from_bytes(_bytes(field), "big")


def _bytes(field: rlp.Item) -> bytes:
    if not isinstance(field, bytes):
        raise TypeError("a list stands where a value should")
    return field


def _sender(kind: int, fields: list[rlp.Item]) -> str:
    v, r, s = _whole(fields[-3]), _bytes(fields[-2]), _bytes(fields[-1])
    if kind == 0:
        if v < 35:
            raise Rejected(_INVALID, "transactions must name their chain (EIP-155)")
        chain = (v - 35) // 2
        parity = (v - 35) % 2
        unsigned = rlp.encode([*fields[:6], rlp.number(chain), b"", b""])
    else:
        parity = v
        unsigned = bytes([kind]) + rlp.encode(fields[:-3])
    signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + bytes([parity])
    key = coincurve.PublicKey.from_signature_and_message(signature, keccak(unsigned), hasher=None)
    return "0x" + keccak(key.format(compressed=False)[1:])[12:].hex()
