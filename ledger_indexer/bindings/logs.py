"""The logs our contracts emit, as frozen values. ``bytes`` are 32 long unless the declaration says otherwise.

Each class carries its Solidity declaration; a test holds it against the exported ABI. The first four fields
are the log's place on the chain, the others follow the declaration's order: a mirrored row is these fields.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Log:
    """Where a log stands: block, place among the block's logs, transaction; the block's Unix time."""

    declaration: ClassVar[str]
    contract: ClassVar[str]

    block_number: int
    log_index: int
    tx_hash: bytes
    block_time: int


@dataclass(frozen=True, slots=True)
class PartyEnrolled(Log):
    """A party was enrolled, or its roles or territory changed."""

    declaration: ClassVar[str] = "PartyEnrolled(bytes32 indexed party, uint8 roles, bytes32 territory)"
    contract: ClassVar[str] = "Participants"

    party: bytes
    roles: int
    territory: bytes


@dataclass(frozen=True, slots=True)
class StandingChanged(Log):
    """A party's standing: 0 none, 1 active, 2 suspended, 3 revoked."""

    declaration: ClassVar[str] = "StandingChanged(bytes32 indexed party, uint8 standing)"
    contract: ClassVar[str] = "Participants"

    party: bytes
    standing: int


@dataclass(frozen=True, slots=True)
class DeviceInvited(Log):
    """The brand gave a party a code; ``invitation`` is its key's address, ``ever`` how many keys there were."""

    declaration: ClassVar[str] = "DeviceInvited(bytes32 indexed party, address indexed invitation, uint32 ever)"
    contract: ClassVar[str] = "Participants"

    party: bytes
    invitation: bytes
    ever: int


@dataclass(frozen=True, slots=True)
class DeviceEnrolled(Log):
    """A device key signs for a party from ``since`` on (Unix seconds); ``way`` 1 invitation, 2 admission, 3 proposal.

    ``by`` is the invitation's address or the admitting device, zero when the brand proposed it.
    """

    declaration: ClassVar[str] = (
        "DeviceEnrolled(bytes32 indexed device, bytes32 indexed party, bytes signer, uint8 way, bytes32 by, "
        "uint64 since)"
    )
    contract: ClassVar[str] = "Participants"

    device: bytes
    party: bytes
    signer: bytes
    way: int
    by: bytes
    since: int


@dataclass(frozen=True, slots=True)
class DeviceRevoked(Log):
    """A device key may no longer sign; ``by`` is the device that said so, zero when it was the brand."""

    declaration: ClassVar[str] = "DeviceRevoked(bytes32 indexed device, bytes32 indexed party, bytes32 by)"
    contract: ClassVar[str] = "Participants"

    device: bytes
    party: bytes
    by: bytes


@dataclass(frozen=True, slots=True)
class Captured(Log):
    """A signed capture was accepted; ``quantity`` in the batch's unit, ``time`` in Unix seconds."""

    declaration: ClassVar[str] = (
        "Captured(bytes32 indexed evidence, bytes32 indexed batch, bytes32 indexed party, uint8 step, "
        "uint128 quantity, bytes32 counterparty, bytes32 location, uint64 time, bytes32 units, bytes32 ref, "
        "bytes32 device)"
    )
    contract: ClassVar[str] = "BatchLedger"

    evidence: bytes
    batch: bytes
    party: bytes
    step: int
    quantity: int
    counterparty: bytes
    location: bytes
    time: int
    units: bytes
    ref: bytes
    device: bytes


@dataclass(frozen=True, slots=True)
class InputConsumed(Log):
    """A capture consumed ``quantity`` of ``batch``, held by the capturing party."""

    declaration: ClassVar[str] = "InputConsumed(bytes32 indexed evidence, bytes32 indexed batch, uint128 quantity)"
    contract: ClassVar[str] = "BatchLedger"

    evidence: bytes
    batch: bytes
    quantity: int


@dataclass(frozen=True, slots=True)
class CaptureVoided(Log):
    """A declaration was accepted that the capture ``voids`` did not happen; the rest repeats that capture."""

    declaration: ClassVar[str] = (
        "CaptureVoided(bytes32 indexed evidence, bytes32 indexed batch, bytes32 indexed party, bytes32 voids, "
        "uint8 step, uint128 quantity, bytes32 counterparty, bytes32 location, uint64 time, bytes32 ref, "
        "bytes32 device)"
    )
    contract: ClassVar[str] = "BatchLedger"

    evidence: bytes
    batch: bytes
    party: bytes
    voids: bytes
    step: int
    quantity: int
    counterparty: bytes
    location: bytes
    time: int
    ref: bytes
    device: bytes


@dataclass(frozen=True, slots=True)
class InputRestored(Log):
    """A declaration gave ``quantity`` of ``batch`` back to the declaring party, which its capture had consumed."""

    declaration: ClassVar[str] = "InputRestored(bytes32 indexed evidence, bytes32 indexed batch, uint128 quantity)"
    contract: ClassVar[str] = "BatchLedger"

    evidence: bytes
    batch: bytes
    quantity: int


@dataclass(frozen=True, slots=True)
class CaptureRefused(Log):
    """A relayed capture was refused; ``reason`` is the ABI-encoded custom error."""

    declaration: ClassVar[str] = (
        "CaptureRefused(bytes32 indexed evidence, bytes32 indexed batch, bytes32 indexed device, bytes reason)"
    )
    contract: ClassVar[str] = "BatchLedger"

    evidence: bytes
    batch: bytes
    device: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class HeadAccepted(Log):
    """A log's new tree head, proven to extend the last; ``size`` in leaves, ``time`` in Unix seconds."""

    declaration: ClassVar[str] = "HeadAccepted(bytes32 indexed log, uint64 size, bytes32 root, uint64 time)"
    contract: ClassVar[str] = "EvidenceLog"

    log: bytes
    size: int
    root: bytes
    time: int


LOGS: tuple[type[Log], ...] = (
    PartyEnrolled,
    StandingChanged,
    DeviceInvited,
    DeviceEnrolled,
    DeviceRevoked,
    Captured,
    InputConsumed,
    CaptureVoided,
    InputRestored,
    CaptureRefused,
    HeadAccepted,
)
