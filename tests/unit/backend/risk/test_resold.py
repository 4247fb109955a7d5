"""Bottles that a shop says it sold at home, and that are opened far away."""

from datetime import UTC, datetime, timedelta

from made_up_trade import PLACES

from backend.risk.resold import NAME, Proof, Seller, findings
from backend.risk.rules import Finding

NOW = datetime(2026, 3, 18, tzinfo=UTC)
MAP = {place.place: (place.lat, place.lon, float(place.population)) for place in PLACES}
CHENGDU, MIANYANG, SHANGHAI, GUANGZHOU = "510100", "510700", "310000", "440100"
SHOP, HONEST = "shop", "honest shop"
SELLERS = {SHOP: Seller(SHOP, CHENGDU, ("51",)), HONEST: Seller(HONEST, GUANGZHOU, ("44",))}


def opened(count: int, adcode: str, *, seller: str = SHOP, weeks: int = 4, case: str = "c") -> list[Proof]:
    """So many cases of which a bottle was opened in a city, spread over some weeks."""
    return [
        Proof(
            NOW - timedelta(weeks=index % weeks, hours=index + 1), seller, adcode, f"{case}{adcode}{index}", f"u{index}"
        )
        for index in range(count)
    ]


def named(proofs: list[Proof]) -> list[Finding]:
    return findings([*proofs, *opened(20, GUANGZHOU, seller=HONEST)], SELLERS, MAP, NOW)


def test_who_sells_on_paper_and_ships_elsewhere_is_named_with_the_numbers() -> None:
    (finding,) = named([*opened(9, SHANGHAI), *opened(5, CHENGDU)])
    assert (finding.dealer, finding.places[0].place) == (SHOP, SHANGHAI)
    place = finding.places[0]
    assert place.hundredths == sum(term.hundredths for term in place.terms) >= 0
    numbers = next(term.numbers for term in place.terms if term.name == NAME)
    assert (numbers["seen"], numbers["sold"]) == (9, 14)
    assert 1_500 < numbers["km"] < 1_800
    assert sum(place.weekly) == 9
    assert place.travellers is not None
    assert 0 < place.travellers <= 9


def test_one_guest_with_two_bottles_accuses_nobody() -> None:
    assert named([*opened(2, SHANGHAI), *opened(12, CHENGDU)]) == []


def test_one_banquet_in_one_week_accuses_nobody() -> None:
    assert named([*opened(3, SHANGHAI, weeks=1), *opened(12, CHENGDU)]) == []


def test_the_bottles_of_one_case_count_once() -> None:
    one_case = [Proof(NOW - timedelta(days=day), SHOP, SHANGHAI, "the same case", f"bottle {day}") for day in range(12)]
    assert named([*one_case, *opened(6, CHENGDU)]) == []


def test_bottles_opened_in_the_region_or_a_near_city_are_where_they_may_be() -> None:
    assert named([*opened(9, MIANYANG), *opened(5, CHENGDU)]) == []
    permitted = {**SELLERS, SHOP: Seller(SHOP, CHENGDU, ("51", "31"))}
    assert findings(opened(9, SHANGHAI), permitted, MAP, NOW) == []


def test_buyers_who_spread_over_the_country_are_travellers() -> None:
    far = [place.place for place in PLACES if not place.place.startswith("51")]
    spread = [proof for adcode in far for proof in opened(1, adcode)]
    assert named([*spread, *opened(60, CHENGDU)]) == []
