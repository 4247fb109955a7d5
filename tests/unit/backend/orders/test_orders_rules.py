"""Where an order stands, and who may move it on."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from backend.identity.rules import Principal
from backend.orders import rights, rules
from backend.orders.order_uri import order_named
from backend.orders.rules import Line, LineWish, Order

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 4, tzinfo=UTC)


def order(*lines: Line, submitted: bool = True, approved: bool = True, cancelled: bool = False) -> Order:
    return Order(
        UUID(int=1),
        "buyer",
        "seller",
        "place",
        "li",
        NOW,
        NOW if submitted else None,
        NOW if approved else None,
        NOW if cancelled else None,
        lines,
    )


def line(bottles: int = 12, **quantities: int) -> Line:
    return Line("06901234500011", bottles, 49_900, **quantities)


@pytest.mark.parametrize(
    ("given_order", "state"),
    [
        (order(line(), submitted=False, approved=False), "draft"),
        (order(line(), approved=False), "submitted"),
        (order(line()), "approved"),
        (order(line(allocated=12)), "allocated"),
        (order(line(allocated=12, dispatched=6)), "partly_dispatched"),
        (order(line(allocated=12, dispatched=12)), "dispatched"),
        (order(line(allocated=12, dispatched=12, received=6)), "partly_received"),
        (order(line(allocated=12, dispatched=6, received=6)), "partly_received"),
        (order(line(allocated=12, dispatched=12, received=10, returned=1, lost=1)), "received"),
        (order(line(allocated=12, dispatched=12, received=12), line(6, allocated=6)), "partly_received"),
        (order(line(allocated=12), cancelled=True), "cancelled"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_order_stands_where_its_quantities_say(given_order: Order, state: str) -> None:
    assert given_order.state == state
    assert state in rules.STATES


def test_a_line_of_part_cases_is_refused_with_the_nearest_whole_ones() -> None:
    with pytest.raises(rules.NotWholeCases) as refused:
        rules.check_cases("06901234500011", 8, 6)
    assert refused.value.details["nearest"] == [6, 12]
    with pytest.raises(rules.NotWholeCases) as refused:
        rules.check_cases("06901234500011", 5, 6)
    assert refused.value.details["nearest"] == [6]


def test_the_price_is_the_lists_unless_a_better_one_above_the_floor_was_agreed() -> None:
    assert rules.line_price("g", None, 49_900, 39_900) == 49_900
    assert rules.line_price("g", 39_900, 49_900, 39_900) == 39_900
    with pytest.raises(rules.BelowFloor):
        rules.line_price("g", 39_899, 49_900, 39_900)
    with pytest.raises(rules.NoPrice):
        rules.line_price("g", 49_900, None, None)


def test_an_order_of_nothing_or_of_one_product_twice_is_none() -> None:
    with pytest.raises(rules.EmptyOrder):
        rules.check_lines([])
    with pytest.raises(rules.LineRepeated):
        rules.check_lines([LineWish("g", 6), LineWish("g", 12)])


@pytest.mark.parametrize(
    ("role", "party", "sees", "sells"),
    [
        ("brand", "x", True, True),
        ("auditor", None, True, False),
        ("compliance", "x", True, False),
        ("dealer", "buyer", True, False),
        ("dealer", "seller", True, True),
        ("warehouse", "seller", True, True),
        ("store", "seller", True, False),
        ("dealer", "x", False, False),
        ("store", None, False, False),
    ],
)
def test_only_the_two_sides_and_the_overseers_see_an_order(
    role: str, party: str | None, sees: bool, sells: bool
) -> None:
    who = Principal(1, "li", frozenset({role}), party)
    assert rights.may_see(who, "buyer", "seller") is sees
    assert rights.sells(who, "seller") is sells


def test_a_shipment_names_an_order_of_ours_by_its_urn() -> None:
    id = UUID(int=7)
    assert order_named([f"urn:jiulian:order:{id}"]) == id
    assert order_named(["urn:epcglobal:cbv:bt:1:2"]) is None
    assert order_named([]) is None
    with pytest.raises(rules.OrderUnknown):
        order_named(["urn:jiulian:order:seven"])
