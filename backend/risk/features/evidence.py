"""Scans as evidence: a case counts once at a place, when it first surfaces; farms and copies are set aside. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backend.risk.rules import DELIVERED, Dataset, KnownFlow, Territory

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

FARM_SCANS = 12
"""Readings by one device in one week from which on it is a reader for hire (red-packet farming), not a drinker."""
COPIED_PLACES = 3
"""At so many places one bottle's code was photographed and passed round; further readings are not evidence."""
_SHOP = "shop"


@dataclass(frozen=True)
class Evidence:
    """Counts by dealer, place and week, with what contract and house knew in each week."""

    dataset: Dataset
    dealer_at: dict[str, int]
    place_at: dict[str, int]
    counts: Floats
    """[dealer, place, week] cases first read there in that week (a gift drunk over weeks counts once)."""
    inside: Flags
    """[dealer, place, week] the contract covers the place."""
    known: Flags
    """[dealer, place, week] a known flow explains bottles there."""
    online: Flags
    """[dealer] may sell to the whole country."""
    orders: Floats
    """[dealer, week] bottles ordered."""
    set_aside: int
    """Readings of farms and copied codes that were not counted."""
    unsigned: Floats | None = None
    """[dealer, place, week] of `counts` those that the dealer has not signed for; None when he signed for all."""


def gather(dataset: Dataset) -> Evidence:
    """Count the evidence of a dataset. Scans of unknown dealers or places, or outside its weeks, are ignored."""
    dealer_at = {d.dealer: i for i, d in enumerate(dataset.dealers)}
    place_at = {p.place: i for i, p in enumerate(dataset.places)}
    shape = (len(dealer_at), len(place_at), dataset.weeks)
    counts, set_aside, unsigned = _counts(dataset, dealer_at, place_at, shape)
    orders = np.zeros((shape[0], shape[2]))
    for order in dataset.orders:
        if order.dealer in dealer_at and 0 <= order.week < dataset.weeks:
            orders[dealer_at[order.dealer], order.week] += order.bottles
    return Evidence(
        dataset,
        dealer_at,
        place_at,
        counts,
        _flags(dataset, dataset.territories, dealer_at, place_at, shape),
        _flags(dataset, dataset.known_flows, dealer_at, place_at, shape),
        np.array([d.online_authorised for d in dataset.dealers], dtype=np.bool_),
        orders,
        set_aside,
        unsigned,
    )


def _codes(values: Iterable[object]) -> Ints:
    """Small integers for any values, in order of first sight (the same for the same input)."""
    seen: dict[object, int] = {}
    return np.fromiter((seen.setdefault(v, len(seen)) for v in values), dtype=np.int64)


def _counts(
    dataset: Dataset, dealer_at: dict[str, int], place_at: dict[str, int], shape: tuple[int, int, int]
) -> tuple[Floats, int, Floats | None]:
    scans = dataset.scans
    first = dataset.first_monday.toordinal()
    week = np.fromiter((s.scanned_on.toordinal() for s in scans), dtype=np.int64, count=len(scans))
    week = (week - first) // 7
    dealer = np.fromiter((dealer_at.get(s.dealer, -1) for s in scans), dtype=np.int64, count=len(scans))
    place = np.fromiter((place_at.get(s.place, -1) for s in scans), dtype=np.int64, count=len(scans))
    case = _codes((s.dealer, s.case) for s in scans)
    usable = (dealer >= 0) & (place >= 0) & (week >= 0) & (week < shape[2])
    odd = usable & (_farmed(dataset, week) | _copied(dataset, place, week))
    keep = usable & ~odd
    counts = np.zeros(shape)
    order = np.argsort(week[keep], kind="stable")
    _, first_seen = np.unique((case * shape[1] + place)[keep][order], return_index=True)
    chosen = np.flatnonzero(keep)[order][first_seen]
    np.add.at(counts, (dealer[chosen], place[chosen], week[chosen]), 1.0)
    return counts, int(odd.sum()), _unsigned(dataset, chosen, (dealer, place, week), shape)


def _unsigned(
    dataset: Dataset, chosen: Ints, at: tuple[Ints, Ints, Ints], shape: tuple[int, int, int]
) -> Floats | None:
    told = [row for row in chosen if dataset.scans[row].custody == DELIVERED]
    if not told:
        return None
    counts = np.zeros(shape)
    np.add.at(counts, tuple(each[told] for each in at), 1.0)
    return counts


def _farmed(dataset: Dataset, week: Ints) -> Flags:
    device = _codes(s.device for s in dataset.scans)
    if not len(device):
        return np.zeros(0, dtype=np.bool_)
    key = device * np.int64(dataset.weeks + 2) + np.clip(week, -1, dataset.weeks) + 1
    _, back, times = np.unique(key, return_inverse=True, return_counts=True)
    shop = np.fromiter((s.source == _SHOP for s in dataset.scans), dtype=np.bool_, count=len(dataset.scans))
    return np.asarray((times[back] >= FARM_SCANS) & ~shop)


def _copied(dataset: Dataset, place: Ints, week: Ints) -> Flags:
    """Readings at the third and further places of one bottle's code; only what came before decides."""
    serial = _codes(s.serial for s in dataset.scans)
    if not len(serial):
        return np.zeros(0, dtype=np.bool_)
    order = np.argsort(week, kind="stable")
    pair = (serial * (int(place.max()) + 2) + place + 1)[order]
    distinct, first, back = np.unique(pair, return_index=True, return_inverse=True)
    owner = serial[order][first]
    by_sight = np.lexsort((first, owner))
    _, begins = np.unique(owner[by_sight], return_index=True)
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[by_sight] = np.arange(len(distinct)) - np.repeat(begins, np.diff(np.append(begins, len(distinct))))
    copied = np.empty(len(serial), dtype=np.bool_)
    copied[order] = rank[back] >= COPIED_PLACES - 1
    return copied


def _flags(
    dataset: Dataset,
    rows: Iterable[Territory | KnownFlow],
    dealer_at: dict[str, int],
    place_at: dict[str, int],
    shape: tuple[int, int, int],
) -> Flags:
    flags = np.zeros(shape, dtype=np.bool_)
    for row in rows:
        if row.dealer in dealer_at and row.place in place_at:
            start = _week(dataset, row.valid_from, 0)
            end = _week(dataset, row.valid_to, dataset.weeks - 1)
            flags[dealer_at[row.dealer], place_at[row.place], max(0, start) : end + 1] = True
    return flags


def _week(dataset: Dataset, day: date | None, default: int) -> int:
    return default if day is None else (day - dataset.first_monday).days // 7
