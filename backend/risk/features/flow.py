"""What honest trade explains: expected evidence of every dealer at every place, learned from the other dealers.

A gravity model (population, distance, same province) is fitted by Poisson regression over all dealers of other
folds and shrunk to coefficients known from real city pairs; near-by dealers and the destination correct it, the
suspect always left out. Exposure is what the dealer's own territory drinks. Pure.
"""

from dataclasses import dataclass

import numpy as np

from backend.risk.features.evidence import Evidence, Flags, Floats
from backend.risk.features.geography import distances_km, homes, same_province

PRIOR_POPULATION, PRIOR_DISTANCE, PRIOR_SAME_PROVINCE = 0.66, -1.47, float(np.log(6.2))
"""Gravity coefficients fitted on real city pairs of China; thin data stays with them."""
PRIOR_SD = 0.35
"""How far a brand's own coefficients may plausibly lie from those."""
PRIOR_RATE, PRIOR_RATE_WEIGHT = 0.15, 40.0
"""Evidence outside per evidence inside the territory, and the inside evidence this belief is worth."""
DESTINATION_WEIGHT, NEIGHBOUR_WEIGHT = 6.0, 3.0
"""Expected counts after which destination and neighbouring dealers speak as loudly as the model."""
NEIGHBOUR_KM = 120.0
FOLDS = 5
RECENT_WEEKS = 4
"""Bottles are read some weeks after they are bought: exposure is a mean over these."""


@dataclass(frozen=True)
class ExpectedFlow:
    """The learned expectation, knowing nothing after `week`."""

    week: int
    exposure: Floats
    """[dealer, week] inside evidence, smoothed, times the season."""
    rate: Floats
    """[dealer, place] expected outside evidence per exposure; 0 inside the territory."""
    shape: float
    """Gamma shape of what the model cannot know about a pair (bigger: the model is better)."""
    coefficients: tuple[float, float, float]
    """Population, distance and same-province exponents in use."""


def expect(evidence: Evidence, week: int) -> ExpectedFlow:
    """Learn the expectation from the weeks up to and including `week`."""
    counts = evidence.counts[:, :, : week + 1]
    outside = ~(evidence.inside | evidence.known)[:, :, : week + 1] & ~evidence.online[:, None, None]
    ever_outside: Flags = np.asarray(outside.any(axis=2))
    beyond = np.where(outside, counts, 0.0)
    exposure = _exposure(np.where(evidence.inside[:, :, : week + 1], counts, 0.0).sum(axis=1))
    if not len(counts):
        nothing = np.zeros(counts.shape[:2])
        return ExpectedFlow(week, exposure, nothing, 1.5, (PRIOR_POPULATION, PRIOR_DISTANCE, PRIOR_SAME_PROVINCE))
    exposure = exposure * _season(beyond, exposure)
    total, exposed = beyond.sum(axis=2), exposure.sum(axis=1)

    features = _features(evidence)
    prior = np.array([PRIOR_POPULATION, PRIOR_DISTANCE, PRIOR_SAME_PROVINCE])
    pull = _normalised(np.exp(features @ prior), ever_outside)
    rate = _rates(total, exposed, pull, ever_outside)
    capped = _capped(total, rate * exposed[:, None])
    coefficients = np.tile(prior, (len(features), 1))
    deviation = _fit(features, capped, rate * exposed[:, None], ever_outside)
    coefficients = coefficients + deviation
    pull = _normalised(np.exp(np.einsum("dpk,dk->dp", features, coefficients)), ever_outside)
    rate = _rates(capped, exposed, pull, ever_outside)
    rate = rate * _corrections(evidence, _capped(total, rate * exposed[:, None]), rate * exposed[:, None])
    shape = _shape(_capped(total, rate * exposed[:, None]), rate * exposed[:, None], ever_outside)
    middle = coefficients.mean(axis=0)
    return ExpectedFlow(week, exposure, rate, shape, (float(middle[0]), float(middle[1]), float(middle[2])))


def _exposure(inside: Floats) -> Floats:
    """Mean of the last weeks; never nothing, so that a silent dealer still expects a little."""
    running = np.cumsum(np.pad(inside, ((0, 0), (1, 0))), axis=1)
    weeks = np.arange(inside.shape[1])
    start = np.maximum(0, weeks - RECENT_WEEKS + 1)
    return np.maximum((running[:, weeks + 1] - running[:, start]) / (weeks + 1 - start), 0.25)


