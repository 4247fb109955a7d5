"""Values and decisions of anchoring. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from scanner.device.capture import Capture

LOG = sha256(b"jiulian-evidence").digest()
"""Name of our evidence log on chain."""

ALIVE = ("written", "sent", "anchored", "final")
OPEN = ("written", "sent", "anchored")

CAPTURES_MAX = 100
"""Captures of one transaction."""
INTENTS_MAX = 32
"""Transactions under way before new ones wait."""
LEAVES_MAX = 5_000
"""Leaves that one head adds."""

RESEND_AFTER = timedelta(seconds=5)
"""A transaction that is in no block by then is handed to the node again; the node may have forgotten it."""
BUMP_AFTER = timedelta(seconds=60)
"""The next transaction in line is signed again with a higher fee when no block took it by then."""
EXAMINE_AFTER = timedelta(seconds=20)
"""When a mined transaction has left no trace in the mirror by then, its receipt is looked at."""

_GAS_BASE, _GAS_CAPTURE, _GAS_INPUT, _GAS_P256 = 60_000, 220_000, 60_000, 400_000
GAS_HEAD, GAS_ENROL = 500_000, 300_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one of our contracts (20 bytes); `gas` is the most it may use."""

    to: bytes
    data: bytes
    gas: int


@dataclass(frozen=True, slots=True)
class SignedCapture:
    """A capture with its device's signature, as the ledger takes it."""

    capture: Capture
    signer: bytes
    signature: bytes

    @property
    def gas(self) -> int:
        """The most that recording it may use; P-256 is dear where the chain has no precompile for it."""
        signature = 0 if len(self.signer) == 20 else _GAS_P256
        return _GAS_CAPTURE + _GAS_INPUT * len(self.capture.inputs) + signature


@dataclass(frozen=True, slots=True)
class Quote:
    """What the chain says now: the relayer's next nonce, the fee in wei per gas, the gas of a block."""

    nonce: int
    fee: int
    block_gas: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction."""

    raw: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction as it was written down before it was sent."""

    id: int
    kind: str
    key: str
    nonce: int
    call: Call
    raw: bytes
    hashes: tuple[bytes, ...]
    fee: int
    state: str
    seen_block: int | None
    sent_at: datetime | None
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class AnchorState:
    """How far an evidence is. The place on chain is known from `anchored` on; `refusal` is the contract's reason."""

    evidence: bytes
    kind: str
    state: str
    refusal: dict[str, Any] | None = None
    block_number: int | None = None
    tx_hash: bytes | None = None
    log_index: int | None = None


@dataclass(frozen=True, slots=True)
class LeafProof:
    """Proof that an evidence stands in the log under a head that the contract accepted."""

    evidence: bytes
    index: int
    size: int
    root: bytes
    path: tuple[bytes, ...]
    block_number: int
    tx_hash: bytes


def gas_of(captures: list[SignedCapture]) -> int:
    """The most that recording these may use."""
    return _GAS_BASE + sum(each.gas for each in captures)


def chunks(captures: list[SignedCapture], *, most: int, gas: int) -> list[list[SignedCapture]]:
    """Cut captures, in their order, into transactions of at most `most` captures and `gas` gas."""
    found: list[list[SignedCapture]] = []
    for each in captures:
        if not found or len(found[-1]) >= most or gas_of([*found[-1], each]) > gas:
            found.append([])
        found[-1].append(each)
    return found


def bumped(fee: int, market: int) -> int:
    """A fee that replaces a pending transaction: nodes ask for a tenth more; the market may ask for more still."""
    return max(fee + fee // 8 + 1, market)


def territory_of(adcode: str) -> bytes:
    """How a prefecture is named on chain."""
    return sha256(adcode.encode("ascii")).digest()


def party_key(gln: str, roles: int, adcode: str) -> str:
    """Key of the intent that enrols a party so."""
    return f"party:{gln}:{roles}:{adcode}"


def device_key(signer: bytes) -> str:
    """Key of the intent that enrols a device."""
    return f"device:{signer.hex()}"
