"""Price at the destination: goods that flow where they should not push it down. Pure."""

import numpy as np

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.features.evidence import Floats
from backend.risk.features.view import View

NAME = TermName.PRICE
WINDOW = 4
NOISE = 0.05
"""Standard deviation of one report's price around the local price (share of list)."""
DRIFT = 0.025
"""Honest movement of a local price between months (standard deviation)."""
DROPS = np.array([0.05, 0.10, 0.16])
"""Falls that diversion may cause."""
MOST, LEAST = 2.5, -0.6


def log_odds(view: View) -> Floats:
    """[candidate] log odds that the local price fell as under diverted goods."""
    drop, spread = _drop(view)
    null = -0.5 * (np.maximum(drop, 0.0) / spread) ** 2
    alternative = -0.5 * ((drop[:, None] - DROPS) / spread[:, None]) ** 2
    factor = np.logaddexp.reduce(alternative, axis=1) - np.log(len(DROPS)) - null
    factor = np.where(drop < 0, np.minimum(factor, 0.0), factor)
    return np.asarray(np.where(np.isfinite(spread), np.clip(factor, LEAST, MOST), 0.0)[view.place])


def _drop(view: View) -> tuple[Floats, Floats]:
    """[place] fall against its own past (or, without one, against the local list price) net of the nation's."""
    dataset = view.evidence.dataset
    shape = (len(dataset.places), view.week + 1)
    total, reports = np.zeros(shape), np.zeros(shape)
    for price in dataset.prices:
        if price.week <= view.week and price.place in view.evidence.place_at:
            at = view.evidence.place_at[price.place]
            total[at, price.week] += price.reports * price.price_index
            reports[at, price.week] += price.reports
    recent = slice(max(0, view.week + 1 - WINDOW), None)
    now, now_reports = _mean(total[:, recent], reports[:, recent])
    past, past_reports = _mean(total[:, : recent.start], reports[:, : recent.start])
    belief = np.array([p.list_price_index for p in dataset.places])
    past = (past * past_reports + belief * 2.0) / (past_reports + 2.0)
    drop = np.where(now_reports > 0, past - now, 0.0)
    nation = np.median(drop[now_reports > 0]) if (now_reports > 0).sum() >= 8 else 0.0
    spread = np.sqrt(NOISE**2 / np.maximum(now_reports, 1e-9) + NOISE**2 / (past_reports + 2.0) + DRIFT**2)
    return drop - nation, np.where(now_reports > 0, spread, np.inf)


def _mean(total: Floats, reports: Floats) -> tuple[Floats, Floats]:
    count = reports.sum(axis=1)
    return total.sum(axis=1) / np.maximum(count, 1e-9), count


def numbers(view: View, row: int) -> Numbers:
    """The fall in per cent of the list price, and how many reports tell it."""
    drop, _ = _drop(view)
    place = int(view.place[row])
    code = view.evidence.dataset.places[place].place
    since = view.week + 1 - WINDOW
    reports = sum(p.reports for p in view.evidence.dataset.prices if p.place == code and since <= p.week <= view.week)
    return {"drop_percent": round(100 * float(drop[place]), 1), "reports": reports, "weeks": WINDOW}
