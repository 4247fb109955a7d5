"""How much is asked for at once: less after a refusal, and what was refused once is tried again, ever less often."""

from ledger_indexer.fetching.ranges import Ceiling, Sizer


def served(ceiling: Ceiling, times: int) -> int:
    for _ in range(times):
        ceiling.served(ceiling.most)
    return ceiling.most


def test_a_limit_that_stands_is_asked_about_ever_less_often() -> None:
    ceiling = Ceiling(200)
    ceiling.lower(100)
    waits = []
    for _ in range(3):
        times = 0
        while served(ceiling, 1) == 100:
            times += 1
        waits.append(times)
        ceiling.lower(100)
    assert waits == sorted(waits)
    assert waits[-1] >= 4 * waits[0]


def test_a_bad_hour_is_not_remembered_for_ever() -> None:
    ceiling = Ceiling(200)
    ceiling.lower(1)
    assert served(ceiling, 8 * 128) == 200


def test_small_questions_show_nothing_about_large_ones() -> None:
    ceiling = Ceiling(200)
    ceiling.lower(100)
    for _ in range(10_000):
        ceiling.served(5)
    assert ceiling.most == 100


def test_a_range_that_broke_a_node_down_is_halved_for_once_only() -> None:
    sizer = Sizer(size=400, target=10**6, most=2_000)
    sizer.broke_down(400)
    assert (sizer.size, sizer.most) == (200, 2_000)
    sizer.answered(200, 0)
    assert sizer.size == 400
