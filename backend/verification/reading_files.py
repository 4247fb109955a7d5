"""The one reading of events for the consumer's page: the warehouse app's own modules, without its libraries."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

import scanner
from backend.errors import NotFound
from backend.identity.access import public
from backend.web import rendering

router = APIRouter(include_in_schema=False)
_APP = Path(scanner.__file__).parent / "pwa"
_OWN = Path(rendering.__file__).parent / "static" / "js"
FILES = {
    **{
        name: _APP / name
        for name in ("bytes.js", "errors.js", "fields.js", "gs1.js", "jcs.js", "reading.js", "units.js")
    },
    "vendor.js": _OWN / "deferred.js",
}
"""What a phone may load, by name. Where the app takes a library for hashes, the page hashes by WebCrypto, later."""


@router.get("/static/reading/{name}")
@public
def reading_file(name: str) -> FileResponse:
    """A module. They hold no data of anybody; they are asked for anew, so that none is of yesterday."""
    if name not in FILES:
        raise NotFound(f"the reading of events has no file {name}", file=name)
    return FileResponse(FILES[name], media_type="text/javascript")
