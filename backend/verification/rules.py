"""The verdict on a bottle: what we know, said plainly; it accuses nobody. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.capture.rules import BatchKey, Stored
from backend.catalog.rules import Product, Unit
from backend.custody.rules import TrailStep
from backend.errors import NotFound
from backend.verification.openings import Opening
from scanner.device.capture import Step
from scanner.device.event_values import Reading

MANY_PHONES = 8
"""So many different phones on one bottle are worth a doubt: a household and its guests are fewer."""
FAR_PHONES = 3
"""So many different cities on one bottle are worth a doubt; one traveller makes two."""
RELOAD_S = 600
"""Within so many seconds, the same phone at the same bottle is still at the same look."""


class UnknownCode(NotFound):
    """No bottle has this code."""


class ScanSource(StrEnum):
    """How the place of a scan is known."""

    IP = "ip"
    """The network names a city."""
    GPS = "gps"
    SHOP = "shop"


@dataclass(frozen=True)
class Visitor:
    """Whoever scans: a random id kept on the phone, a coarse place (adcode) if the network names one."""

    phone: str
    adcode: str | None
    source: ScanSource = ScanSource.IP
    request_id: str | None = None


@dataclass(frozen=True)
class Scan:
    """One scan as the risk engine sees it. `device_hash` changes its salt every week."""

    scanned_at: datetime
    gtin: str
    batch: str
    serial: str
    adcode: str | None
    device_hash: bytes
    source: ScanSource


@dataclass(frozen=True)
class PriceReport:
    """What a consumer says was paid, in fen a bottle."""

    reported_at: datetime
    gtin: str
    batch: str
    serial: str
    adcode: str
    price_fen: int


@dataclass(frozen=True)
class Earlier:
    """Earlier looks at one bottle: by this phone, by other phones, and where those were last and first seen."""

    own: int = 0
    others: int = 0
    cities: tuple[str, ...] = ()
    last_other_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """All that the verdict rests on."""

    unit: Unit
    recalled: bool
    steps: tuple[TrailStep, ...]
    opened_at: datetime | None
    earlier: Earlier
    opened_by_you: bool = False


class VerdictKind(StrEnum):
    """What a consumer is told of a bottle."""

    MATCHES = "matches"
    DOUBT = "doubt"
    RECALLED = "recalled"
    OPENED = "opened"
    UNKNOWN = "unknown"
    """No bottle has this code."""


class VerdictReason(StrEnum):
    """Why a consumer is told so."""

    NOT_COMMISSIONED = "not_commissioned"
    BEFORE_SHIPMENT = "before_shipment"
    MANY_PHONES = "many_phones"
    MANY_CITIES = "many_cities"
    RECALLED = "recalled"
    OPENED = "opened"
    OPENED_BY_YOU = "opened_by_you"


@dataclass(frozen=True)
class Verdict:
    """What is said of a bottle that we know; `reasons` name what is odd, most weighty first."""

    kind: VerdictKind
    reasons: tuple[VerdictReason, ...] = ()


@dataclass(frozen=True)
class Look:
    """One look at a bottle: who it is, what we say, and the way it came. `further`: it is made of more batches than the
    way shows."""

    product: Product
    unit: Unit
    verdict: Verdict
    steps: tuple[TrailStep, ...]
    earlier: Earlier
    opening: Opening | None = None
    further: bool = False

    @property
    def bottled_at(self) -> datetime | None:
        """When the batch was bottled."""
        return next((step.at for step in self.steps if step.step is Step.BOTTLE), None)


def verdict(facts: Facts) -> Verdict:
    """Hard facts first (recalled, opened); then doubts; a bottle without any matches the ledger."""
    if facts.recalled:
        return Verdict(VerdictKind.RECALLED, (VerdictReason.RECALLED,))
    if facts.opened_at is not None:
        reason = VerdictReason.OPENED_BY_YOU if facts.opened_by_you else VerdictReason.OPENED
        return Verdict(VerdictKind.OPENED, (reason,))
    doubts = []
    if not any(step.step is Step.COMMISSION for step in facts.steps):
        doubts.append(VerdictReason.NOT_COMMISSIONED)
    elif not any(step.step is Step.SHIP for step in facts.steps):
        doubts.append(VerdictReason.BEFORE_SHIPMENT)
    if facts.earlier.others >= MANY_PHONES:
        doubts.append(VerdictReason.MANY_PHONES)
    if len(set(facts.earlier.cities)) >= FAR_PHONES:
        doubts.append(VerdictReason.MANY_CITIES)
    return Verdict(VerdictKind.DOUBT, tuple(doubts)) if doubts else Verdict(VerdictKind.MATCHES)


def device_hash(phone: str, at: datetime, salt: bytes) -> bytes:
    """A phone within one ISO week; next week the same phone is somebody else."""
    year, week, _ = at.isocalendar()
    return hashlib.sha256(salt + f"{year}-{week}/{phone}".encode()).digest()


def phone_hash(phone: str, gtin: str, serial: str) -> bytes:
    """A phone in front of one bottle: tells your second look from another's, and nothing across bottles."""
    return hashlib.sha256(f"{phone}/{gtin}/{serial}".encode()).digest()


_UNTOLD = (Step.INSPECT, Step.SHIP)
_CHAPTERS = {
    Step.HARVEST: "grain",
    Step.FERMENT: "brew",
    Step.DISTIL: "brew",
    Step.AGE: "rest",
    Step.BLEND: "rest",
    Step.BOTTLE: "bottle",
    Step.COMMISSION: "bottle",
}


def chapters(steps: Sequence[TrailStep]) -> list[tuple[TrailStep, ...]]:
    """The way as a consumer is told it: making in at most four chapters, then arrivals rather than departures.

    A departure is told where only the sender says that it arrived.
    """
    told: dict[str, list[TrailStep]] = {}
    for step in steps:
        if step.step not in _UNTOLD or step.delivery is not None:
            told.setdefault(_CHAPTERS.get(step.step, step.evidence.hex()), []).append(step)
    return sorted((tuple(each) for each in told.values()), key=lambda each: each[0].at)


def scan_window(visitor: Visitor, unit: Unit, at: datetime) -> str:
    """Names the look of one phone at one bottle within ten minutes: reloading a page is not another look."""
    window = int(at.timestamp()) // RELOAD_S
    return f"look:{phone_hash(visitor.phone, unit.gtin, unit.serial).hex()[:32]}:{window}"


def scan_record(unit: Unit, visitor: Visitor, at: datetime, kind: VerdictKind, number: int) -> dict[str, object]:
    """What the evidence log keeps of a scan: the bottle, the hour, the city, what was said. Nothing of the person."""
    return {
        "kind": "scan",
        "number": number,
        "gtin": unit.gtin,
        "batch": unit.batch,
        "serial": unit.serial,
        "hour": at.strftime("%Y-%m-%dT%H:00Z"),
        "adcode": visitor.adcode,
        "verdict": kind,
    }


def ticket_of(number: int) -> str:
    """A ticket number that can be read over a telephone: eight digits and a check digit (Luhn)."""
    body = f"{number:08d}"
    total = 0
    for index, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if index % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"R{body}{(10 - total % 10) % 10}"


@dataclass(frozen=True, slots=True)
class Told:
    """A capture of a way. `voided`: it was declared an error, and does not count."""

    kept: Stored
    reading: Reading
    voided: bool = False

    @property
    def batch(self) -> BatchKey | None:
        """The batch it is about; None of a packing."""
        output = self.reading.output
        return BatchKey(output.gtin, output.batch) if output else None
