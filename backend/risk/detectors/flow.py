"""Count surprise: more cases at a place than travellers and gifts explain, since some recent week or ever. Pure."""

import numpy as np
from scipy.special import logsumexp

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.detectors.bayes import History, surprise
from backend.risk.features.evidence import Floats
from backend.risk.features.view import View

NAME = TermName.FLOW
WINDOWS = (2, 4, 8, 16)
"""Weeks back at which a diversion may have begun; what came before is the pair's own honest history."""


def starts(week: int) -> list[int]:
    """The weeks at which a diversion may have begun."""
    return sorted({max(0, week + 1 - length) for length in WINDOWS} | {0})


def log_odds(view: View, withdrawn: Floats | float = 0.0) -> Floats:
    """[candidate] log Bayes factor, averaged over the moments it may have begun.

    `withdrawn` takes readings out of the recent counts: what if so many had been travellers?
    """
    factors = [surprise(_history(view, start), view.flow.shape, withdrawn) for start in starts(view.week)]
    return np.asarray(logsumexp(np.stack(factors), axis=0) - np.log(len(factors)))


def _history(view: View, start: int) -> History:
    exposure, seen = view.exposure, view.seen
    return History(
        before=seen[:, :start].sum(axis=1),
        expected_before=exposure[:, :start].sum(axis=1) * view.rate,
        exposure_before=exposure[:, :start].sum(axis=1),
        since=seen[:, start:].sum(axis=1),
        biggest_week=seen[:, start:].max(axis=1, initial=0.0),
        expected_since=exposure[:, start:].sum(axis=1) * view.rate,
        exposure_since=exposure[:, start:].sum(axis=1),
        volume_since=view.volume[:, start:].sum(axis=1),
    )


def seen_and_expected(view: View, row: int) -> tuple[int, float, int]:
    """What was seen and expected in the window that speaks loudest, for people, and its weeks."""
    only = view.only([row])
    loudest = max(starts(view.week), key=lambda s: float(surprise(_history(only, s), view.flow.shape)[0]))
    history = _history(only, loudest)
    return int(history.since[0]), round(float(history.expected_since[0]), 2), view.week + 1 - loudest


def numbers(view: View, row: int) -> Numbers:
    """As `seen_and_expected`, by name."""
    seen, expected, weeks = seen_and_expected(view, row)
    return {"seen": seen, "expected": expected, "weeks": weeks}
