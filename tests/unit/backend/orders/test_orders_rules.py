"""How an order is split over batches, where it stands, and who may move it on."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.identity.rules import Principal
from backend.orders import rules
from backend.orders.rules import Line, LineWish, Order, Pick, Stock

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 4, tzinfo=UTC)


def stock(batch: str, available: int = 100, *, days: int | None = None, made: int = 30) -> Stock:
    best_before = None if days is None else TODAY + timedelta(days=days)
    return Stock(batch, available, best_before, TODAY - timedelta(days=made))


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


def test_takes_the_batch_that_expires_first() -> None:
    assert rules.allocate(10, [stock("LATE", days=60), stock("SOON", days=5)], today=TODAY) == (Pick("SOON", 10),)


def test_takes_what_keeps_for_ever_last_and_the_oldest_of_it_first() -> None:
    held = [stock("NEW", 6, made=1), stock("OLD", 6, made=400), stock("CIDER", 6, days=90)]
    picks = rules.allocate(15, held, today=TODAY)
    assert picks == (Pick("CIDER", 6), Pick("OLD", 6), Pick("NEW", 3))


def test_does_not_promise_what_is_past_its_date() -> None:
    with pytest.raises(rules.OutOfStock) as refused:
        rules.allocate(7, [stock("GONE", days=-1), stock("TODAY", 6, days=0)], today=TODAY)
    assert refused.value.details == {"wanted": 7, "available": 6}


@given(
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(-20, 60), st.one_of(st.none(), st.integers(-5, 400))), max_size=8),
)
def test_a_line_is_served_exactly_and_never_from_more_than_there_is(
    quantity: int, batches: list[tuple[int, int | None]]
) -> None:
    held = [stock(f"B{at}", available, days=days) for at, (available, days) in enumerate(batches)]
    there = {each.batch: each.available for each in held if each.available > 0}
    fit = sum(each.available for each in held if each.available > 0 and (each.best_before or TODAY) >= TODAY)
    try:
        picks = rules.allocate(quantity, held, today=TODAY)
    except rules.OutOfStock:
        assert fit < quantity
        return
    assert sum(pick.bottles for pick in picks) == quantity
    assert all(0 < pick.bottles <= there[pick.batch] for pick in picks)
    assert len({pick.batch for pick in picks}) == len(picks)


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
    assert rules.may_see(who, "buyer", "seller") is sees
    assert rules.sells(who, "seller") is sells


def test_a_shipment_names_an_order_of_ours_by_its_urn() -> None:
    id = UUID(int=7)
    assert rules.order_named([{"type": "po", "bizTransaction": f"urn:jiulian:order:{id}"}]) == id
    assert rules.order_named([{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:1:2"}]) is None
    assert rules.order_named([]) is None
    with pytest.raises(rules.OrderUnknown):
        rules.order_named([{"type": "po", "bizTransaction": "urn:jiulian:order:seven"}])
