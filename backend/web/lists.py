"""Lists over HTTP: what an address asks of a list, the page it gets, and the whole of it as a file.

A list's query is a `ListQuery` with its own sorts and filters; FastAPI reads it from the address and refuses what it
does not know, naming the field. For people a page is shown by `kit/lists.html`; for programs it is the bare array, with
the total in `X-Total-Count` and the pages around in `Link` (RFC 8288).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.db.paging import Asked, Listing, Page

Shown = TypeVar("Shown")

__all__ = ["Asked", "ListQuery", "ListView", "Listing", "Page", "link_pages"]

PAGE_SIZE = 50
"""Rows of a page for people."""
PAGE_SIZE_PROGRAMS, PAGE_SIZE_MOST = 2_000, 5_000
"""Rows for a program that asks for no number, and for one that does."""


class ListQuery(BaseModel):
    """What any list may be asked: which page, how long, how sorted (`-`: the largest first), searched for what.

    A list narrows `sort` to its own names, the first of which is what it does unasked, and adds its filters.
    """

    model_config = ConfigDict(extra="ignore")

    page_number: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int | None = Field(default=None, ge=1, le=PAGE_SIZE_MOST)
    sort: str = ""
    q: str = Field(default="", max_length=200)
    format: Literal["csv", "xlsx"] | None = Field(default=None, description="the whole list as a file")

    filters: ClassVar[tuple[str, ...]] = ("q",)
    """Fields that narrow the list; what stays in the address when another page is turned to or another sort chosen."""

    @model_validator(mode="before")
    @classmethod
    def _left_empty_is_not_asked(cls, value: object) -> object:
        """A form sends fields that nobody filled in as empty texts."""
        return {name: each for name, each in value.items() if each != ""} if isinstance(value, dict) else value

    def asked(self, size: int = PAGE_SIZE) -> Asked:
        """The page that is asked for; `size` where the address names none."""
        return Asked(self.page_number, self.page_size or size, self.sort.removeprefix("-"), self.sort.startswith("-"))

    @property
    def narrowed(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: str(value) for name in self.filters if (value := getattr(self, name)) not in (None, "", False)}

    @property
    def is_sorted(self) -> bool:
        """Whether another sort than the list's own is asked for."""
        return self.sort != str(type(self).model_fields["sort"].default)

    def address(self, **other: str | int | None) -> str:
        """The question of this list with something else asked: `?state=draft&sort=-placed`; None takes a field away."""
        own: dict[str, object] = dict(self.narrowed)
        if self.is_sorted:
            own["sort"] = self.sort
        if self.page_size is not None:
            own["page_size"] = self.page_size
        return "?" + urlencode({name: value for name, value in (own | other).items() if value not in (None, "")})


class ListView(BaseModel):
    """What the macros of `kit/lists.html` need: the page, what was asked, and how to ask for another."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    page: Any
    query: ListQuery

    @property
    def numbers(self) -> list[int | None]:
        """Page numbers for the pager: the first, those around, the last; None where some are left out."""
        near = range(self.page.number - 2, self.page.number + 3)
        shown = sorted({1, self.page.pages, *(each for each in near if 1 <= each <= self.page.pages)})
        numbers: list[int | None] = []
        for at, each in enumerate(shown):
            if at and each > shown[at - 1] + 1:
                numbers.append(None)
            numbers.append(each)
        return numbers

    def sorted_as(self, name: str) -> Literal["ascending", "descending", "none"]:
        """How the list is sorted by a column, in the words of `aria-sort`."""
        if self.query.sort.removeprefix("-") != name:
            return "none"
        return "descending" if self.query.sort.startswith("-") else "ascending"

    def sort_address(self, name: str, *, largest_first: bool = False) -> str:
        """The same list sorted by a column; by the column that it is sorted by, the other way round."""
        state = self.sorted_as(name)
        down = state == "ascending" if state != "none" else largest_first
        return self.query.address(sort=f"-{name}" if down else name)


def link_pages(request: Request, response: Response, query: ListQuery, page: Page[Shown]) -> None:
    """Say in the headers of an answer for programs how long the whole list is, and where the pages around are."""
    response.headers["X-Total-Count"] = str(page.total)
    around: Mapping[str, int] = {"first": 1, "prev": page.number - 1, "next": page.number + 1, "last": page.pages}
    links = [
        f'<{request.url.path}{query.address(page_number=number)}>; rel="{name}"'
        for name, number in around.items()
        if 1 <= number <= page.pages
    ]
    response.headers["Link"] = ", ".join(links)
