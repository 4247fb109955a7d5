"""How a refusal leaves the house: JSON for programs, a page for people; its kind, sentence and numbers."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from backend.errors import JiulianError, Malformed, NotFound, Unauthenticated, Unavailable
from backend.web.rendering import page
from backend.web.requests import wants_html
from backend.web.text import TextNotReadable, is_null_character


def _answer(request: Request, error: JiulianError) -> Response:
    if wants_html(request):
        if isinstance(error, Unauthenticated) and request.method == "GET":
            return RedirectResponse(f"/login?next={request.url.path}", status_code=303)
        if request.method == "GET" and (way_out := getattr(error, "go_to", None)):
            return RedirectResponse(way_out, status_code=303)
        return page(request, "web/refusal.html", status=error.status, error=error)
    told = {"kind": error.kind, "message": str(error), "details": error.details}
    headers = {"Retry-After": str(error.details["seconds"])} if "seconds" in error.details else None
    return JSONResponse(told, status_code=error.status, headers=headers)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, JiulianError)
    return _answer(request, error)


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return _answer(request, Malformed(f"{field}: {first['msg']}", field=field))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _answer(request, NotFound())
    return JSONResponse({"kind": "Http", "message": error.detail, "details": {}}, status_code=error.status_code)


def _database_away(request: Request, error: Exception) -> Response:
    return _answer(request, Unavailable("the database is not reachable at the moment"))


def _not_kept(request: Request, error: Exception) -> Response:
    """A text of a JSON body that the database cannot hold; every other value that it does not take is our own fault."""
    if isinstance(error, DataError) and is_null_character(error):
        return _answer(request, TextNotReadable())
    raise error


def install(app: FastAPI) -> None:
    """Register the handlers on the application."""
    app.add_exception_handler(JiulianError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(DataError, _not_kept)
