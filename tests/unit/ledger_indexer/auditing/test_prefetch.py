"""Answers come in order, the next ones under way, and not all at once."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from ledger_indexer.auditing.prefetch import prefetch


def test_answers_come_in_the_order_of_the_calls_and_only_the_next_is_asked_for() -> None:
    asked: list[int] = []

    def answer(number: int) -> int:
        asked.append(number)
        return number * 2

    calls = [partial(answer, number) for number in range(6)]
    with ThreadPoolExecutor(max_workers=1) as pool:
        answers = prefetch(pool, calls)
        assert next(answers) == 0
        pool.submit(lambda: None).result()
        assert asked == [0, 1]
        assert list(answers) == [2, 4, 6, 8, 10]


def test_an_error_comes_where_its_answer_would() -> None:
    def answer(number: int) -> float:
        return 1 / number

    calls = [partial(answer, number) for number in (1, 0, 2)]
    with ThreadPoolExecutor(max_workers=1) as pool:
        answers = prefetch(pool, calls)
        assert next(answers) == 1
        with pytest.raises(ZeroDivisionError):
            next(answers)


def test_nothing_asked_is_nothing_answered() -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        assert list(prefetch(pool, ())) == []
