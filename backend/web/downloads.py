"""Files on their way to readers: so many at once, each for so long, and nothing of the database held meanwhile.

A reader who takes a byte a second, and there may be many of him, holds a file on disk and his own socket: both are
taken back when his time is over.
"""

import logging
import weakref
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import IO

import anyio
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from backend.errors import Unavailable

_log = logging.getLogger("jiulian.web")
_BLOCK = 65_536


class Downloads:
    """The files that are leaving one application."""

    def __init__(self, at_once: int, seconds: float) -> None:
        """`at_once` files, each for `seconds` at most."""
        self._places, self._seconds = BoundedSemaphore(at_once), seconds

    def check(self) -> None:
        """Raises Unavailable: as many as may are leaving; asked before a file is written in vain."""
        self._take()
        self._places.release()

    def _take(self) -> None:
        if not self._places.acquire(blocking=False):
            raise Unavailable("other files are leaving")

    def answer(self, file: IO[bytes], name: str, form: str) -> StreamingResponse:
        """A written file as an answer, which closes it. Raises Unavailable: as many as may are leaving."""
        try:
            self._take()
        except Unavailable:
            file.close()
            raise
        return _Leaving(file, name, form, self._places, self._seconds)


class _Leaving(StreamingResponse):
    """A file that leaves from a place of its own, for some seconds; a reader who needs more gets a part of it."""

    def __init__(self, file: IO[bytes], name: str, form: str, places: BoundedSemaphore, seconds: float) -> None:
        self._seconds = seconds
        self._end = weakref.finalize(self, _give_back, file, places)  # also where the answer never sets out
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


def _give_back(file: IO[bytes], places: BoundedSemaphore) -> None:
    file.close()
    places.release()


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
