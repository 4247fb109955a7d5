"""Plain records of the risk engine: what is known about places, dealers and scans, and what the engine says. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from backend.errors import Malformed
from backend.risk.alert_forms import Carton, Numbers, PlaceScore, TermName

MODEL_VERSION = "flow-2"
"""Changes whenever the same inputs could give another score."""


SIGNED, DELIVERED = "signed", "delivered"


class DatasetUnreadable(Malformed):
    """The dataset folder lacks a file or a column, or a value cannot be understood."""


class Place(NamedTuple):
    """A prefecture (GB/T 2260). `list_price_index` is the local price as a share of the list price."""

    place: str
    name: str
    province: str
    lat: float
    lon: float
    population: float
    stores: int = 0
    list_price_index: float = 1.0


class Dealer(NamedTuple):
    """A dealer, the prefecture it is at home in, and whether it may sell online to the whole country."""

    dealer: str
    home: str
    online_authorised: bool = False


class Territory(NamedTuple):
    """A prefecture that a dealer's contract covers; without dates, always."""

    dealer: str
    place: str
    valid_from: date | None = None
    valid_to: date | None = None


class KnownFlow(NamedTuple):
    """A reason known to the house why a dealer's bottles may be elsewhere: transfer, corporate order, online."""

    dealer: str
    place: str
    kind: str
    valid_from: date | None = None
    valid_to: date | None = None


class Scan(NamedTuple):
    """One reading of one bottle; `dealer` is the last dealer by signed custody, `device` a salted hash.

    `custody`: `signed` by the dealer, or `delivered` when only its sender shows that the bottle came to him.
    """

    scanned_on: date
    dealer: str
    place: str
    case: str
    serial: str
    device: str
    source: str = "ip"
    custody: str = SIGNED


class Order(NamedTuple):
    """Bottles a dealer ordered in a week (counted from the dataset's first Monday)."""

    week: int
    dealer: str
    bottles: float


class Price(NamedTuple):
    """Mean price consumers and shops reported at a place in a week, as a share of the list price."""

    week: int
    place: str
    reports: int
    price_index: float


@dataclass(frozen=True)
class Dataset:
    """Everything one scoring reads. Weeks are counted from `first_monday`."""

    first_monday: date
    weeks: int
    places: tuple[Place, ...]
    dealers: tuple[Dealer, ...]
    territories: tuple[Territory, ...]
    scans: tuple[Scan, ...]
    known_flows: tuple[KnownFlow, ...] = ()
    orders: tuple[Order, ...] = ()
    prices: tuple[Price, ...] = ()
    warm_up_weeks: int = 0
    units_per_case: int = 6

    def monday(self, week: int) -> date:
        """The Monday on which a week begins."""
        return self.first_monday + timedelta(weeks=week)


@dataclass(frozen=True)
class Signal:
    """One finding of one detector: its weight as natural log odds, why, and the numbers behind it.

    `hundredths` is the weight times 100 as an integer, so that a score is the exact sum of what is shown.
    """

    name: TermName
    hundredths: int
    numbers: Numbers = field(default_factory=dict)

    @property
    def log_odds(self) -> float:
        """The weight as a number."""
        return self.hundredths / 100


@dataclass(frozen=True)
class Candidate:
    """A dealer, a place and a week with the ranking score (log odds)."""

    week: int
    dealer: str
    place: str
    score: float


@dataclass(frozen=True)
class PlaceFinding:
    """One place of an alert: seen and expected evidence, the terms, and how many scans must be travellers."""

    place: str
    seen: int
    expected: float
    travellers: int | None
    terms: tuple[Signal, ...]
    weekly: tuple[int, ...] = ()
    """Cases that first surfaced there, week by week, the last one last."""

    @property
    def hundredths(self) -> int:
        """The score in hundredths: exactly the sum of the terms."""
        return sum(term.hundredths for term in self.terms)

    @property
    def score(self) -> float:
        """The score in natural log odds."""
        return self.hundredths / 100


@dataclass(frozen=True)
class Finding:
    """A dealer over the threshold in a week; places by score, the gravest first."""

    dealer: str
    week: int
    places: tuple[PlaceFinding, ...]

    @property
    def score(self) -> float:
        """The score of the gravest place."""
        return self.places[0].score


ALERT_WEEKS = 8
"""A dealer has one open alert of a kind for so long; what is found meanwhile joins it."""


class AlertKind(StrEnum):
    """What an alert is about; `RESOLD`: bottles that a shop or dealer says he sold at home surface far away."""

    DIVERSION = "diversion"
    RESOLD = "resold"


@dataclass(frozen=True)
class Run:
    """One run of the engine: what it read (by hash), with which model, and the leaf that says so."""

    id: int
    ran_at: datetime
    model: str
    inputs_hash: bytes
    evidence: bytes
    scans: int
    candidates: int
    findings: int


@dataclass(frozen=True)
class Alert:
    """A dealer's grouped alert; places the gravest first. `version` grows with every change."""

    id: int
    dealer: str
    kind: AlertKind
    opened_at: datetime
    changed_at: datetime
    version: int
    score_hundredths: int
    places: tuple[PlaceScore, ...]
    carton: Carton
    run: Run

    @property
    def score(self) -> float:
        """Natural log odds."""
        return self.score_hundredths / 100


def place_scores(finding: Finding) -> list[PlaceScore]:
    """The places of a finding as an alert keeps them."""
    return [
        {
            "adcode": place.place,
            "seen": place.seen,
            "expected": place.expected,
            "travellers": place.travellers,
            "hundredths": place.hundredths,
            "weekly": list(place.weekly),
            "terms": [{"name": t.name, "hundredths": t.hundredths, "numbers": dict(t.numbers)} for t in place.terms],
        }
        for place in finding.places
    ]


def risen(old: Alert | None, finding: Finding) -> bool:
    """Whether a finding adds to an alert: severity only rises, and no place is forgotten."""
    if old is None:
        return True
    known = {place["adcode"]: place["seen"] for place in old.places}
    return round(100 * finding.score) > old.score_hundredths or any(
        place.seen > known.get(place.place, 0) for place in finding.places
    )


def merged(old: Alert | None, finding: Finding) -> tuple[int, list[PlaceScore]]:
    """Score and places of an alert after a finding joined it; each place at its gravest."""
    places = {place["adcode"]: place for place in (old.places if old else ())}
    for place in place_scores(finding):
        kept = places.get(place["adcode"])
        if kept is None or (place["hundredths"], place["seen"]) >= (kept["hundredths"], kept["seen"]):
            places[place["adcode"]] = place
    ordered = sorted(places.values(), key=lambda place: (-place["hundredths"], place["adcode"]))
    return ordered[0]["hundredths"], ordered
