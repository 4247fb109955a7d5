"""The trade's records put together as a dataset for the engine. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backend.catalog import rules as catalog
from backend.china_time import in_china
from backend.dealers import rules as dealers
from backend.identity.rules import Party
from backend.risk.rules import DELIVERED, SIGNED, Dataset, Dealer, KnownFlow, Place, Price, Scan, Territory
from backend.verification import rules as verification

LINGERING_DAYS = 56
"""Bottles of an approved transfer are still read so long after it ended."""


@dataclass(frozen=True)
class Held:
    """A dealer answered for a bottle from a moment on; nobody of them when he gave it back to one who is no dealer.

    `word` is the evidence of a word that stands where he has not signed: the sender's that it was delivered to him; if
    `returned`, the addressee's that it went back to him; if `given_back`, his own that he gave it back, which whoever
    should have it has not confirmed. `suspended`: since when he could not sign meanwhile.
    """

    since: datetime
    dealer: str | None
    word: bytes | None = None
    returned: bool = False
    suspended: datetime | None = None
    given_back: bool = False


@dataclass(frozen=True)
class Attribution:
    """The case of a scanned bottle and the dealers that answered for it, in the order of time."""

    sscc: str
    dealers: tuple[Held, ...]

    def at(self, at: datetime) -> Held | None:
        """The last dealer that had got it by then, if one answers for it still."""
        found = next((each for each in reversed(self.dealers) if each.since <= at), None)
        return found if found is not None and found.dealer is not None else None

    def dealer_at(self, at: datetime) -> str | None:
        """The last dealer that had got it by then."""
        found = self.at(at)
        return found.dealer if found else None


@dataclass(frozen=True)
class Trade:
    """What the capabilities know of the trade, up to a moment."""

    until: datetime
    places: Sequence[catalog.Place]
    parties: Sequence[Party]
    territories: Sequence[dealers.Territory]
    transfers: Sequence[dealers.Transfer]
    prices: Sequence[catalog.Price]
    scans: Sequence[verification.Scan]
    attributions: Mapping[tuple[str, str], Attribution]
    reports: Sequence[verification.PriceReport]


def dataset_of(trade: Trade) -> Dataset:
    """The dataset of the weeks from the first scan to `until`. Bottles that no dealer answers for are left out."""
    today = in_china(trade.until).date()
    first = min((in_china(scan.scanned_at).date() for scan in trade.scans), default=today)
    monday = first - timedelta(days=first.weekday())
    levels = _levels(trade)
    return Dataset(
        first_monday=monday,
        weeks=(today - monday).days // 7 + 1,
        places=tuple(_place(p, levels.get(p.adcode, 1.0)) for p in trade.places),
        dealers=tuple(Dealer(party.gln, party.adcode) for party in trade.parties),
        territories=tuple(
            Territory(t.dealer, p.adcode, _day(t.valid_from), _last_day(t.valid_to))
            for t in trade.territories
            for p in trade.places
            if p.adcode.startswith(t.prefix)
        ),
        known_flows=tuple(
            KnownFlow(
                t.dealer, p.adcode, "transfer", _day(t.valid_from), _day(t.valid_to) + timedelta(days=LINGERING_DAYS)
            )
            for t in trade.transfers
            for p in trade.places
            if p.adcode.startswith(t.prefix)
        ),
        scans=tuple(_scans(trade)),
        prices=tuple(_prices(trade, monday)),
    )


def _place(place: catalog.Place, level: float) -> Place:
    people = place.population * 1000.0
    return Place(place.adcode, place.name, place.adcode[:2], place.lat, place.lon, people, 0, round(level, 4))


def _day(at: datetime) -> date:
    return in_china(at).date()


def _last_day(end: datetime | None) -> date | None:
    return None if end is None else _day(end - timedelta(seconds=1))


def _scans(trade: Trade) -> Iterable[Scan]:
    for scan in trade.scans:
        bottle = trade.attributions.get((scan.gtin, scan.serial))
        held = bottle.at(scan.scanned_at) if bottle else None
        if bottle and held and held.dealer and scan.adcode:
            yield Scan(
                _day(scan.scanned_at),
                held.dealer,
                scan.adcode,
                bottle.sscc,
                f"{scan.gtin}/{scan.serial}",
                scan.device_hash.hex()[:24],
                scan.source,
                SIGNED if held.word is None else DELIVERED,
            )


def _nation(trade: Trade, gtin: str, at: datetime) -> float | None:
    own = [price for price in trade.prices if price.gtin == gtin]
    found = catalog.best_price(own, catalog.NATION, at)
    return float(found.amount_fen) if found else None


def _levels(trade: Trade) -> dict[str, float]:
    """Local list price as a share of the national one, a mean over the products that have both."""
    shares: dict[str, list[float]] = defaultdict(list)
    regional = [price for price in trade.prices if price.prefix]
    for gtin in sorted({price.gtin for price in regional}):
        nation = _nation(trade, gtin, trade.until)
        own = [price for price in regional if price.gtin == gtin]
        for place in trade.places:
            local = catalog.best_price(own, place.adcode, trade.until)
            if nation and local:
                shares[place.adcode].append(local.amount_fen / nation)
    return {adcode: sum(each) / len(each) for adcode, each in shares.items()}


def _prices(trade: Trade, monday: date) -> Iterable[Price]:
    """Mean of the reports of a place and week, each as a share of the product's national list price."""
    indices: dict[tuple[int, str], list[float]] = defaultdict(list)
    for report in trade.reports:
        week = (_day(report.reported_at) - monday).days // 7
        nation = _nation(trade, report.gtin, report.reported_at)
        if nation and week >= 0:
            indices[week, report.adcode].append(report.price_fen / nation)
    for (week, place), each in sorted(indices.items()):
        yield Price(week, place, len(each), round(sum(each) / len(each), 4))
