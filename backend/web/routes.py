"""Two answers at one address: a page for a person's browser, JSON for a program.

`api.py` of a room makes its routes with `ForPrograms`, `pages.py` with `ForPeople`; each leaves alone what is the
other's. A route that has no twin is an ordinary one and answers whoever asks.
"""

from fastapi.routing import APIRoute
from starlette.datastructures import Headers, QueryParams
from starlette.routing import Match
from starlette.types import Scope

FILES = ("csv", "xlsx")
"""Forms in which a list is handed to people as a file, by `?format=`."""


def asks_for_html(scope: Scope) -> bool:
    """Whether a person's browser asks, and not a program."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def _is_for_people(scope: Scope) -> bool:
    """A browser asks for HTML, or somebody for a list as a file."""
    return asks_for_html(scope) or QueryParams(scope.get("query_string", b"")).get("format") in FILES


class ForPeople(APIRoute):
    """A page, where HTML is asked for; it does not stand in the description for programs."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Not there for programs."""
        match, child = super().matches(scope)
        return (match, child) if match is not Match.FULL or _is_for_people(scope) else (Match.NONE, {})


class ForPrograms(APIRoute):
    """JSON, where no HTML is asked for."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Not there for people."""
        match, child = super().matches(scope)
        return (match, child) if match is not Match.FULL or not _is_for_people(scope) else (Match.NONE, {})
