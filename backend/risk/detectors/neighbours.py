"""Neighbouring places: goods dumped in one city leak into those around it; the place itself does not count. Pure."""

import numpy as np
from scipy.special import logsumexp

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.detectors.bayes import History, surprise
from backend.risk.features.evidence import Floats
from backend.risk.features.view import View

NAME = TermName.NEIGHBOURS
WITHIN_KM = 220.0
WINDOWS = (4, 8)
PRIOR = 0.25
"""How often a diversion is regional."""
MOST = 4.0
PER_PLACE_WEEK = 2.0


def log_odds(view: View) -> Floats:
    """[candidate] log odds from places near by where the dealer has no territory either."""
    factors = [surprise(_history(view, s), view.flow.shape * 2) for s in _starts(view.week)]
    factor = logsumexp(np.stack(factors), axis=0) - np.log(len(factors))
    return np.asarray(np.minimum(np.logaddexp(np.log(1 - PRIOR), np.log(PRIOR) + factor), MOST))


def _starts(week: int) -> list[int]:
    return sorted({max(0, week + 1 - length) for length in WINDOWS})


def _near(view: View) -> Floats:
    near = (view.kilometres <= WITHIN_KM).astype(np.float64)
    np.fill_diagonal(near, 0.0)
    return near


def _history(view: View, start: int) -> History:
    near = _near(view)
    outside = np.where((view.flow.rate > 0)[:, :, None], np.minimum(view.outside, PER_PLACE_WEEK), 0.0)
    before = (outside[:, :, :start].sum(axis=2) @ near)[view.dealer, view.place]
    since = (outside[:, :, start:].sum(axis=2) @ near)[view.dealer, view.place]
    rate = (view.flow.rate @ near)[view.dealer, view.place]
    exposed_before = view.exposure[:, :start].sum(axis=1)
    exposed_since = view.exposure[:, start:].sum(axis=1)
    return History(
        before,
        rate * exposed_before,
        exposed_before,
        since,
        np.minimum(since, 1.0),
        rate * exposed_since,
        exposed_since,
        view.volume[:, start:].sum(axis=1),
    )


def numbers(view: View, row: int) -> Numbers:
    """Seen and expected around the place in the longest window."""
    start = _starts(view.week)[0]
    history = _history(view.only([row]), start)
    return {
        "seen": int(history.since[0]),
        "expected": round(float(history.expected_since[0]), 2),
        "weeks": view.week + 1 - start,
        "km": int(WITHIN_KM),
    }
