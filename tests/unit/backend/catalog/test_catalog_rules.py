"""Regions, prices and places."""

from datetime import UTC, datetime

import pytest

from backend.catalog.rules import Price, PriceNotSensible, best_price, lies_in, prefix_of, region_label
from backend.catalog.store import load_places
from backend.errors import Malformed

SPRING, SUMMER, AUTUMN = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 6, 9))


def price(prefix: str = "", fen: int = 49_900, since: datetime = SPRING, until: datetime | None = None) -> Price:
    return Price("06901234500011", prefix, fen, fen * 8 // 10, since, until)


@pytest.mark.parametrize(
    ("adcode", "prefix"),
    [
        ("510000", "51"),
        ("510100", "5101"),
        ("110000", "11"),
        ("51", "51"),
        ("100000", ""),
        ("", ""),
        ("441900", "4419"),
    ],
)
def test_a_region_is_named_by_its_shortest_prefix(adcode: str, prefix: str) -> None:
    assert prefix_of(adcode) == prefix


@pytest.mark.parametrize("adcode", ["5", "512", "5101001", "abcdef", "051000", "５１"])
def test_what_is_no_region_code_is_refused(adcode: str) -> None:
    with pytest.raises(Malformed):
        prefix_of(adcode)


def test_the_price_of_the_smallest_region_holds() -> None:
    prices = [price(), price("51", 51_900), price("5101", 52_900)]
    assert [best_price(prices, at, SUMMER).amount_fen for at in ("510100", "510500", "320100")] == [  # type: ignore[union-attr]
        52_900,
        51_900,
        49_900,
    ]


def test_a_price_holds_from_its_first_moment_until_just_before_its_last() -> None:
    prices = [price(until=SUMMER), price(fen=55_900, since=SUMMER)]
    assert best_price(prices, "510100", SUMMER) == prices[1]
    assert best_price(prices[:1], "510100", SUMMER) is None
    assert best_price(prices[1:], "510100", SPRING) is None


@pytest.mark.parametrize(("amount", "floor"), [(100, 101), (100, 0), (0, 0), (-5, -5)])
def test_a_price_below_its_floor_or_free_is_not_sensible(amount: int, floor: int) -> None:
    with pytest.raises(PriceNotSensible):
        Price("06901234500011", "", amount, floor, SPRING)


def test_a_price_cannot_end_before_it_begins() -> None:
    with pytest.raises(PriceNotSensible):
        price(since=AUTUMN, until=SUMMER)


def test_places_cover_every_mainland_province_and_say_where_they_are() -> None:
    places = load_places()
    assert len({place.province for place in places.values()}) == 31
    for place in places.values():
        assert 18 < place.lat < 54
        assert 73 < place.lon < 135
        assert 100 < place.population < 40_000
        assert prefix_of(place.adcode) in place.adcode
        assert lies_in(place.adcode, prefix_of(place.adcode))


def test_regions_are_named_in_the_readers_language() -> None:
    places = load_places().values()
    assert region_label("", places, "zh") == "全国"
    assert region_label("51", places, "en") == "Sichuan"
    assert region_label("5115", places, "zh") == "宜宾市"
    assert region_label("11", places, "zh") == "北京"
    assert region_label("9999", places, "zh") == "9999"
