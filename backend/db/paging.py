"""Lists in SQL: which rows of a query stand on a page, how many there are, and all of them one after the other.

A list is a query for the keys of its rows, sorts that end in a unique column, and a way to load rows by their keys.
PostgreSQL finds the keys of a page in an index alone; names and sums are then looked up for the rows of that page only.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

T = TypeVar("T")
U = TypeVar("U")
_CHUNK = 1_000
"""Rows that are loaded at once where all are asked for."""


@dataclass(frozen=True, slots=True)
class By:
    """A column that a list is sorted by, otherwise than upwards with nulls last."""

    column: ColumnElement[Any]
    down: bool = False
    nulls_first: bool | None = None
    """None where there are no nulls."""

    def ordered(self, *, backwards: bool) -> ColumnElement[Any]:
        """The column in a query's order, or in the reverse of it, where nulls change sides too."""
        column = self.column.desc() if self.down != backwards else self.column.asc()
        if self.nulls_first is None:
            return column
        return column.nulls_first() if self.nulls_first != backwards else column.nulls_last()


Columns = Sequence[ColumnElement[Any] | By]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of a list is asked for (`number` from 1), and the sort of the list by its name."""

    number: int
    size: int
    sort: str
    descending: bool = False

    @property
    def skip(self) -> int:
        """Rows before the page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page, and how many rows the whole list has. A page past the last one is empty."""

    items: Sequence[T]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.first + len(self.items) - 1

    def turned(self, turn: Callable[[Sequence[T]], Sequence[U]]) -> "Page[U]":
        """The same page of other values."""
        return Page(turn(self.items), self.total, self.number, self.size)


@dataclass(frozen=True, slots=True)
class Newest(Generic[T]):
    """The newest, or the largest, of `total` rows; that one first."""

    items: Sequence[T]
    total: int


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A list that can be asked for page by page. `keys` selects what `load` takes; each of `sorts` is unique in all.

    `count` says how many rows there are where something cheaper than counting the keys knows it. `reads_all`: finding
    a page reads every row anyhow, as a search for words does; then one reading counts them too.
    """

    keys: Select[Any]
    sorts: Mapping[str, Columns]
    load: Callable[[Session, Sequence[Row[Any]]], Sequence[T]]
    count: Callable[[Session], int] | None = None
    reads_all: bool = False

    def total(self, session: Session) -> int:
        """How many rows there are."""
        if self.count is not None:
            return self.count(session)
        counted = self.keys.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
        return int(session.execute(counted).scalar_one())

    def page(self, session: Session, asked: Asked) -> Page[T]:
        """One page. From the middle on it is counted from the end, so that the last page costs what the first does."""
        if self.reads_all:
            return self._page_and_total(session, asked)
        total = self.total(session)
        items = self.part(session, asked, asked.skip, asked.skip + asked.size, total)
        return Page(items, total, asked.number, asked.size)

    def _page_and_total(self, session: Session, asked: Asked) -> Page[T]:
        counted = self._ordered(asked).add_columns(func.count().over().label("rows_in_all"))
        found = session.execute(counted.limit(asked.size).offset(asked.skip)).all()
        total = found[0].rows_in_all if found else self.total(session)
        return Page(self.load(session, found) if found else (), total, asked.number, asked.size)

    def part(self, session: Session, asked: Asked, start: int, stop: int, total: int) -> Sequence[T]:
        """The rows from one place to another of `total` that there are, in the sort that is asked for."""
        count = min(stop, total) - start
        if count <= 0:
            return ()
        from_end = start > total // 2
        skip = total - start - count if from_end else start
        found = session.execute(self._ordered(asked, backwards=from_end).limit(count).offset(skip)).all()
        return self.load(session, found[::-1] if from_end else found)

    def chunks(self, session: Session, asked: Asked) -> Iterator[Sequence[T]]:
        """All rows, some at a time; whatever is written meanwhile, none twice and none left out."""
        for keys in session.execute(self._ordered(asked).execution_options(yield_per=_CHUNK)).partitions():
            yield self.load(session, keys)

    def turned(self, turn: Callable[[Session, Sequence[T]], Sequence[U]]) -> "Listing[U]":
        """The same list of other values; `turn` makes those of some rows at once."""
        return Listing(self.keys, self.sorts, lambda s, keys: turn(s, self.load(s, keys)), self.count, self.reads_all)

    def _ordered(self, asked: Asked, *, backwards: bool = False) -> Select[Any]:
        columns = (each if isinstance(each, By) else By(each) for each in self.sorts[asked.sort])
        reverse = asked.descending != backwards
        return self.keys.order_by(None).order_by(*(each.ordered(backwards=reverse) for each in columns))


@dataclass(frozen=True)
class Joined(Generic[T]):
    """One list made of two that lie in different tables: in its descending sorts `first` stands before `second`."""

    first: Listing[T]
    second: Listing[T]

    def total(self, session: Session) -> int:
        """How many rows there are in both."""
        return self.first.total(session) + self.second.total(session)

    def page(self, session: Session, asked: Asked) -> Page[T]:
        """One page, which may begin in one of them and end in the other."""
        items: list[T] = []
        before = 0
        for each in self._in_order(asked):
            total = each.total(session)
            items += each.part(session, asked, max(0, asked.skip - before), asked.skip + asked.size - before, total)
            before += total
        return Page(items, before, asked.number, asked.size)

    def chunks(self, session: Session, asked: Asked) -> Iterator[Sequence[T]]:
        """All rows of both, some at a time."""
        for each in self._in_order(asked):
            yield from each.chunks(session, asked)

    def turned(self, turn: Callable[[Session, Sequence[T]], Sequence[U]]) -> "Joined[U]":
        """The same list of other values."""
        return Joined(self.first.turned(turn), self.second.turned(turn))

    def _in_order(self, asked: Asked) -> tuple[Listing[T], Listing[T]]:
        return (self.first, self.second) if asked.descending else (self.second, self.first)


def count_by(
    session: Session, query: Select[Any], column: ColumnElement[Any], known: Collection[str] = ()
) -> dict[str, int]:
    """How many rows of a query have each value of a column; values of no row are left out.

    With `known`, all values there are, each is counted apart: in an index on the column that takes a tenth of the time
    that grouping takes. For a whole table; a query that finds few rows is grouped.
    """
    plain = query.order_by(None)
    if not known:
        grouped = plain.with_only_columns(column.label("value"), func.count().label("number")).group_by(column)
        return {row.value: row.number for row in session.execute(grouped)}
    counted = plain.with_only_columns(func.count())
    each = [counted.where(column == value).scalar_subquery() for value in known]
    numbers = session.execute(select(*each)).one()
    return {value: number for value, number in zip(known, numbers, strict=True) if number}
