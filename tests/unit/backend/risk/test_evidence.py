"""What counts as evidence."""

from dataclasses import replace
from datetime import timedelta

from made_up_trade import MONDAY, PLACES, WEEKS

from backend.risk.features.evidence import FARM_SCANS, Evidence, gather
from backend.risk.rules import Dataset, Dealer, KnownFlow, Scan, Territory

HOME, AWAY, THIRD = "510100", "310000", "110000"
EMPTY = Dataset(MONDAY, WEEKS, PLACES, (Dealer("D", HOME),), (Territory("D", HOME),), ())


def reading(**changes: object) -> Scan:
    base = Scan(MONDAY, "D", AWAY, "case", "bottle", "phone")
    return base._replace(**changes)  # type: ignore[arg-type]


def counted(*scans: Scan) -> Evidence:
    return gather(replace(EMPTY, scans=scans))


def test_a_gift_drunk_over_three_weeks_counts_once() -> None:
    weeks = [
        reading(scanned_on=MONDAY + timedelta(weeks=w), serial=f"bottle {w}", device=f"phone {w}") for w in range(3)
    ]
    assert counted(*weeks).counts.sum() == 1


def test_two_cases_at_one_place_count_twice() -> None:
    assert counted(reading(), reading(case="other", serial="other")).counts.sum() == 2


def test_one_device_that_reads_by_the_dozen_is_set_aside() -> None:
    farm = [reading(case=f"c{i}", serial=f"s{i}") for i in range(FARM_SCANS)]
    evidence = counted(*farm)
    assert evidence.counts.sum() == 0
    assert evidence.set_aside == FARM_SCANS


def test_a_shop_that_opens_a_dozen_cases_is_no_farm() -> None:
    shop = [reading(case=f"c{i}", serial=f"s{i}", source="shop") for i in range(FARM_SCANS)]
    assert counted(*shop).counts.sum() == FARM_SCANS


def test_a_code_read_in_a_third_city_was_copied_not_carried() -> None:
    copied = [reading(place=p, device=p) for p in (HOME, AWAY, THIRD)]
    evidence = counted(*copied)
    assert evidence.counts.sum() == 2
    assert evidence.set_aside == 1


def test_readings_of_strangers_and_other_times_are_ignored() -> None:
    strangers = (reading(dealer="X"), reading(place="999999"), reading(scanned_on=MONDAY - timedelta(days=1)))
    assert counted(*strangers).counts.sum() == 0


def test_a_known_flow_is_known_only_while_it_is_valid() -> None:
    flow = KnownFlow("D", AWAY, "transfer", MONDAY + timedelta(weeks=2), MONDAY + timedelta(weeks=4))
    known = gather(replace(EMPTY, known_flows=(flow,))).known
    assert known[0, [p.place for p in PLACES].index(AWAY)].tolist() == [2 <= w <= 4 for w in range(WEEKS)]
