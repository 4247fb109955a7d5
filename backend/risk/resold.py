"""Sold here, opened far away: a finding against who says that he sold it, never against the buyer. Pure.

A shop that sells on paper and ships the bottles elsewhere leaves a record of bottles sold at home which are then
opened, or read by shops and inspectors, in a far city. One bottle is a gift or a journey; a case counts once, looks at
the outer code count for nothing, and what the buyers of other sellers carry that far is expected of this one's too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.detectors.bayes import History, surprise
from backend.risk.rules import Finding, PlaceFinding, Signal

NAME = TermName.SOLD
BASE_HUNDREDTHS = -500
"""Log odds before any evidence, as for diversion."""
FAR_KM = 150.0
"""Nearer cities are a day's errand."""
CARRIED, CARRIED_SURE = 0.15, 20.0
"""Share of bottles carried far by their buyers before any are counted, and how many cases that is worth."""
SHAPE = 1.0
"""How unevenly honest buyers travel (gamma shape)."""
SHOWN_WEEKS = 12


@dataclass(frozen=True, order=True)
class Proof:
    """A bottle that was sold, and where it was opened, or read by a shop or an inspector, afterwards."""

    at: datetime
    seller: str
    adcode: str
    case: str
    unit: str


@dataclass(frozen=True)
class Seller:
    """Who sells: the prefecture he sells in, and the region prefixes where his bottles may be by contract or permit."""

    gln: str
    home: str
    regions: tuple[str, ...] = ()

    def covers(self, adcode: str) -> bool:
        """Whether his bottles may be there."""
        return adcode == self.home or any(adcode.startswith(prefix) for prefix in self.regions)


def findings(
    proofs: Iterable[Proof],
    sellers: Mapping[str, Seller],
    places: Mapping[str, tuple[float, float, float]],
    until: datetime,
) -> list[Finding]:
    """Sellers whose sold bottles surface far away more than buyers explain, the gravest first.

    `places` maps adcode to latitude, longitude (degrees) and population.
    """
    counted = _first_of_cases(proof for proof in proofs if proof.seller in sellers and proof.adcode in places)
    far = {(p.seller, p.adcode) for p in counted if _is_far(sellers[p.seller], p.adcode, places)}
    found = []
    for gln in sorted({seller for seller, _ in far}):
        own = [
            _judged(gln, adcode, counted, far, sellers, places, until)
            for seller, adcode in sorted(far)
            if seller == gln
        ]
        raised = sorted((each for each in own if each.hundredths >= 0), key=lambda each: (-each.hundredths, each.place))
        if raised:
            found.append(Finding(gln, 0, tuple(raised)))
    return sorted(found, key=lambda each: (-each.score, each.dealer))


def _first_of_cases(proofs: Iterable[Proof]) -> list[Proof]:
    """A case counts once at a place: when it first surfaces there."""
    first: dict[tuple[str, str, str], Proof] = {}
    for proof in sorted(proofs):
        first.setdefault((proof.seller, proof.adcode, proof.case), proof)
    return list(first.values())


def _is_far(seller: Seller, adcode: str, places: Mapping[str, tuple[float, float, float]]) -> bool:
    if seller.covers(adcode) or seller.home not in places:
        return False
    return kilometres(places[seller.home][:2], places[adcode][:2]) >= FAR_KM


def kilometres(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Great-circle distance of two points (latitude, longitude in degrees)."""
    lat1, lon1, lat2, lon2 = np.radians([*a, *b])
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return float(2 * 6371.0 * np.arcsin(np.sqrt(min(1.0, half))))


def _judged(
    gln: str,
    adcode: str,
    counted: Sequence[Proof],
    far: set[tuple[str, str]],
    sellers: Mapping[str, Seller],
    places: Mapping[str, tuple[float, float, float]],
    until: datetime,
) -> PlaceFinding:
    there = [p for p in counted if (p.seller, p.adcode) == (gln, adcode)]
    own = len({p.case for p in counted if p.seller == gln})
    others = [p for p in counted if p.seller != gln]
    carried = sum((p.seller, p.adcode) in far for p in others)
    share = (carried + CARRIED * CARRIED_SURE) / (len(others) + CARRIED_SURE)
    reachable = [each for each in places if _is_far(sellers[gln], each, places)]
    people = sum(places[each][2] for each in reachable)
    expected = own * share * places[adcode][2] / people if people else 0.0
    weekly = _weekly(there, until)
    weight = _weight(len(there), max(weekly, default=0), expected, own)
    numbers: Numbers = {
        "seen": len(there),
        "sold": own,
        "expected": round(expected, 2),
        "km": round(kilometres(places[sellers[gln].home][:2], places[adcode][:2])),
    }
    terms = (Signal(TermName.BASE, BASE_HUNDREDTHS), Signal(NAME, weight, numbers))
    enough = [n for n in range(len(there) + 1) if _without(n, there, weekly, expected, own) < 0]
    return PlaceFinding(
        adcode, len(there), round(expected, 2), enough[0] if enough else None, terms, tuple(weekly[-SHOWN_WEEKS:])
    )


def _without(travellers: int, there: Sequence[Proof], weekly: Sequence[int], expected: float, own: int) -> int:
    seen = len(there) - travellers
    return BASE_HUNDREDTHS + _weight(seen, min(seen, max(weekly, default=0)), expected, own)


def _weight(seen: int, biggest_week: int, expected: float, own: int) -> int:
    """Hundredths of natural log odds: a share of what was sold goes there, against journeys and one banquet."""
    none, one = np.zeros(1), np.ones(1)
    history = History(
        before=none,
        expected_before=none,
        exposure_before=none,
        since=one * seen,
        biggest_week=one * biggest_week,
        expected_since=one * expected,
        exposure_since=one * own,
        volume_since=one * own,
    )
    return round(100 * float(surprise(history, SHAPE)[0]))


def _weekly(there: Sequence[Proof], until: datetime) -> list[int]:
    weeks: dict[int, int] = defaultdict(int)
    for proof in there:
        weeks[(until - proof.at) // timedelta(weeks=1)] += 1
    return [weeks[back] for back in reversed(range(max(weeks, default=-1) + 1))]
