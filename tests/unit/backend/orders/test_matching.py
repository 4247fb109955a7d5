"""How a line is split over batches."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.orders.matching import OutOfStock, Pick, Stock, allocate

TODAY = date(2026, 3, 18)


def stock(batch: str, available: int = 100, *, days: int | None = None, made: int = 30) -> Stock:
    best_before = None if days is None else TODAY + timedelta(days=days)
    return Stock(batch, available, best_before, TODAY - timedelta(days=made))


def test_takes_the_batch_that_expires_first() -> None:
    assert allocate(10, [stock("LATE", days=60), stock("SOON", days=5)], today=TODAY) == (Pick("SOON", 10),)


def test_takes_what_keeps_for_ever_last_and_the_oldest_of_it_first() -> None:
    held = [stock("NEW", 6, made=1), stock("OLD", 6, made=400), stock("CIDER", 6, days=90)]
    picks = allocate(15, held, today=TODAY)
    assert picks == (Pick("CIDER", 6), Pick("OLD", 6), Pick("NEW", 3))


def test_does_not_promise_what_is_past_its_date() -> None:
    with pytest.raises(OutOfStock) as refused:
        allocate(7, [stock("GONE", days=-1), stock("TODAY", 6, days=0)], today=TODAY)
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
        picks = allocate(quantity, held, today=TODAY)
    except OutOfStock:
        assert fit < quantity
        return
    assert sum(pick.bottles for pick in picks) == quantity
    assert all(0 < pick.bottles <= there[pick.batch] for pick in picks)
    assert len({pick.batch for pick in picks}) == len(picks)
