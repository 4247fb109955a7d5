"""What a capture is, and what speaks against taking it. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from backend.errors import Malformed, Refused, Untrusted
from scanner.device.capture import Capture, captured
from scanner.device.declaration import FIELD as ERROR
from scanner.device.declaration import declared_at
from scanner.device.event_values import OWN_SIDE, Reading, Step
from scanner.device.reading import read

CLOCK_DRIFT = timedelta(minutes=10)
"""How far a device's clock may run ahead of ours."""
EVENT_ID_MAX = 2000
"""The longest eventID taken, in characters; the database keeps no longer one."""
LATE_DAYS = 14
"""How many days after it happened an event that moves goods may be told; a device without a network must still fit."""
IN_TIME = timedelta(days=1)
"""What is told later than this is marked: its signer had time to choose the time."""
BODY_BYTES_MAX = 256 * 1024
"""The largest message taken, and the largest part of a refused one that is kept."""
BATCH_BYTES_MAX = 16 * 1024 * 1024
BATCH_ITEMS_MAX = 200
"""The largest array of messages in one request."""


class EvidenceState(StrEnum):
    """How far evidence is."""

    CAPTURED = "captured"
    BUNDLED = "bundled"
    ANCHORED = "anchored"
    FINAL = "final"
    REFUSED = "refused"


class TooLarge(Malformed):
    """The message is larger than we take."""

    status = 413


class Unsigned(Untrusted):
    """The capture carries no signature."""


class WronglySigned(Untrusted):
    """The signature is not this device's over this event."""


class FromTheFuture(Untrusted):
    """The event claims a time that has not come."""

    final = False


class ToldTooLate(Untrusted):
    """The event claims a time too long ago: tell of it as of today, with a note, or ask the brand."""


class DeclaredBeforeEvent(Untrusted):
    """The declaration claims a time before what it declares an error."""


class EventIdTaken(Refused):
    """Another event of this party has this eventID: give each event its own."""

    final = True


class ToldByAnother(Refused):
    """Another party told of exactly this event before: give yours an eventID or a readPoint of its own."""

    final = True


class NotTheActor(Untrusted):
    """The event speaks for another party than the device's own."""


@dataclass(frozen=True, slots=True)
class Message:
    """A capture as it came: `event` is not yet looked into."""

    event: dict[str, object]
    signer: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class BatchKey:
    """A batch by product and batch number (AI 01 and 10)."""

    gtin: str
    batch: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A capture that was taken; `party` is the GLN of the device's party, `captured_at` when we took it."""

    evidence: bytes
    event: dict[str, object]
    reading: Reading
    capture: Capture
    signer: bytes
    signature: bytes
    party: str
    captured_at: datetime

    @property
    def batch(self) -> BatchKey | None:
        """The batch it is about; None when it speaks of none."""
        output = self.reading.output
        return BatchKey(output.gtin, output.batch) if output else None

    @property
    def event_time(self) -> datetime:
        """When it happened, by the word of who signed, in whole seconds."""
        return datetime.fromtimestamp(self.reading.time, UTC)

    @property
    def late(self) -> bool:
        """Whether it was told more than a day after it happened."""
        return self.captured_at - self.event_time > IN_TIME

    @property
    def event_id(self) -> str | None:
        """The key of the eventID that its signer gave it: what it compares by, not always as it is written."""
        return self.reading.event_id

    @property
    def declared_at(self) -> datetime | None:
        """When it was declared an error, by the word of who signed; None when it declares none."""
        seconds = declared_at(self.event)
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    @property
    def moves(self) -> bool:
        """Whether it takes a step of ours, packs or unpacks, or shows a delivery."""
        reading = self.reading
        return reading.step is not Step.NONE or reading.packing is not None or reading.arrival is not None


