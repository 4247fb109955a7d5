"""Calls that wait for others, started before their results are needed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")


def prefetch(pool: Executor, calls: Iterable[Callable[[], T]], depth: int = 1) -> Iterator[T]:
    """The results of calls in their order, with the next ``depth`` of them under way while one is used."""
    pending: deque[Future[T]] = deque()
    try:
        for call in calls:
            pending.append(pool.submit(call))
            if len(pending) > depth:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
