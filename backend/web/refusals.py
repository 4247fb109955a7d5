"""How a refusal leaves the house: JSON for programs, a page for people, who lose neither place nor words."""

from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from starlette.exceptions import HTTPException

from backend.errors import JiulianError, Malformed, NotFound, Unauthenticated, Unavailable
from backend.web.observing import note_refusal
from backend.web.rendering import page
from backend.web.requests import here_of
from backend.web.routes import asks_for_html
from backend.web.telling import as_json, told
from backend.web.text import TextNotReadable, is_null_character

_TYPED = ("reason", "note", "request")
"""Fields of forms in which people write sentences: a refusal gives them back."""


class Http(JiulianError):
    """This request cannot be answered here."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message, field=str(status))
        self.status = status


async def _answer(request: Request, error: JiulianError, headers: dict[str, str] | None = None) -> Response:
    note_refusal(request.scope, error)
    # A refusal belongs to no route: a path may have none, or the refusal came before one was found.
    if not asks_for_html(request.scope):
        said = await run_in_threadpool(as_json, request, error)
        if isinstance(error, Http):
            said["details"] = {}
        return JSONResponse(said, status_code=error.status, headers=headers)
    if isinstance(error, Unauthenticated) and request.method == "GET":
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='/')}", status_code=303)
    if request.method == "GET" and (way_out := getattr(error, "go_to", None)):
        return RedirectResponse(way_out, status_code=303)
    typed = await _typed(request)
    sentence = await run_in_threadpool(told, request, error)
    back = back_of(request)
    shown = {"error": error, "told": sentence, "typed": typed, "back": back, "here": here_of(request, back)}
    answer = await run_in_threadpool(lambda: page(request, "web/refusal.html", status=error.status, **shown))
    answer.headers.update(headers or {})
    return answer


async def _typed(request: Request) -> list[str]:
    """What a person wrote into the form that was refused."""
    if request.method != "POST" or "form" not in request.headers.get("content-type", ""):
        return []
    try:
        form = await request.form()
    except (HTTPException, RuntimeError):  # it cannot be read, or was read by somebody who did not keep it
        return []
    return [text for name in _TYPED if isinstance(text := form.get(name), str) and text.strip()]


def back_of(request: Request) -> str:
    """Where a person came from, if from a page of ours and another than this one; else the start."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    here = request.url.path if request.method == "GET" else None
    if came.netloc != request.headers.get("host") or came.path in ("", here) or came.path.startswith("//"):
        return "/"
    return came.path + (f"?{came.query}" if came.query else "")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, JiulianError)
    headers = {"Retry-After": str(error.details["seconds"])} if "seconds" in error.details else None
    return await _answer(request, error, headers)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    address = _named_in_path(request, field) if first["loc"][0] == "path" else None
    refusal = Malformed(f"{field}: {first['msg']}", field=field, why=first["type"], address=address)
    return await _answer(request, refusal)


def _named_in_path(request: Request, name: str) -> str:
    """What a part of an address is, with what it is of: `orders/id`."""
    before: str = request.scope["route"].path.partition(f"/{{{name}")[0]
    return f"{before.rsplit('/', 1)[-1]}/{name}"


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = NotFound() if error.status_code == 404 else Http(error.status_code, error.detail)
    if asks_for_html(request.scope) and not hasattr(request.state, "principal"):
        await run_in_threadpool(_look_up, request)
    return await _answer(request, refusal, dict(error.headers or {}))


def _look_up(request: Request) -> None:
    """Learn who asks where no route has: an address that is none, or a method that it does not have."""
    try:
        request.app.state.look_up(request)
    except SQLAlchemyError:  # the page is shown all the same, as to a stranger
        request.state.principal = None


async def _database_away(request: Request, error: Exception) -> Response:
    return await _answer(request, Unavailable("the database is not reachable at the moment"))


async def _not_kept(request: Request, error: Exception) -> Response:
    """A text of a JSON body that the database cannot hold; every other value that it does not take is our own fault."""
    if isinstance(error, DataError) and is_null_character(error):
        return await _answer(request, TextNotReadable())
    raise error


def install(app: FastAPI) -> None:
    """Register the handlers on the application."""
    app.add_exception_handler(JiulianError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(DataError, _not_kept)
