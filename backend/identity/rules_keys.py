"""What may become of a party's keys: the contract's rules, word for word (`contracts/Participants.sol`). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from backend.errors import Malformed, NotAllowed, NotFound, Refused, Untrusted
from backend.identity.rules import Device, DeviceWay, Standing
from scanner.device import joining, signing
from scanner.device.joining import Statement
from scanner.device.signing import Domain

NOTICE = timedelta(days=2)
"""For how long a key waits that no device of its party admitted."""


class ChangeKind(StrEnum):
    """A change of who may speak."""

    INVITE = "invite"
    REDEEM = "redeem"
    ADMIT = "admit"
    PROPOSE = "propose"
    REVOKE = "revoke"
    STANDING = "standing"


class KeyStanding(StrEnum):
    """Whether a device may speak; `stopped`: silenced before it ever was in force."""

    ACTIVE = "active"
    WAITS = "waits"
    REVOKED = "revoked"
    STOPPED = "stopped"


BARRIERS = (ChangeKind.REVOKE, ChangeKind.STANDING)
"""Kinds of change that captures must not pass, nor be passed by."""


class NoInvitation(Refused):
    """No invitation is open for this company; ask the brand for a new code, and look at your list of devices first."""


class WrongCode(Untrusted):
    """The code is not the one that was given to this company, or it was used for another device."""


class CodeIsNoDevice(Untrusted):
    """The key of a code cannot be a device: whoever made the code has it."""


class HasDevices(Refused):
    """This company has devices already: one of them admits the new one. None at hand? The brand may propose it."""


class FirstByInvitation(Refused):
    """This company never had a device: its first one comes with a code, not by proposal."""


class DeviceKnown(Refused):
    """This key was enrolled before; a key serves one company, once. Make a new one."""


class NotItsSignature(Untrusted):
    """The signature is not one of this device over what is asked for."""


class NoticeRunning(Refused):
    """Another key of this company waits for its notice; there is one at a time."""


class NoticeNotOver(Untrusted):
    """This device was not admitted by its own company: it counts when its notice has passed."""

    final = False


class DeviceOfAnother(NotAllowed):
    """This device belongs to another company."""


class NotYours(NotAllowed):
    """These devices are another company's."""


class NoRequest(Refused):
    """This text is no request to join: copy all of it from the new phone."""


class RequestDamaged(Refused):
    """This request was cut or changed on its way: copy or scan all of it once more from the new phone."""


class NotForTheBrand(Refused):
    """This request asks another company, or a device of its own: choose the brand on the phone and show it again."""


class StrangeSigner(Malformed):
    """A device's key is an address, or a P-256 key behind the verifier that this product knows."""


@dataclass(frozen=True)
class Register:
    """Where statements about keys count: the Participants contract, and the verifier of browsers' keys on its chain."""

    domain: Domain
    verifier: bytes


@dataclass(frozen=True)
class Joining:
    """A device that wants to join a party; `possession` is its own signature."""

    signer: bytes
    label: str
    possession: bytes


@dataclass(frozen=True)
class Change:
    """A change of who may speak, as it is kept and told to the chain; `by` None means the brand."""

    seq: int
    key: str
    kind: ChangeKind
    party: str
    signer: bytes | None
    by: bytes | None
    possession: bytes | None
    signature: bytes | None
    standing: Standing | None
    person: str | None
    at: datetime

    @property
    def is_barrier(self) -> bool:
        """Whether captures must not pass it."""
        return self.kind in BARRIERS


class ChangeRow(Protocol):
    """A row of the changes of keys and standings."""

    seq: int
    key: str
    kind: str
    party: str
    signer: bytes | None
    by: bytes | None
    possession: bytes | None
    signature: bytes | None
    standing: str | None
    person: str | None
    at: datetime


def change_from(r: ChangeRow) -> Change:
    """A row of the changes as a value."""
    kind, standing = ChangeKind(r.kind), None if r.standing is None else Standing(r.standing)
    return Change(r.seq, r.key, kind, r.party, r.signer, r.by, r.possession, r.signature, standing, r.person, r.at)


