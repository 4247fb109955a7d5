"""A party's keys as its page shows them: what our books say, what the chain says, and who tried what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.identity import rules_keys, store, store_keys
from backend.identity.rules import Device
from ledger_indexer import queries
from scanner.device.names import party_id
from scanner.device.signing import device_id


@dataclass(frozen=True)
class KeyShown:
    """One key; `admitted_by` is a device's name, or empty when a code or the brand brought it. `state`
    is active, waits, stopped or revoked; `until` the end of its notice; `on_chain` the block that holds it."""

    signer: bytes
    label: str
    way: str
    admitted_by: str
    enrolled_at: datetime | None
    state: str
    until: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    on_chain: int | None

    @property
    def fingerprint(self) -> str:
        """The device's id on chain, in four groups that a person can compare."""
        text = device_id(self.signer).hex()[:16].upper()
        return " ".join(text[at : at + 4] for at in range(0, 16, 4))


@dataclass(frozen=True)
class Attempt:
    """A change that was refused, why and with which details; `person` by log-in, None when a stranger posted it.

    `times` counts all alike (same person, change and reason) since `since`; `at` and `details` are the newest's.
    """

    at: datetime
    kind: str
    reason: str
    details: Mapping[str, Any]
    person: str | None
    times: int
    since: datetime


def list_keys(session: Session, gln: str, *, now: datetime) -> list[KeyShown]:
    """A party's keys, the newest first."""
    devices = store.list_devices(session, gln)
    labels = {device_id(each.signer): each.label for each in devices}
    labels |= {each.signer: each.label for each in devices}
    mirrored = {each.signer: each for each in queries.devices(session.connection(), party_id(gln))}
    joined = {c.signer: c for c in store_keys.list_changes(session, gln) if c.kind in ("redeem", "admit", "propose")}
    left = {c.signer: c for c in store_keys.list_changes(session, gln) if c.kind == "revoke"}
    shown = []
    for each in devices:
        join, leave, row = joined.get(each.signer), left.get(each.signer), mirrored.get(each.signer)
        by = join.by if join else (row.by if row else None)
        shown.append(
            KeyShown(
                each.signer,
                each.label,
                each.way,
                _name(by, labels),
                each.enrolled_at,
                _state(each, now),
                each.since if each.waits else None,
                each.revoked_at,
                (_name(leave.by, labels) or leave.person or "") if leave else "",
                row.enrolled_block if row else None,
            )
        )
    return sorted(shown, key=lambda one: one.enrolled_at or datetime.min.replace(tzinfo=UTC), reverse=True)


def list_attempts(session: Session, gln: str) -> Sequence[Attempt]:
    """Refused attempts on a party's keys, those alike as one; nobody can push another's off by many of his own."""
    found = store_keys.list_attempts(session, gln)
    return [Attempt(r.at, r.kind, r.reason, r.details, r.person, r.times, r.since) for r in found]


def _name(by: bytes | None, labels: dict[bytes, str]) -> str:
    if by is None or not any(by):
        return ""
    return labels.get(by, "")


def _state(device: Device, now: datetime) -> str:
    if device.silenced_by is not None:
        return "stopped" if device.waits and (device.since is None or _before(device)) else "revoked"
    return "waits" if rules_keys.is_waiting(device, now) else "active"


def _before(device: Device) -> bool:
    return device.revoked_at is not None and device.since is not None and device.revoked_at < device.since