@dataclass(frozen=True, slots=True)
class Stored:
    """A capture as it is kept; `seq` is its place in the order of taking."""

    seq: int
    evidence: bytes
    event: dict[str, object]
    signer: bytes
    signature: bytes
    party: str
    step: int
    event_time: datetime
    captured_at: datetime

    @property
    def capture(self) -> Capture:
        """What its device signed, as the contract reads it; made anew from the event each time."""
        return captured(self.evidence, read(self.event))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a device gets for a capture; `fresh` is False when we had it before, and `state` how far it is by now."""

    evidence: bytes
    fresh: bool
    state: EvidenceState = EvidenceState.CAPTURED


def parse_message(value: object) -> Message:
    """Take a message apart.

    Raises:
        Malformed: a field is missing or of the wrong kind.
        Unsigned: there is an event, but nobody signed it.
    """
    if not isinstance(value, dict):
        raise Malformed("message: is not a JSON object", field="message")
    for name in value:
        if name not in ("event", "signer", "signature"):
            raise Malformed(f"{name}: is not a field of a capture", field=str(name))
    event = value.get("event")
    if not isinstance(event, dict):
        raise Malformed("event: is missing or not a JSON object", field="event")
    if not value.get("signature") or not value.get("signer"):
        raise Unsigned(missing="signer" if not value.get("signer") else "signature")
    return Message(event, _hex(value, "signer"), _hex(value, "signature"))


def claimed_signer(value: object) -> bytes | None:
    """Who a message says it is from, as far as that can be read."""
    try:
        return _hex(value, "signer") if isinstance(value, dict) else None
    except Malformed:
        return None


def _hex(value: dict[str, object], field: str) -> bytes:
    text = value.get(field)
    if not isinstance(text, str) or not text.startswith("0x"):
        raise Malformed(f"{field}: is not 0x and hexadecimal digits", field=field)
    try:
        decoded = bytes.fromhex(text[2:])
    except ValueError as error:
        raise Malformed(f"{field}: is not 0x and hexadecimal digits", field=field) from error
    if not 20 <= len(decoded) <= 200:
        raise Malformed(f"{field}: has {len(decoded)} bytes", field=field)
    return decoded


def check_plausible(accepted: Accepted, *, now: datetime, late_days: int = LATE_DAYS) -> None:
    """Whether the event can have happened and its device may tell of it.

    Raises:
        Malformed: its eventID is longer than is kept.
        FromTheFuture: it, or its declaration of an error, is later than our clock and a drift allow.
        ToldTooLate: it moves goods, and happened, or was declared an error, longer ago than may be told.
        DeclaredBeforeEvent: it was declared an error before it happened.
        NotTheActor: a shipment that another owns, or a receipt that goes to another.
    """
    if len(accepted.event_id or "") > EVENT_ID_MAX:
        raise Malformed(f"eventID: is longer than {EVENT_ID_MAX} characters", field="eventID", most=EVENT_ID_MAX)
    _check_time("eventTime", accepted.event_time, now)
    declared = accepted.declared_at
    if declared is not None:
        _check_time(f"{ERROR}.declarationTime", declared, now)
        if declared < accepted.event_time - CLOCK_DRIFT:
            times = {"declared": declared.isoformat(), "event_time": accepted.event_time.isoformat()}
            raise DeclaredBeforeEvent(field=f"{ERROR}.declarationTime", **times)
    # A declaration moves goods when it is made; what it declares an error was told in its own time.
    field, told = ("eventTime", accepted.event_time) if declared is None else (f"{ERROR}.declarationTime", declared)
    if accepted.moves and told < now - timedelta(days=late_days):
        raise ToldTooLate(field=field, event_time=told.isoformat(), now=now.isoformat(), days=late_days)
    actor = accepted.reading.actor
    if actor not in (None, accepted.party):
        raise NotTheActor(field=OWN_SIDE[accepted.reading.step], claims=actor, device_of=accepted.party)


def _check_time(field: str, claimed: datetime, now: datetime) -> None:
    if claimed > now + CLOCK_DRIFT:
        raise FromTheFuture(field=field, event_time=claimed.isoformat(), now=now.isoformat())
