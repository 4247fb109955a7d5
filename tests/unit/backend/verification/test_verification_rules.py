"""What a bottle's facts come to, and how its way is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.capture.rules import BatchKey
from backend.catalog.rules import Unit
from backend.custody.rules import TrailStep
from backend.verification import schemas
from backend.verification.rules import (
    Earlier,
    Facts,
    Visitor,
    chapters,
    device_hash,
    scan_record,
    scan_window,
    ticket_of,
    verdict,
)
from scanner.device.capture import Step

NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
UNIT = Unit("06901234500011", "B1", "GWRGNAAY4AEXJ2", "069012340000000078", 0, "00" * 32, 1)
MADE = (Step.HARVEST, Step.HARVEST, Step.FERMENT, Step.DISTIL, Step.AGE, Step.BLEND, Step.BOTTLE, Step.COMMISSION)
CARRIED = (Step.INSPECT, Step.SHIP, Step.RECEIVE, Step.SHIP, Step.RECEIVE)


def way(*steps: Step) -> tuple[TrailStep, ...]:
    """One step a week, each at a place and by a party of its own."""
    return tuple(
        TrailStep(
            evidence=bytes([index]) * 32,
            step=step,
            at=NOW - timedelta(weeks=len(steps) - index),
            actor=f"party{index}",
            batch=BatchKey(UNIT.gtin, UNIT.batch),
            sender=None,
            addressee=None,
            location=f"place{index}",
            quantity=1,
            event={},
        )
        for index, step in enumerate(steps)
    )


def facts(**changes: object) -> Facts:
    whole = Facts(UNIT, recalled=False, steps=way(*MADE, *CARRIED), opened_at=None, earlier=Earlier())
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_a_bottle_without_doubts_matches_the_ledger() -> None:
    assert verdict(facts()).kind == "matches"


@pytest.mark.parametrize(
    ("changes", "kind", "reasons"),
    [
        ({"recalled": True, "opened_at": NOW}, "recalled", ("recalled",)),
        ({"opened_at": NOW}, "opened", ("opened",)),
        ({"steps": way(*MADE)}, "doubt", ("before_shipment",)),
        ({"steps": way(Step.HARVEST, Step.BOTTLE)}, "doubt", ("not_commissioned",)),
        ({"earlier": Earlier(others=8)}, "doubt", ("many_phones",)),
        ({"earlier": Earlier(others=3, cities=("1", "2", "3"))}, "doubt", ("many_cities",)),
    ],
)
def test_hard_facts_come_first_and_every_doubt_has_its_reason(
    changes: dict[str, object], kind: str, reasons: tuple[str, ...]
) -> None:
    found = verdict(facts(**changes))
    assert (found.kind, found.reasons) == (kind, reasons)


def test_looking_again_with_the_same_phone_is_never_suspicious() -> None:
    assert verdict(facts(earlier=Earlier(own=500))).kind == "matches"


def test_the_way_is_told_in_few_rows_that_leave_no_arrival_out() -> None:
    told = chapters(way(*MADE, *CARRIED))
    assert [[step.step for step in chapter] for chapter in told] == [
        [Step.HARVEST, Step.HARVEST],
        [Step.FERMENT, Step.DISTIL],
        [Step.AGE, Step.BLEND],
        [Step.BOTTLE, Step.COMMISSION],
        [Step.RECEIVE],
        [Step.RECEIVE],
    ]


def test_a_row_says_when_where_and_by_what_kind_of_party() -> None:
    steps = way(*MADE, *CARRIED)
    cities = {f"place{n}": "宜宾市" for n in range(8)} | {"place10": "成都市"}
    told = schemas.rows(steps, cities, {"party10": "dealer"})
    assert told[0].cities == ("宜宾市",)
    assert told[0].when == "2025-12-17 – 2025-12-24"
    assert schemas.told_steps(told[3].steps, "zh") == "装瓶、逐瓶赋码"
    assert (told[4].cities, told[4].kind) == (("成都市",), "dealer")
    assert len(schemas.every_row(steps, cities, {})) == len(steps)


def test_days_are_those_of_china() -> None:
    assert schemas.day(datetime(2026, 3, 17, 16, 30, tzinfo=UTC)) == "2026-03-18"


def test_a_reload_is_the_same_look_and_a_look_tomorrow_is_another() -> None:
    visitor = Visitor("aa" * 16, "510100")
    now, soon, tomorrow = (
        scan_window(visitor, UNIT, NOW + wait) for wait in (timedelta(), timedelta(minutes=5), timedelta(days=1))
    )
    assert now == soon != tomorrow
    assert scan_window(Visitor("bb" * 16, "510100"), UNIT, NOW) != now
    assert len(now) <= 64


def test_what_the_log_keeps_of_a_scan_names_no_phone_and_no_minute() -> None:
    record = scan_record(UNIT, Visitor("aa" * 16, "510100"), NOW.replace(minute=37), "matches", 1)
    assert "aa" * 16 not in str(record)
    assert record["hour"] == "2026-03-18T04:00Z"


def test_a_phone_is_somebody_else_next_week() -> None:
    this, next_ = (device_hash("phone", NOW + timedelta(days=days), b"salt") for days in (0, 7))
    assert this != next_
    assert this == device_hash("phone", NOW + timedelta(days=1), b"salt")


def test_a_ticket_with_two_digits_swapped_is_not_a_ticket() -> None:
    assert ticket_of(42) != ticket_of(24)
    assert len(ticket_of(1)) == 10
    assert len({ticket_of(n)[-1] for n in range(10)}) == 10
