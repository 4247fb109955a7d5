"""Breadth: a dealer's goods turn up in many far places at once, as when somebody sells online to the country. Pure."""

import numpy as np
from scipy.special import logsumexp

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.detectors.bayes import log_probability
from backend.risk.features.evidence import Floats
from backend.risk.features.view import View

NAME = TermName.BREADTH
WINDOWS = (3, 6, 12)
PER_PLACE = 2.0
"""No place counts more than this: one corridor is not breadth."""
UPLIFTS = np.array([0.6, 1.2, 2.5])
"""Alternatives: so many times the expected number on top."""
PRIOR = 0.12
"""How often a diversion is nationwide."""
SHAPE = 12.0
MOST = 6.0


def log_odds(view: View) -> Floats:
    """[candidate] log odds from the dealer's other far places; at worst a little against, at most `MOST`."""
    by_dealer = _factor(view)
    return np.asarray(np.minimum(np.logaddexp(np.log(1 - PRIOR), np.log(PRIOR) + by_dealer[view.dealer]), MOST))


def _factor(view: View) -> Floats:
    factors = []
    for length in WINDOWS:
        seen, hoped = _breadth(view, max(0, view.week + 1 - length), view.week + 1)
        before, hoped_before = _breadth(view, 0, max(0, view.week + 1 - length))
        usual = hoped * (SHAPE + before) / (SHAPE + hoped_before)
        null = log_probability(seen, usual, SHAPE)
        alternative = log_probability(seen[:, None], usual[:, None] * (1 + UPLIFTS), SHAPE)
        factors.append(logsumexp(alternative, axis=1) - np.log(len(UPLIFTS)) - null)
    return np.asarray(logsumexp(np.stack(factors), axis=0) - np.log(len(factors)))


def _breadth(view: View, start: int, end: int) -> tuple[Floats, Floats]:
    """[dealer] counts capped per place, and what is expected of that number."""
    exposure = view.flow.exposure[:, start:end].sum(axis=1)
    mean = np.maximum(exposure[:, None] * view.flow.rate, 1e-12)
    shape = view.flow.shape
    outside = view.flow.rate > 0
    none = (shape / (shape + mean)) ** shape
    one = none * shape * mean / (shape + mean)
    hoped = np.where(outside, (1 - none) + (1 - none - one), 0.0).sum(axis=1)
    seen = np.where(outside, np.minimum(view.outside[:, :, start:end].sum(axis=2), PER_PLACE), 0.0).sum(axis=1)
    return seen, hoped


def numbers(view: View, row: int) -> Numbers:
    """How many far places, and how many are usual, in the longest window."""
    start = max(0, view.week + 1 - WINDOWS[-1])
    seen, hoped = _breadth(view, start, view.week + 1)
    dealer = view.dealer[row]
    return {
        "seen": round(float(seen[dealer]), 1),
        "expected": round(float(hoped[dealer]), 1),
        "weeks": view.week + 1 - start,
    }
