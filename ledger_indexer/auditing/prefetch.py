"""Work that waits, done ahead of the work that computes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(pool: Executor, calls: Iterable[tuple[Callable[..., T], *tuple[Any, ...]]], depth: int = 1) -> Iterator[T]:
    """The answers of calls in their order, with the next ``depth`` of them under way while one is used."""
    pending: deque[Future[T]] = deque()
    try:
        for function, *arguments in calls:
            pending.append(pool.submit(function, *arguments))
            if len(pending) > depth:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
