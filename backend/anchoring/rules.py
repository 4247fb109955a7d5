"""Values of anchoring: calls, fees, intents, evidence and who carries it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from hashlib import sha256
from typing import Protocol

from backend.capture.rules import EvidenceState
from backend.errors import JiulianError, Unavailable
from ledger_indexer.bindings.deployments import Deployment
from scanner.device.capture import Capture

LOG = sha256(b"jiulian-evidence").digest()
"""Name of our evidence log on chain."""


class EvidenceKind(StrEnum):
    """How evidence gets on chain: by a record of its own in BatchLedger, or as a leaf of the evidence log."""

    RECORD = "record"
    LEAF = "leaf"


class IntentKind(StrEnum):
    """What a transaction of ours does."""

    ENROL = "enrol"
    RECORD = "record"
    HEAD = "head"
    SANCTION = "sanction"


class IntentState(StrEnum):
    """How far a transaction of ours is; one that is reverted or lost is dead."""

    WRITTEN = "written"
    SENT = "sent"
    ANCHORED = "anchored"
    FINAL = "final"
    REVERTED = "reverted"
    LOST = "lost"


ALIVE = (IntentState.WRITTEN, IntentState.SENT, IntentState.ANCHORED, IntentState.FINAL)
OPEN = ALIVE[:3]
UNSEEN = ALIVE[:2]
SEEN = (IntentState.ANCHORED, IntentState.FINAL)

INTENTS_MAX = 32
"""Transactions of a lane under way before new ones wait; nodes keep few that are not mined yet of one sender."""
LEAVES_MAX = 5_000
"""Leaves that one head adds."""

RESEND_AFTER = timedelta(seconds=5)
"""A transaction that is in no block by then is handed to the node again; the node may have forgotten it."""
AWAY_AFTER = timedelta(seconds=10)
"""A lane whose oldest transaction no node has taken by then (its key has no funds, say) is given no new ones."""
BUMP_AFTER = timedelta(seconds=60)
"""The next transaction in line is signed again with a higher fee when blocks have passed it by for so long."""
EXAMINE_AFTER = timedelta(seconds=20)
"""When a mined transaction has left no trace in the mirror by then, its receipt is looked at."""

DEATHS_MAX = 3
"""How often the same thing is tried again after its transaction failed."""
STUCK_AFTER = 24
"""When so many transactions of captures reverted one after the other, it is not this or that capture's fault."""

_GAS_BASE, _GAS_CAPTURE, _GAS_INPUT, _GAS_P256 = 60_000, 220_000, 60_000, 400_000
GAS_HEAD, GAS_ENROL, GAS_JOIN = 500_000, 300_000, 1_100_000


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
    def batches(self) -> set[bytes]:
        """The batches it moves or uses."""
        return {self.capture.batch, *(used.batch for used in self.capture.inputs)}

    @property
    def gas(self) -> int:
        """The most that recording it may use; P-256 is dear where the chain has no precompile for it."""
        signature = 0 if len(self.signer) == 20 else _GAS_P256
        return _GAS_CAPTURE + _GAS_INPUT * len(self.capture.inputs) + signature


class Delivery(Enum):
    """What a node says to a transaction: it has it now, its nonce is in a block, or another one of it pays more."""

    TAKEN = auto()
    SPENT = auto()
    UNDERPRICED = auto()


@dataclass(frozen=True, slots=True)
class Fee:
    """Wei per gas: the most that is paid, and what of it goes to whoever makes the block."""

    most: int
    tip: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What the chain says now: the relayer's first nonce that no block has used, the fee, the gas of a block."""

    nonce: int
    fee: Fee
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
    kind: IntentKind
    key: str
    nonce: int
    call: Call
    raw: bytes
    hashes: tuple[bytes, ...]
    fee: Fee
    state: IntentState
    seen_block: int | None
    sent_at: datetime | None
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class AnchorState:
    """How far an evidence is. The place on chain is known from `anchored` on; `refusal` is the contract's reason."""

    evidence: bytes
    kind: EvidenceKind
    state: EvidenceState
    refusal: dict[str, object] | None = None
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


class Relay(Protocol):
    """The relayer's edge, as jobs see it; `backend.anchoring.relayer.Chain` on a real node."""

    @property
    def relayer(self) -> bytes:
        """Address of the relayer."""

    def quote(self) -> Quote:
        """What the chain says now."""

    def confirmed_nonce(self) -> int:
        """The relayer's first nonce that no block has used."""

    def sign(self, call: Call, nonce: int, fee: Fee) -> Signed:
        """A call as a signed transaction."""

    def send(self, raw: bytes) -> Delivery:
        """Hand a transaction to the node."""

    def outcome(self, tx_hash: bytes) -> bool | None:
        """Whether a mined transaction went well; None when no block has it."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries evidence where: the lanes, one for each of our keys, and the contracts they speak to.

    A lane is one key's line of transactions: they are mined in the order of their nonces. Between lanes there is no
    order, so a batch stays in one lane while anything of it is under way (`share_out`).
    """

    lanes: tuple[Relay, ...]
    deployment: Deployment
    patience: timedelta = timedelta(0)
    """How long evidence may wait for more of it to share a transaction."""
    sanctioner: Relay | None = None
    """The key that changes standings and does nothing else; None where the deployment knows no other than the first."""

    @property
    def first(self) -> Relay:
        """The lane whose key has duties: it enrols, revokes, publishes heads, and carries captures too."""
        return self.lanes[0]

    @property
    def sanctions_by(self) -> Relay:
        """Whose key changes standings.

        Raises:
            Unavailable: the deployment names an account for it whose key we do not have.
        """
        if self.sanctioner is not None:
            return self.sanctioner
        if self.deployment.sanctioner is not None:
            account = self.deployment.sanctioner
            raise Unavailable(f"standings are changed by {account}, whose key is not configured (SANCTIONER_KEY)")
        return self.first

    @property
    def relays(self) -> tuple[Relay, ...]:
        """All of our keys."""
        return self.lanes if self.sanctioner is None else (*self.lanes, self.sanctioner)


@dataclass(frozen=True, slots=True)
class Load:
    """What a lane has under way: transactions that the mirror has not shown, and the oldest that no node took."""

    unseen: int = 0
    untaken_since: datetime | None = None

    def room(self, now: datetime) -> int:
        """How many transactions more it may be given now."""
        away = self.untaken_since is not None and now - self.untaken_since >= AWAY_AFTER
        return 0 if away else max(0, INTENTS_MAX - self.unseen)


class TransactionsKeepFailing(JiulianError):
    """A transaction of ours fails again and again; somebody must look."""


def gas_of(captures: list[SignedCapture]) -> int:
    """The most that recording these may use."""
    return _GAS_BASE + sum(each.gas for each in captures)


def territory_of(adcode: str) -> bytes:
    """How a prefecture is named on chain."""
    return sha256(adcode.encode("ascii")).digest()


def party_key(gln: str, roles: int, adcode: str) -> str:
    """Key of the intent that enrols a party so."""
    return f"party:{gln}:{roles}:{adcode}"


def device_key(signer: bytes) -> str:
    """Key of the intent that enrols a device."""
    return f"device:{signer.hex()}"