def _season(beyond: Floats, exposure: Floats) -> Floats:
    """One national multiplier a week: in some weeks everybody travels. Few wild pairs must not move it."""
    weekly = np.minimum(beyond, 3.0).sum(axis=(0, 1))
    base = weekly.sum() / exposure.sum()
    return np.asarray((weekly + 30.0 * base) / (exposure.sum(axis=0) + 30.0) / max(base, 1e-9))


def _features(evidence: Evidence) -> Floats:
    """[dealer, place, 3] log population, log distance and same province, seen from the dealer's home."""
    dataset = evidence.dataset
    home = homes(dataset, evidence.place_at)
    population = np.log(np.array([max(p.population, 1.0) for p in dataset.places]))
    distance = np.log(distances_km(dataset)[home])
    return np.stack(
        [np.broadcast_to(population - population.mean(), distance.shape), distance, same_province(dataset)[home]],
        axis=2,
    )


def _normalised(pull: Floats, outside: Flags) -> Floats:
    pull = np.where(outside, pull, 0.0)
    return np.asarray(pull / np.maximum(pull.sum(axis=1, keepdims=True), 1e-12))


def _rates(total: Floats, exposed: Floats, pull: Floats, outside: Flags) -> Floats:
    """Each dealer's own share of travelling bottles, shrunk to that of all; one wild place must not set it."""
    rate = PRIOR_RATE
    share = np.full(len(exposed), rate)
    for _ in range(3):
        capped = _capped(total, share[:, None] * pull * exposed[:, None]) * outside
        rate = (capped.sum() + PRIOR_RATE * PRIOR_RATE_WEIGHT) / (exposed.sum() + PRIOR_RATE_WEIGHT)
        share = (capped.sum(axis=1) + rate * PRIOR_RATE_WEIGHT) / (exposed + PRIOR_RATE_WEIGHT)
    return np.asarray(share[:, None] * pull)


def _capped(total: Floats, expected: Floats) -> Floats:
    """Counts, winsorised: what lies far above the expectation may be the very thing we look for."""
    return np.minimum(total, expected + 2.0 * np.sqrt(expected + expected**2) + 1.0)


def _fit(features: Floats, total: Floats, expected: Floats, outside: Flags) -> Floats:
    """[dealer, 3] deviation of the coefficients from the prior, learned from the other folds' dealers only."""
    from sklearn.linear_model import PoissonRegressor  # a second to load: only who scores pays for it

    fold = np.arange(len(total)) % min(FOLDS, len(total))
    deviation = np.zeros((len(total), features.shape[2]))
    for held_out in range(int(fold.max()) + 1):
        rows = outside & (fold != held_out)[:, None] & (expected > 0)
        if total[rows].sum() < 20:
            continue
        weight = expected[rows]
        model = PoissonRegressor(
            alpha=1.0 / (PRIOR_SD**2 * weight.sum()), solver="newton-cholesky", max_iter=50, tol=1e-5
        )
        middle = np.average(features[rows], axis=0, weights=weight)
        model.fit(features[rows] - middle, total[rows] / weight, sample_weight=weight)
        deviation[fold == held_out] = model.coef_
    return deviation


def _corrections(evidence: Evidence, total: Floats, expected: Floats) -> Floats:
    """What the destination and the near-by dealers say beyond the model; the suspect himself left out."""
    seen, hoped = total.sum(axis=0) - total, expected.sum(axis=0) - expected
    destination = (DESTINATION_WEIGHT + seen) / (DESTINATION_WEIGHT + hoped)
    home = homes(evidence.dataset, evidence.place_at)
    kinship = np.exp(-(distances_km(evidence.dataset)[np.ix_(home, home)] - 30.0) / NEIGHBOUR_KM)
    np.fill_diagonal(kinship, 0.0)
    near_seen, near_hoped = kinship @ total, kinship @ (expected * destination)
    return np.asarray(destination * (NEIGHBOUR_WEIGHT + near_seen) / (NEIGHBOUR_WEIGHT + near_hoped))


def _shape(total: Floats, expected: Floats, outside: Flags) -> float:
    """Gamma shape by moments over all pairs, kept within reason and shrunk to 1.5 when data is thin."""
    rows = outside & (expected > 0.05)
    if not rows.any():
        return 1.5
    excess = ((total[rows] - expected[rows]) ** 2 - expected[rows]).sum()
    weight = (expected[rows] ** 2).sum()
    variance = (excess + 10.0 / 1.5) / (weight + 10.0)
    return float(np.clip(1.0 / max(variance, 1e-6), 0.5, 8.0))
