"""A party's keys as its page shows them: what our books say, what the chain says, and who tried what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from backend.identity import rules_keys, store, store_keys
from backend.identity.rules_keys import ChangeKind, KeyShown
from ledger_indexer.mirror import queries
from scanner.device.names import party_id
from scanner.device.signing import device_id


@dataclass(frozen=True)
class Attempt:
    """A change that was refused, why and with which details; `person` by log-in, None when a stranger posted it.

    `times` counts all alike (same person, change and reason) since `since`; `at` and `details` are the newest's.
    """

    at: datetime
    kind: str
    reason: str
    details: Mapping[str, object]
    person: str | None
    times: int
    since: datetime


def list_keys(session: Session, gln: str, *, now: datetime) -> list[KeyShown]:
    """A party's keys, the newest first."""
    devices = store.list_devices(session, gln)
    labels = {device_id(each.signer): each.label for each in devices}
    labels |= {each.signer: each.label for each in devices}
    mirrored = {each.signer: each for each in queries.devices(session.connection(), party_id(gln))}
    joined = {
        c.signer: c
        for c in store_keys.list_changes(session, gln)
        if c.kind in (ChangeKind.REDEEM, ChangeKind.ADMIT, ChangeKind.PROPOSE)
    }
    left = {c.signer: c for c in store_keys.list_changes(session, gln) if c.kind is ChangeKind.REVOKE}
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
                rules_keys.standing_of(each, now),
                each.since if each.waits else None,
                each.revoked_at,
                (_name(leave.by, labels) or leave.person or "") if leave else "",
                row.enrolled_block if row else None,
                each.waits,
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
