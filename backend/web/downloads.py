"""Files on their way to readers: so many at once, a share for each, for so long, and nothing of the database held.

A reader who takes a byte a second, and there may be many of him, holds a file on disk and his own socket: both are
taken back when his time is over.
"""

import logging
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import IO

import anyio
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from backend.errors import TooMany, Unavailable

_log = logging.getLogger("jiulian.web")
_BLOCK = 65_536
SHARE = 2
"""Files that one log-in may have written or leaving at once."""


class FilesUnderWay(TooMany):
    """As many files of this log-in are being written or leaving as one may have at once."""


@dataclass(frozen=True, eq=False)
class Place:
    """That of one file, from before it is written until it has left."""

    who: str


class Downloads:
    """The files that one application writes and lets leave."""

    def __init__(self, at_once: int, seconds: float) -> None:
        """`at_once` files, each leaving for `seconds` at most. Nobody has so many that none is left for others."""
        self._at_once, self._seconds = at_once, seconds
        self._share = max(1, min(SHARE, at_once - 1))
        self._places: set[Place] = set()
        self._lock = Lock()

    def take(self, who: str) -> Place:
        """A place for a file of somebody's.

        Raises:
            FilesUnderWay: he has his share of them.
            Unavailable: as many as may are taken.
        """
        with self._lock:
            taken = tuple(self._places)
            if sum(each.who == who for each in taken) >= self._share:
                raise FilesUnderWay(most=self._share)
            if len(taken) >= self._at_once:
                raise Unavailable("other files are leaving")
            place = Place(who)
            self._places.add(place)
        return place

    def give_back(self, place: Place) -> None:
        """Once or again. Takes no lock: it may be called by the collector of garbage, amid any other line."""
        self._places.discard(place)

    def answer(self, file: IO[bytes], name: str, form: str, end: Callable[[], None]) -> StreamingResponse:
        """A written file as an answer; `end` is called when it has left or never will."""
        return _Leaving(file, name, form, end, self._seconds)


class _Leaving(StreamingResponse):
    """A file that leaves from a place of its own, for some seconds; a reader who needs more gets a part of it."""

    def __init__(self, file: IO[bytes], name: str, form: str, end: Callable[[], None], seconds: float) -> None:
        self._seconds = seconds
        self._end = weakref.finalize(self, end)  # also where the answer never sets out
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(file.tell())}
        file.seek(0)
        super().__init__(_blocks(file), media_type=form, headers=headers | {"Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. The server closes a connection whose answer has not come to its end."""
        try:
            with anyio.move_on_after(self._seconds) as time:
                await super().__call__(scope, receive, send)
            if time.cancelled_caught:
                _log.warning("a download took too long and was cut off", extra={"seconds": self._seconds})
        finally:
            self._end()


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
