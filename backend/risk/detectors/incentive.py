"""Incentive: goods run towards the dearer place; where home is dearer, diverting makes no sense. Pure."""

import numpy as np

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.features.evidence import Floats
from backend.risk.features.geography import homes
from backend.risk.features.view import View

NAME = TermName.INCENTIVE
PER_LOG_GAP = 4.0
LEAST_GAP, MOST_GAP = -0.3, 0.2


def log_odds(view: View) -> Floats:
    """[candidate] log odds from the usual price level at the place against that at home."""
    return np.asarray(PER_LOG_GAP * np.clip(_gap(view), LEAST_GAP, MOST_GAP))


def _gap(view: View) -> Floats:
    level = np.log(np.array([max(p.list_price_index, 0.01) for p in view.evidence.dataset.places]))
    home = homes(view.evidence.dataset, view.evidence.place_at)
    return np.asarray(level[view.place] - level[home[view.dealer]])


def numbers(view: View, row: int) -> Numbers:
    """How much dearer the place usually is than home, in per cent."""
    return {"gap_percent": round(100 * float(np.expm1(_gap(view)[row])), 1)}
