"""Is a count what honest trade explains, or does someone send goods? Marginal likelihoods and Bayes factors. Pure.

Honest trade is a mixture: the learned expectation; a standing corridor nobody has put on paper (a rare, diffuse
rate that a pair's own history confirms or refutes); and on top of either, now and then, one burst in one week
(a banquet, a gift of several cases). Diversion adds a share of the dealer's volume.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from backend.risk.features.evidence import Floats

SHARES = np.array([0.02, 0.05, 0.12, 0.3])
"""Alternatives tried: the share of a dealer's volume that would be going there."""
ALTERNATIVE_SHAPE = 2.0
"""How unevenly diverted goods surface (gamma shape)."""
CORRIDOR, CORRIDOR_RATE, CORRIDOR_SHAPE = 0.004, 0.04, 0.4
"""Share of pairs with an unwritten corridor, its mean evidence per exposure, and its gamma shape."""
BURST, BURST_CONTINUES = 0.006, 0.7
"""How often one week holds a banquet or gift, and the chance that it takes one more case."""
SURE_AFTER = 15.0
"""Own history never makes the expectation surer than so many counts: trade drifts."""


@dataclass(frozen=True)
class History:
    """Counts of candidates before a moment, and since."""

    before: Floats
    expected_before: Floats
    exposure_before: Floats
    since: Floats
    biggest_week: Floats
    expected_since: Floats
    exposure_since: Floats
    volume_since: Floats


def log_probability(count: Floats, mean: Floats, shape: Floats | float) -> Floats:
    """Log probability of a count under a negative binomial with a mean and a gamma shape."""
    mean = np.maximum(mean, 1e-9)
    return np.asarray(
        gammaln(count + shape)
        - gammaln(shape)
        - gammaln(count + 1)
        + shape * (np.log(shape) - np.log(shape + mean))
        + count * (np.log(mean) - np.log(shape + mean))
    )


def surprise(history: History, shape: float, withdrawn: Floats | float = 0.0) -> Floats:
    """Log Bayes factor of "a share of the volume comes on top, since then" against honest trade.

    `shape` is the gamma shape of the learned expectation; `withdrawn` takes counts out of the recent window.
    """
    h = history
    since = np.maximum(h.since - withdrawn, 0.0)
    biggest = np.minimum(h.biggest_week, since)
    honest, diverted = [], []
    for prior, before, expected, a in (
        (1 - CORRIDOR, h.expected_before, h.expected_since, shape),
        (CORRIDOR, CORRIDOR_RATE * h.exposure_before, CORRIDOR_RATE * h.exposure_since, CORRIDOR_SHAPE),
    ):
        weight = np.log(prior) + log_probability(h.before, before, a) * (before > 0)
        usual = expected * (a + h.before) / (a + before)
        sure = np.minimum(a + h.before, SURE_AFTER)
        calm = log_probability(since, usual, sure) + np.log(1 - BURST)
        burst = (
            np.log(BURST * (1 - BURST_CONTINUES))
            + (biggest - 1) * np.log(BURST_CONTINUES)
            + log_probability(since - biggest, usual, sure)
        )
        honest.append(weight + np.where(biggest >= 1, np.logaddexp(calm, burst), calm))
        diverted.append(weight + _on_top(since, usual, sure, h.volume_since))
    return np.asarray(logsumexp(np.stack(diverted), axis=0) - logsumexp(np.stack(honest), axis=0))


def _on_top(count: Floats, usual: Floats, sure: Floats, volume: Floats) -> Floats:
    added = SHARES * np.maximum(volume, 1.0)[..., None]
    total = usual[..., None] + added
    extra = (usual**2 / sure)[..., None] + added**2 / ALTERNATIVE_SHAPE
    alternative = log_probability(count[..., None], total, total**2 / np.maximum(extra, 1e-9))
    return np.asarray(logsumexp(alternative, axis=-1) - np.log(len(SHARES)))
