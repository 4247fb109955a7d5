"""Use cases of keys: a party's devices are invited, admitted, proposed, stopped and revoked.

Each is judged exactly as the contract will judge it, written down in one order with the captures, and carried to the
chain by anchoring. The same again changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from backend.errors import NotFound
from backend.identity import rules_keys as rules
from backend.identity import store, store_keys
from backend.identity.rules import Device, DeviceWay, SilencedBy, UnknownDevice
from backend.identity.rules_keys import ChangeKind, Joining, Register
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.verifier import p256_verifier
from scanner.device.joining import Statement
from scanner.device.names import party_id
from scanner.device.signing import Domain, device_id, verify_digest

NOWHERE = Domain(0, bytes(20))
"""Where no contracts were deployed yet: no statement counts on any chain."""


def load_register(deployment: Path) -> Register:
    """Where statements about keys count: the deployed register, or nowhere while there is none."""
    try:
        found = Deployment.load(deployment)
    except FileNotFoundError:
        return Register(NOWHERE, p256_verifier())
    return Register(Domain(found.chain_id, bytes.fromhex(found.participants[2:])), p256_verifier())


find_invitation = store_keys.find_invitation
list_attempts = store_keys.list_attempts
list_changes = store_keys.list_changes


def invite(session: Session, party: str, invitation: bytes, *, now: datetime, person: str | None = None) -> None:
    """Open an invitation (the address of a code's key) for a party that has no device.

    Raises:
        NotFound: no such party.
        HasDevices: one of the party's own admits others.
    """
    store_keys.take_order(session)
    if store_keys.find_invitation(session, party) == invitation:
        return
    _check_party(session, party)
    rules.check_invitable(party, store.list_devices(session, party))
    subject = f"invite:{party}:{invitation.hex()}"
    store_keys.add_change(session, ChangeKind.INVITE, party, subject, now, by=invitation, person=person)


def redeem(
    session: Session, party: str, joins: Joining, signature: bytes, register: Register, *, now: datetime
) -> None:
    """A party's first device joins with the code that it was given; `signature` is that of the code's key.

    Raises:
        NotFound: no such party.
        NoInvitation, WrongCode, CodeIsNoDevice, HasDevices, DeviceKnown, NotItsSignature, StrangeSigner.
    """
    store_keys.take_order(session)
    if _is_repeated(session, ChangeKind.REDEEM, party, joins):
        return
    _check_party(session, party)
    invitation = store_keys.find_invitation(session, party)
    devices = store.list_devices(session, party)
    if invitation is None:
        raise rules.NoInvitation(party=party)
    rules.check_invitable(party, devices)
    statement = Statement(party_id(party), device_id(joins.signer), rules.by_of(invitation, is_invitation=True))
    rules.check_redeemable(statement, joins, invitation, signature, register)
    _check_new(session, joins.signer)
    rules.check_joins(statement, joins, register)
    _join(session, ChangeKind.REDEEM, party, joins, now, by=invitation, signature=signature, waits=bool(devices))


def admit(session: Session, joins: Joining, by: bytes, signature: bytes, register: Register, *, now: datetime) -> str:
    """A device admits another one to its party; returns the party.

    Raises:
        NotFound: the admitting device is not enrolled.
        DeviceKnown, NotItsSignature, StrangeSigner.
    """
    store_keys.take_order(session)
    known = store.find_device(session, by)
    if known is not None and _is_repeated(session, ChangeKind.ADMIT, known.party, joins):
        return known.party
    party = rules.check_speaker(known, by, now).party
    statement = Statement(party_id(party), device_id(joins.signer), rules.by_of(by))
    if not _signed_by(statement, by, signature, register):
        raise rules.NotItsSignature(signer="0x" + by.hex())
    _check_new(session, joins.signer)
    rules.check_joins(statement, joins, register)
    _join(session, ChangeKind.ADMIT, party, joins, now, by=by, signature=signature, waits=False)
    return party


def propose(
    session: Session, party: str, joins: Joining, register: Register, *, now: datetime, person: str | None = None
) -> None:
    """The brand proposes a device, which counts when its notice has passed on chain and nobody stopped it.

    Raises:
        NotFound: no such party.
        FirstByInvitation, NoticeRunning, DeviceKnown, NotItsSignature, StrangeSigner.
    """
    store_keys.take_order(session)
    if _is_repeated(session, ChangeKind.PROPOSE, party, joins):
        return
    _check_party(session, party)
    rules.check_proposable(party, store.list_devices(session, party), now)
    statement = Statement(party_id(party), device_id(joins.signer), rules.by_of(None))
    _check_new(session, joins.signer)
    rules.check_joins(statement, joins, register)
    _join(session, ChangeKind.PROPOSE, party, joins, now, waits=True, person=person)


def revoke_by_device(
    session: Session, signer: bytes, by: bytes, signature: bytes, register: Register, *, now: datetime
) -> str:
    """A device revokes one of its party, itself or another, or stops one whose notice runs; returns the party.

    Raises:
        UnknownDevice: nobody enrolled it.
        DeviceOfAnother, NotFound, NotItsSignature.
    """
    store_keys.take_order(session)
    leaving = _get(session, signer)
    if leaving.silenced_by is not None:
        return leaving.party
    known = store.find_device(session, by)
    speaks = known if rules.may_veto(known, leaving, now) else rules.check_speaker(known, by, now)
    if speaks is None or speaks.party != leaving.party:
        raise rules.DeviceOfAnother(signer="0x" + signer.hex())
    statement = Statement(party_id(leaving.party), device_id(signer), rules.by_of(by))
    rules.check_leaves(statement, by, signature, register)
    _leave(session, leaving, "party", now, by=by, signature=signature)
    return leaving.party


def revoke(session: Session, signer: bytes, *, now: datetime, person: str | None = None) -> None:
    """Take a device's right to speak away at our desk: a person of its party, or the brand (idempotent).

    On chain it is the enroller who says so; the device may still stop keys that come with notice.

    Raises:
        UnknownDevice: nobody enrolled it.
    """
    store_keys.take_order(session)
    leaving = _get(session, signer)
    if leaving.silenced_by is None:
        silenced_by: SilencedBy = "party" if rules.is_waiting(leaving, now) else "brand"
        _leave(session, leaving, silenced_by, now, person=person)


def enrol_witness(session: Session, signer: bytes, party: str, label: str, *, now: datetime) -> None:
    """Let a key bear witness for a party without roles: it moves nothing, and the chain is not told of it (idempotent).

    Raises:
        HasDevices: the party has roles; its devices join as everybody's.
    """
    found = _check_party(session, party)
    if found:
        raise rules.HasDevices("a party with roles is given devices by invitation", party=party)
    store.add_device(session, Device(signer, party, label, way=DeviceWay.WITNESS), now)


def _check_party(session: Session, gln: str) -> frozenset[str]:
    party = store.find_party(session, gln)
    if party is None:
        raise NotFound(f"no party with GLN {gln}", gln=gln)
    return party.roles


_WAYS: Mapping[ChangeKind, DeviceWay] = {
    ChangeKind.REDEEM: DeviceWay.INVITATION,
    ChangeKind.ADMIT: DeviceWay.ADMISSION,
    ChangeKind.PROPOSE: DeviceWay.PROPOSAL,
}


def _check_new(session: Session, signer: bytes) -> None:
    if store.find_device(session, signer) is not None:
        raise rules.DeviceKnown(signer="0x" + signer.hex())


def _is_repeated(session: Session, kind: ChangeKind, party: str, joins: Joining) -> bool:
    known = store.find_device(session, joins.signer)
    return known is not None and (known.party, known.way, known.label) == (party, _WAYS[kind], joins.label)


def _signed_by(statement: Statement, by: bytes, signature: bytes, register: Register) -> bool:
    return verify_digest(statement.join(register.domain), by, signature)


def _get(session: Session, signer: bytes) -> Device:
    device = store.find_device(session, signer)
    if device is None:
        raise UnknownDevice(signer="0x" + signer.hex())
    return device


def _join(
    session: Session,
    kind: ChangeKind,
    party: str,
    joins: Joining,
    now: datetime,
    *,
    waits: bool,
    by: bytes | None = None,
    signature: bytes | None = None,
    person: str | None = None,
) -> None:
    store.add_device(session, Device(joins.signer, party, joins.label, way=_WAYS[kind], waits=waits), now)
    subject = f"device:{joins.signer.hex()}"
    store_keys.add_change(
        session,
        kind,
        party,
        subject,
        now,
        signer=joins.signer,
        by=by,
        possession=joins.possession,
        signature=signature,
        person=person,
    )


def _leave(
    session: Session,
    leaving: Device,
    silenced_by: SilencedBy,
    now: datetime,
    *,
    by: bytes | None = None,
    signature: bytes | None = None,
    person: str | None = None,
) -> None:
    store_keys.silence(session, leaving.signer, silenced_by, now)
    if leaving.way == DeviceWay.WITNESS:
        return
    subject = f"revoke:{leaving.signer.hex()}"
    details = store_keys.ChangeDetails(signer=leaving.signer, by=by, signature=signature, person=person)
    store_keys.add_change(session, ChangeKind.REVOKE, leaving.party, subject, now, **details)
