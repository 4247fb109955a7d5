"""How good a ranking is against the truth: the measures of the public benchmark. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.risk.rules import Candidate

CASE_WEEKS = 8
"""A dealer has at most one open case for so many weeks."""
LINGERING_WEEKS = 3
"""Goods are still read so long after the last arrival."""
_MONTH = 52 / 12


@dataclass(frozen=True)
class Episode:
    """A planted diversion. No places: nationwide. Weeks count from the dataset's first Monday."""

    dealer: str
    places: frozenset[str]
    first_shipment_week: int
    first_arrival_week: int
    last_arrival_week: int
    codes_scraped: bool = False

    def around(self, place: str, week: int) -> bool:
        """Whether its goods are around at a place in a week."""
        return (not self.places or place in self.places) and self.active(week, self.first_arrival_week)

    def active(self, week: int, since: int | None = None) -> bool:
        """Whether it is going on (from the first shipment, or from `since`)."""
        start = self.first_shipment_week if since is None else since
        return start <= week <= self.last_arrival_week + LINGERING_WEEKS


@dataclass(frozen=True)
class Case:
    """A case that a budget would have opened."""

    week: int
    dealer: str
    place: str
    score: float


def evaluate(
    candidates: Sequence[Candidate], episodes: Sequence[Episode], dealers: int, weeks: range
) -> dict[str, float]:
    """All measures over the scored weeks: PR-AUC, attribution, and at 5 and 20 new cases a week."""
    by_dealer: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_dealer[episode.dealer].append(episode)
    scored = [c for c in candidates if c.week in weeks]
    truth = np.array([any(e.around(c.place, c.week) for e in by_dealer.get(c.dealer, ())) for c in scored])
    figures = {
        "candidates": float(len(scored)),
        "pr_auc": average_precision(truth, np.array([c.score for c in scored])),
        "attribution": attribution(scored, episodes),
    }
    findable = [e for e in episodes if e.last_arrival_week + LINGERING_WEEKS >= weeks.start]
    for budget in (5, 20):
        cases = open_cases(scored, budget)
        figures |= {f"{name}_at_{budget}": value for name, value in _cases(cases, findable, dealers, weeks).items()}
    return figures


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """Area under precision and recall, stepwise; ties share one threshold."""
    if not truth.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.append(np.diff(scores[order]) != 0, True)
    precision, recall = (hits / np.arange(1, len(hits) + 1))[last], (hits / hits[-1])[last]
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision))


def attribution(candidates: Iterable[Candidate], episodes: Iterable[Episode]) -> float:
    """Where and when diverted goods are around: is the highest score that of a dealer who diverts there?"""
    best: dict[tuple[str, int], Candidate] = {}
    for candidate in candidates:
        key = (candidate.place, candidate.week)
        if key not in best or candidate.score > best[key].score:
            best[key] = candidate
    local = [e for e in episodes if e.places]
    right = total = 0
    for (place, week), top in best.items():
        guilty = {e.dealer for e in local if e.around(place, week)}
        total += bool(guilty)
        right += top.dealer in guilty
    return right / total if total else float("nan")


def open_cases(candidates: Iterable[Candidate], budget: int) -> list[Case]:
    """The cases a weekly budget opens: the highest scores first, one case per dealer for eight weeks."""
    weekly: dict[int, dict[str, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        best = weekly[candidate.week].get(candidate.dealer)
        if best is None or candidate.score > best.score:
            weekly[candidate.week][candidate.dealer] = candidate
    opened: dict[str, int] = {}
    cases = []
    for week in sorted(weekly):
        free = [c for c in weekly[week].values() if week - opened.get(c.dealer, -CASE_WEEKS) >= CASE_WEEKS]
        for candidate in sorted(free, key=lambda c: (-c.score, c.dealer))[:budget]:
            opened[candidate.dealer] = week
            cases.append(Case(week, candidate.dealer, candidate.place, candidate.score))
    return cases


def _cases(cases: list[Case], episodes: list[Episode], dealers: int, weeks: range) -> Mapping[str, float]:
    right = [any(e.dealer == c.dealer and e.active(c.week) for e in episodes) for c in cases]
    days, found = [], 0
    scraped = [e for e in episodes if e.codes_scraped]
    for episode in episodes:
        hits = [c.week for c in cases if c.dealer == episode.dealer and episode.active(c.week)]
        if hits:
            found += 1
            days.append((min(hits) + 1 - episode.first_shipment_week) * 7)
    scraped_found = sum(any(c.dealer == e.dealer and e.active(c.week) for c in cases) for e in scraped)
    return {
        "precision": sum(right) / len(cases) if cases else float("nan"),
        "recall": found / len(episodes) if episodes else float("nan"),
        "median_days": float(np.median(days)) if days else float("nan"),
        "false_per_1000_dealers_a_month": (len(cases) - sum(right)) / dealers * 1000 / (len(weeks) / _MONTH),
        "scraped_recall": scraped_found / len(scraped) if scraped else float("nan"),
    }
