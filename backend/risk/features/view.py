"""One week as the detectors see it: the candidate pairs and everything known by the end of that week. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.risk.features.evidence import Evidence, Floats, Ints
from backend.risk.features.flow import ExpectedFlow, expect
from backend.risk.features.geography import distances_km

RECENT = 8
"""Weeks a pair stays a candidate after a case first surfaced there."""


@dataclass(frozen=True)
class View:
    """Candidates (dealer, place) outside the territory with a reading in recent weeks."""

    evidence: Evidence
    flow: ExpectedFlow
    week: int
    dealer: Ints
    place: Ints

    def only(self, rows: list[int]) -> "View":
        """The same view of some candidates only."""
        return View(self.evidence, self.flow, self.week, self.dealer[rows], self.place[rows])

    @cached_property
    def seen(self) -> Floats:
        """[candidate, week] evidence outside the territory, weeks 0 to `week`."""
        return _outside(self.evidence, self.week)[self.dealer, self.place]

    @cached_property
    def exposure(self) -> Floats:
        """[candidate, week] exposure of the dealer."""
        return self.flow.exposure[self.dealer]

    @cached_property
    def rate(self) -> Floats:
        """[candidate] expected evidence per exposure."""
        return self.flow.rate[self.dealer, self.place]

    @cached_property
    def volume(self) -> Floats:
        """[candidate, week] all evidence of the dealer, wherever."""
        weekly: Floats = self.evidence.counts[:, :, : self.week + 1].sum(axis=1)
        return weekly[self.dealer]

    @cached_property
    def kilometres(self) -> Floats:
        """[place, place] distances."""
        return distances_km(self.evidence.dataset)

    @cached_property
    def outside(self) -> Floats:
        """[dealer, place, week] evidence outside the territory."""
        return _outside(self.evidence, self.week)


def _outside(evidence: Evidence, week: int) -> Floats:
    counts: Floats = np.where(evidence.inside, 0.0, evidence.counts)
    return counts[:, :, : week + 1]


def look(evidence: Evidence, week: int, recent_weeks: int = RECENT) -> View:
    """The view at the end of a week."""
    recent = _outside(evidence, week)[:, :, max(0, week - recent_weeks + 1) :].sum(axis=2) > 0
    recent &= ~evidence.inside[:, :, week]
    dealer, place = np.nonzero(recent)
    return View(evidence, expect(evidence, week), week, dealer.astype(np.int64), place.astype(np.int64))
