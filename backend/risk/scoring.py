"""Evidence put together: a score is the exact sum of its terms, in hundredths of natural log odds. Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.detectors import breadth, flow, incentive, known, neighbours, price, unsigned
from backend.risk.features.evidence import Evidence, Ints
from backend.risk.features.view import RECENT, View, look
from backend.risk.rules import Candidate, Finding, PlaceFinding, Signal

BASE_HUNDREDTHS = -500
"""Log odds before any evidence: about one pair in 150 with a recent reading is diverted."""
THRESHOLD = 0.0
"""An alert opens when diversion is at least as likely as not."""
CHILD_THRESHOLD = -2.0
"""Further places of the same dealer are shown from here on."""
SHOWN_WEEKS = 12
"""Weeks of counts that a finding shows."""
CORROBORATION_PERCENT = 60
"""Price and neighbourhood corroborate, they do not accuse: none weighs more than this share of the count surprise."""
_CORROBORATING = (neighbours.NAME, price.NAME)
BENCHMARK_WEEKS = 4
"""The benchmark ranks pairs seen within so many weeks."""
_EXPLAINED_FLOOR = -100
"""How far below the base a candidate falls that the house can explain."""
_DETECTORS = (flow, breadth, neighbours, price, incentive)
_NUMBERS: Mapping[TermName, Callable[[View, int], Numbers]] = {
    each.NAME: each.numbers for each in (*_DETECTORS, unsigned, known)
}


class Scored:
    """All candidates of one week with their terms."""

    def __init__(self, view: View) -> None:
        self.view = view

    @cached_property
    def terms(self) -> dict[TermName, Ints]:
        """[candidate] hundredths of every term by name, in the order they are shown."""
        size = len(self.view.dealer)
        terms = {TermName.BASE: np.full(size, BASE_HUNDREDTHS, dtype=np.int64)}
        for detector in _DETECTORS:
            terms[detector.NAME] = np.rint(100 * detector.log_odds(self.view)).astype(np.int64)
        most = np.maximum(terms[flow.NAME], 0) * CORROBORATION_PERCENT // 100
        for name in _CORROBORATING:
            terms[name] = np.minimum(terms[name], most)
        evidence = sum((np.maximum(terms[d.NAME], 0) for d in _DETECTORS), np.zeros(size, dtype=np.int64))
        terms[unsigned.NAME] = -np.rint(evidence * unsigned.share(self.view) * unsigned.DOUBT_PERCENT / 100).astype(
            np.int64
        )
        evidence = evidence + terms[unsigned.NAME]
        away = np.where(known.explained(self.view), _EXPLAINED_FLOOR - evidence, 0)
        return {**terms, known.NAME: away.astype(np.int64)}

    @cached_property
    def totals(self) -> Ints:
        """[candidate] the score in hundredths."""
        return np.asarray(sum(self.terms.values()))

    def candidates(self) -> list[Candidate]:
        """Every candidate with its score."""
        dataset = self.view.evidence.dataset
        return [
            Candidate(self.view.week, dataset.dealers[d].dealer, dataset.places[p].place, int(total) / 100)
            for d, p, total in zip(self.view.dealer, self.view.place, self.totals, strict=True)
        ]

    def findings(self, threshold: float = THRESHOLD) -> list[Finding]:
        """Dealers at or over the threshold, the gravest first, each with its places."""
        dataset = self.view.evidence.dataset
        by_dealer: dict[int, list[int]] = {}
        for row in np.argsort(-self.totals, kind="stable"):
            by_dealer.setdefault(int(self.view.dealer[row]), []).append(int(row))
        return [
            Finding(
                dataset.dealers[dealer].dealer,
                self.view.week,
                tuple(self._place(r, threshold) for r in rows if self.totals[r] >= 100 * CHILD_THRESHOLD),
            )
            for dealer, rows in by_dealer.items()
            if self.totals[rows[0]] >= 100 * threshold
        ]

    def _place(self, row: int, threshold: float) -> PlaceFinding:
        seen, expected, _ = flow.seen_and_expected(self.view, row)
        signals = [
            Signal(name, int(values[row]), self._numbers(name, row))
            for name, values in self.terms.items()
            if values[row] != 0
        ]
        return PlaceFinding(
            self.view.evidence.dataset.places[self.view.place[row]].place,
            seen,
            expected,
            self.travellers_needed(row, threshold),
            tuple(signals),
            tuple(int(count) for count in self.view.seen[row][-SHOWN_WEEKS:]),
        )

    def _numbers(self, name: TermName, row: int) -> Numbers:
        numbers = _NUMBERS.get(name)
        return numbers(self.view, row) if numbers else {}

    def travellers_needed(self, row: int, threshold: float = THRESHOLD) -> int | None:
        """How many of these cases must be travellers' for the score to fall below the threshold; None: even all
        of them would not do."""
        most = int(self.view.seen[row].sum())
        tried = np.arange(0, most + 1, dtype=np.float64)
        same = self.view.only([row] * len(tried))
        rest = int(self.totals[row] - self.terms[flow.NAME][row])
        scores = rest + np.rint(100 * flow.log_odds(same, tried)).astype(np.int64)
        below = np.flatnonzero(scores < 100 * threshold)
        return int(below[0]) if len(below) else None


def score_week(evidence: Evidence, week: int, recent_weeks: int = RECENT) -> Scored:
    """Score a week with what was known by its end."""
    return Scored(look(evidence, week, recent_weeks))


def score_all(evidence: Evidence, weeks: Sequence[int]) -> list[Candidate]:
    """The candidates of several weeks (seen in the last four), each as it would have been scored then."""
    return [c for week in weeks for c in score_week(evidence, week, BENCHMARK_WEEKS).candidates()]
