"""Log in and out."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from backend import clock
from backend.identity import accounts, entering, service
from backend.identity.access import COOKIE, public, token_of
from backend.identity.rules import WrongCredentials
from backend.identity.rules_accounts import NAME_MOST, TooManyGuesses
from backend.settings import Settings
from backend.web.observing import note_refusal
from backend.web.rendering import page
from backend.web.requests import Config, Transaction, limited
from backend.web.routes import ForPeople

router = APIRouter(include_in_schema=False)
sessions = APIRouter(route_class=ForPeople, include_in_schema=False)
_BROWSER_AGE_S = 400 * 86_400


def _safe_next(target: str) -> str:
    """Only a path of our own: an open redirect would lend our name to a phishing page."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


@router.get("/login")
@public
def login_form(request: Request, next: str = "/") -> Response:
    """The log-in form."""
    return page(request, "identity/login.html", next=_safe_next(next), name="", wrong=False, wait=None)


@sessions.post("/login", dependencies=[Depends(limited("login", lambda settings: settings.accounts.logins_per_minute))])
@public
def log_in(
    request: Request,
    session: Transaction,
    settings: Config,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session, kept in a cookie."""
    name = name[: NAME_MOST + 1]
    try:
        token = entering.log_in(request, session, settings, name, password)
    except (WrongCredentials, TooManyGuesses) as error:
        note_refusal(request.scope, error)
        wait = error.details.get("seconds")
        shown = {"next": _safe_next(next), "wrong": wait is None, "wait": wait, "name": name[:NAME_MOST]}
        return page(request, "identity/login.html", status=error.status, **shown)
    answer = RedirectResponse(_safe_next(next), status_code=303)
    _keep(answer, settings, COOKIE, token, int(service.SESSION_LENGTH.total_seconds()))
    browser = request.cookies.get(entering.BROWSER) or secrets.token_urlsafe(32)
    accounts.know_browser(session, browser, name, now=clock.now())
    _keep(answer, settings, entering.BROWSER, browser, _BROWSER_AGE_S)
    return answer


def _keep(answer: Response, settings: Settings, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, httponly=True, secure=settings.web.secure_cookies, samesite="lax")


@router.post("/logout")
@public
def log_out(request: Request, session: Transaction) -> Response:
    """Close the session."""
    if token := token_of(request):
        service.log_out(session, token)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer
