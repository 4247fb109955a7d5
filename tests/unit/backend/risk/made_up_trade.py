"""A made-up trade of 30 dealers in 12 provinces over ten weeks, with planted diversions and honest noise. Seeded."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from backend.risk.rules import Dataset, Dealer, KnownFlow, Place, Price, Scan, Territory

MONDAY = date(2026, 1, 5)
WEEKS = 10
PLACES = (
    Place("510100", "成都市", "51", 30.66, 104.06, 20.9e6, 900, 1.00),
    Place("510700", "绵阳市", "51", 31.47, 104.68, 4.9e6, 200, 0.98),
    Place("511500", "宜宾市", "51", 28.75, 104.64, 4.6e6, 200, 0.97),
    Place("500000", "重庆市", "50", 29.56, 106.55, 32.0e6, 900, 1.00),
    Place("520100", "贵阳市", "52", 26.65, 106.63, 6.0e6, 250, 0.98),
    Place("430100", "长沙市", "43", 28.23, 112.94, 10.0e6, 400, 1.01),
    Place("420100", "武汉市", "42", 30.59, 114.31, 12.3e6, 500, 1.01),
    Place("410100", "郑州市", "41", 34.75, 113.63, 12.6e6, 500, 1.00),
    Place("410300", "洛阳市", "41", 34.62, 112.45, 7.1e6, 250, 0.99),
    Place("370100", "济南市", "37", 36.65, 117.12, 9.2e6, 400, 1.02),
    Place("370200", "青岛市", "37", 36.07, 120.38, 10.1e6, 450, 1.04),
    Place("320100", "南京市", "32", 32.06, 118.80, 9.3e6, 450, 1.04),
    Place("320500", "苏州市", "32", 31.30, 120.58, 12.7e6, 500, 1.05),
    Place("330100", "杭州市", "33", 30.27, 120.15, 11.9e6, 500, 1.05),
    Place("310000", "上海市", "31", 31.23, 121.47, 24.9e6, 900, 1.08),
    Place("440100", "广州市", "44", 23.13, 113.26, 18.7e6, 800, 1.06),
    Place("440300", "深圳市", "44", 22.54, 114.06, 17.6e6, 700, 1.07),
    Place("110000", "北京市", "11", 39.90, 116.41, 21.9e6, 900, 1.06),
)


@dataclass(frozen=True)
class Plant:
    """One planted diversion: who sends, where it surfaces, from which week."""

    dealer: str
    place: str
    week: int


@dataclass(frozen=True)
class Network:
    """A dataset with its truth."""

    dataset: Dataset
    plants: tuple[Plant, ...]
    transfer: KnownFlow


def network(seed: int, *, diversions: int = 3) -> Network:
    """About 1,500 readings: sales at home, 8 % travellers, gifts, one approved transfer, planted diversions."""
    rng = random.Random(seed)
    codes = [p.place for p in PLACES]
    dealers = tuple(Dealer(f"D{i:02}", codes[i % len(codes)]) for i in range(30))
    scans: list[Scan] = []
    _sell(rng, dealers, codes, scans)
    _give(rng, dealers, codes, scans)
    chosen = rng.sample(dealers, diversions + 1)
    plants = tuple(_plant(rng, d.dealer, _far(rng, d.home), scans) for d in chosen[:diversions])
    away = _far(rng, chosen[-1].home)
    week = rng.randint(3, 7)
    _surface(rng, chosen[-1].dealer, away, week, rng.randint(5, 8), scans)
    transfer = KnownFlow(
        chosen[-1].dealer, away, "transfer", MONDAY + timedelta(weeks=week - 1), MONDAY + timedelta(weeks=20)
    )
    territories = tuple(Territory(d.dealer, d.home) for d in dealers)
    prices = _prices(rng, plants)
    scans.sort()
    data = Dataset(MONDAY, WEEKS, PLACES, dealers, territories, tuple(scans), (transfer,), (), prices)
    return Network(data, plants, transfer)


def _day(week: int, rng: random.Random) -> date:
    return MONDAY + timedelta(days=7 * week + rng.randrange(7))


def _scan(rng: random.Random, week: int, dealer: str, place: str, case: str) -> Scan:
    serial = f"{case}-{rng.randrange(6)}"
    return Scan(_day(min(week, WEEKS - 1), rng), dealer, place, case, serial, f"dev{rng.random():.12f}")


def _sell(rng: random.Random, dealers: tuple[Dealer, ...], codes: list[str], scans: list[Scan]) -> None:
    for number in range(1350):
        dealer = rng.choice(dealers)
        travels = rng.random() < 0.08
        weights = [0.0 if p.place == dealer.home else p.population for p in PLACES]
        place = rng.choices(codes, weights)[0] if travels else dealer.home
        case = f"t{number}" if travels else f"c{dealer.dealer}-{number // 90}"
        scans.append(_scan(rng, rng.randrange(WEEKS), dealer.dealer, place, case))


def _give(rng: random.Random, dealers: tuple[Dealer, ...], codes: list[str], scans: list[Scan]) -> None:
    """Gifts and banquets: one case, several bottles, far from home, within a few days."""
    for number in range(6):
        dealer, week = rng.choice(dealers), rng.randrange(WEEKS)
        place = rng.choice([c for c in codes if c != dealer.home])
        scans.extend(_scan(rng, week, dealer.dealer, place, f"g{number}") for _ in range(rng.randint(2, 5)))


def _far(rng: random.Random, home: str) -> str:
    """A city another journey away: at least some 500 km."""
    here = next(p for p in PLACES if p.place == home)
    return rng.choice([p.place for p in PLACES if abs(p.lat - here.lat) + abs(p.lon - here.lon) > 6])


def _plant(rng: random.Random, dealer: str, place: str, scans: list[Scan]) -> Plant:
    week = rng.randint(5, 7)
    _surface(rng, dealer, place, week, rng.randint(5, 8), scans)
    return Plant(dealer, place, week)


def _surface(rng: random.Random, dealer: str, place: str, week: int, cases: int, scans: list[Scan]) -> None:
    """Whole cases surface bottle by bottle within two weeks."""
    for number in range(cases):
        scans.extend(
            _scan(rng, week + rng.randrange(2), dealer, place, f"x{dealer}-{number}") for _ in range(rng.randint(4, 5))
        )


def _prices(rng: random.Random, plants: tuple[Plant, ...]) -> tuple[Price, ...]:
    rows = []
    for week in range(WEEKS):
        for place in PLACES:
            cheap = any(p.place == place.place and p.week <= week for p in plants)
            if cheap or rng.random() < 0.5:
                level = place.list_price_index * (rng.uniform(0.80, 0.90) if cheap else rng.gauss(1.0, 0.03))
                rows.append(Price(week, place.place, rng.randint(1, 3), round(level, 4)))
    return tuple(rows)
