"""The gateway: documents of systems that sign nothing, signed by a device of our own as a witness.

The gateway's party has no role, so whatever its documents tell of goes into the evidence log and moves no stock: who
wants to move stock must sign for it. An event keeps its document's `@context`, and with it its meaning.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from sqlalchemy.orm import Session

from backend.capture import service
from backend.errors import JiulianError, Malformed
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Party
from scanner.device import keystore, signing
from scanner.device.session import message_of
from scanner.epcis.document import parse_document
from scanner.errors import Malformed as Unreadable

PARTY = Party("0000000000000", "gateway", frozenset(), "000000")
SUFFIXES = (".json", ".jsonld")


@dataclass(frozen=True)
class Gateway:
    """A key that signs documents; `has_roles` when its party may move stock."""

    key: bytes
    has_roles: bool = False

    @property
    def signer(self) -> bytes:
        """Address of the key."""
        return signing.address_of(self.key)


class Reason(TypedDict):
    """Why a document or an event was refused; `field` where one field is at fault."""

    kind: str
    field: object
    message: str


@dataclass
class Outcome:
    """What became of an event: captured under an evidence, as a new one or not, or refused for a reason.

    `findings` are what in it cannot be true, as for programs; None when nobody looked.
    """

    evidence: bytes | None = None
    fresh: bool = False
    reason: Reason | None = None
    findings: list[dict[str, object]] | None = None

    def as_json(self) -> Mapping[str, object]:
        """For `--json`."""
        if self.evidence is None:
            return self.reason or {}
        answer: dict[str, object] = {"evidence": self.evidence.hex(), "fresh": self.fresh}
        return answer if self.findings is None else {**answer, "findings": self.findings}


@dataclass
class Handled:
    """What became of a document: an entry for each event, or the one reason why it was refused as a whole."""

    file: str
    events: list[Outcome] = field(default_factory=list)
    reason: Reason | None = None

    @property
    def refused(self) -> list[Reason]:
        """Reasons, of the document or of its events."""
        return [self.reason] if self.reason else [each.reason for each in self.events if each.reason is not None]

    @property
    def state(self) -> str:
        """accepted, or refused when any part was."""
        return "refused" if self.refused else "accepted"

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        events = [each.as_json() for each in self.events]
        return {"file": self.file, "state": self.state, **(self.reason or {}), "events": events}


def open_gateway(session: Session, path: Path, *, now: datetime) -> Gateway:
    """The operator's own gateway device; made and enrolled at its first use."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        keystore.save_key(path, signing.new_key(secrets.token_bytes), None, secrets.token_bytes)
    gateway = Gateway(keystore.load_key(path))
    identity.enrol_party(session, PARTY, now=now)
    keys.enrol_witness(session, gateway.signer, PARTY.gln, "gateway", now=now)
    return gateway


def open_device(session: Session, path: Path) -> Gateway:
    """A device of a party, by its key file. One that nobody enrolled gets its refusals from capture.

    Raises:
        Malformed: the file is no key file.
    """
    try:
        key = keystore.load_key(path)
    except Unreadable as error:
        raise Malformed(str(error), field=error.field) from error
    device = identity.find_device(session, signing.address_of(key))
    if device is None:
        return Gateway(key)
    return Gateway(key, bool(identity.get_party(session, device.party).roles))


def list_files(paths: list[Path]) -> Iterator[Path]:
    """Files as given; folders with all documents below them, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
        else:
            yield path


def capture_file(
    desk: service.Desk, gateway: Gateway, path: Path, clock: Callable[[], datetime], name: str | None = None
) -> Handled:
    """Capture every event of a document, each in a transaction of its own.

    Raises:
        OSError: the file cannot be read.
    """
    raw = path.read_bytes()
    handled = Handled(name or str(path))
    try:
        document = parse_document(raw)
    except Unreadable as error:
        malformed = Malformed(str(error), field=error.field, reason=error.reason)
        desk.keep(malformed, raw, now=clock())
        handled.reason = _reason(malformed)
        return handled
    for event in document.events:
        whole = {"@context": document.content["@context"], **event}
        handled.events.append(_capture(desk, gateway, whole, clock()))
    return handled


def _capture(desk: service.Desk, gateway: Gateway, event: dict[str, object], now: datetime) -> Outcome:
    try:
        capture = service.capture_for(event, has_roles=gateway.has_roles)
    except Malformed as error:
        desk.keep(error, service.dump(event), now=now)
        return Outcome(reason=_reason(error))
    message = service.load(message_of(event, gateway.signer, signing.sign(capture, gateway.key, desk.domain)).encode())
    taken = desk.take(message, now=now)
    if taken.refusal is not None:
        return Outcome(reason=_reason(taken.refusal))
    assert taken.receipt is not None
    return Outcome(taken.receipt.evidence, taken.receipt.fresh)


def _reason(error: JiulianError) -> Reason:
    return {"kind": error.kind, "field": error.details.get("field"), "message": str(error)}
