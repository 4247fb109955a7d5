"""Custody that rests on the sender's word alone weighs less: he may have kept the goods himself. Pure."""

import numpy as np

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.features.evidence import Floats
from backend.risk.features.view import RECENT, View

NAME = TermName.UNSIGNED
DOUBT_PERCENT = 10
"""So much of what speaks for a diversion is taken away when the dealer signed for none of the cases."""


def share(view: View) -> Floats:
    """[candidate] share of the cases in recent weeks that the dealer has not signed for."""
    unsigned = view.evidence.unsigned
    if unsigned is None:
        return np.zeros(len(view.dealer))
    recent = slice(max(0, view.week - RECENT + 1), view.week + 1)
    told = unsigned[view.dealer, view.place, recent].sum(axis=1)
    return np.asarray(told / np.maximum(view.seen[:, recent].sum(axis=1), 1.0))


def numbers(view: View, row: int) -> Numbers:
    """How many of the cases in recent weeks rest on the sender's word."""
    recent = slice(max(0, view.week - RECENT + 1), view.week + 1)
    seen = int(view.seen[row, recent].sum())
    return {"unsigned": round(float(share(view)[row]) * seen), "seen": seen, "weeks": RECENT}