def is_waiting(device: Device, now: datetime) -> bool:
    """Whether a device's notice still runs; until the chain shows it, nobody knows its end."""
    return device.waits and device.silenced_by is None and (device.since is None or now < device.since)


def standing_of(device: Device, now: datetime) -> KeyStanding:
    """Whether a device may speak at a moment."""
    if device.silenced_by is None:
        return KeyStanding.WAITS if is_waiting(device, now) else KeyStanding.ACTIVE
    before = device.waits and (device.since is None or _was_silenced_before(device))
    return KeyStanding.STOPPED if before else KeyStanding.REVOKED


def _was_silenced_before(device: Device) -> bool:
    return device.revoked_at is not None and device.since is not None and device.revoked_at < device.since


def check_invitable(party: str, devices: Sequence[Device]) -> None:
    """Raises HasDevices: somebody of the party can admit."""
    alive = sum(device.silenced_by is None for device in devices)
    if alive:
        raise HasDevices(party=party, devices=alive)


def check_proposable(party: str, devices: Sequence[Device], now: datetime) -> None:
    """Raises FirstByInvitation or NoticeRunning."""
    if not devices:
        raise FirstByInvitation(party=party)
    for device in devices:
        if is_waiting(device, now):
            raise NoticeRunning(party=party, signer="0x" + device.signer.hex())


def check_redeemable(
    statement: Statement, joins: Joining, invitation: bytes, signature: bytes, register: Register
) -> None:
    """Raises CodeIsNoDevice or WrongCode."""
    if joins.signer == invitation:
        raise CodeIsNoDevice()
    if not signing.verify_digest(statement.join(register.domain), invitation, signature):
        raise WrongCode()


def check_speaker(device: Device | None, signer: bytes, now: datetime) -> Device:
    """Who admits or revokes must be in force.

    Raises:
        NotFound: it was never enrolled.
        NotItsSignature: it was revoked, or its notice still runs.
    """
    if device is None:
        raise NotFound("no device with this key", signer="0x" + signer.hex())
    if device.silenced_by is not None or is_waiting(device, now):
        raise NotItsSignature("this device may not speak (any more, or yet)", signer="0x" + signer.hex())
    return device


def check_joins(statement: Statement, joins: Joining, register: Register) -> None:
    """Raises StrangeSigner, or NotItsSignature when the joining key does not say so itself."""
    is_browser = len(joins.signer) == signing.P256_SIGNER_BYTES and joins.signer[:20] == register.verifier
    if len(joins.signer) != signing.ADDRESS_BYTES and not is_browser:
        raise StrangeSigner(field="signer")
    if not signing.verify_digest(statement.join(register.domain), joins.signer, joins.possession):
        raise NotItsSignature(signer="0x" + joins.signer.hex())


def check_leaves(statement: Statement, by: bytes, signature: bytes, register: Register) -> None:
    """Raises NotItsSignature."""
    if not signing.verify_digest(statement.leave(register.domain), by, signature):
        raise NotItsSignature(signer="0x" + by.hex())


def may_veto(by: Device | None, leaving: Device, now: datetime) -> bool:
    """Whether a device that the brand silenced stops another whose notice runs."""
    return by is not None and by.silenced_by == "brand" and is_waiting(leaving, now)


def by_of(by: bytes | None, *, is_invitation: bool = False) -> bytes:
    """`by` of a statement."""
    if by is None:
        return joining.BRAND
    return joining.by_invitation(by) if is_invitation else joining.by_device(by)


@dataclass(frozen=True)
class KeyShown:
    """One key; `admitted_by` is a device's name, or empty when a code or the brand brought it.
    `has_notice` when it had to wait, whatever became of it, and `until` the end of a notice; `on_chain` the block that
    holds it."""

    signer: bytes
    label: str
    way: DeviceWay
    admitted_by: str
    enrolled_at: datetime | None
    state: KeyStanding
    until: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    on_chain: int | None
    has_notice: bool

    @property
    def fingerprint(self) -> str:
        """The device's id on chain, in four groups that a person can compare."""
        return signing.fingerprint(self.signer)
