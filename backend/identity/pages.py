"""Log in and out."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from backend import clock
from backend.identity import accounts, service
from backend.identity.access import COOKIE, public, token_of
from backend.identity.guesses import Guesses, guesses
from backend.identity.rules import WrongCredentials
from backend.identity.rules_accounts import NAME_MOST, TooManyGuesses
from backend.settings import Settings
from backend.web.rendering import page
from backend.web.requests import Config, Session, Transaction, limited, wants_html

router = APIRouter()
BROWSER = "jiulian_browser"
_BROWSER_AGE_S = 400 * 86_400


def _safe_next(target: str) -> str:
    """Only a path of our own: an open redirect would lend our name to a phishing page."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


@router.get("/login")
@public
def login_form(request: Request, next: str = "/") -> Response:
    """The log-in form."""
    return page(request, "identity/login.html", next=_safe_next(next), name="", wrong=False, wait=None)


def _patience(request: Request, session: Session, settings: Settings, name: str) -> Guesses:
    """What is left for this account: its own in a browser that it knows, else what all others have together."""
    browser = request.cookies.get(BROWSER)
    known = browser is not None and accounts.is_known_browser(session, browser, name)
    about = (name, browser) if known and browser is not None else (name,)
    return guesses(request.app.state.limiter, settings, "log in", *about)


@router.post("/login", dependencies=[Depends(limited("login", lambda settings: settings.accounts.logins_per_minute))])
@public
def log_in(
    request: Request,
    session: Transaction,
    settings: Config,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session: a cookie for browsers, the token as JSON for programs."""
    name = name[: NAME_MOST + 1]
    patience = _patience(request, session, settings, name)
    try:
        patience.spend()
        token = service.log_in(session, name, password, now=clock.now())
    except (WrongCredentials, TooManyGuesses) as error:
        if not wants_html(request):
            raise
        wait = error.details.get("seconds")
        shown = {"next": _safe_next(next), "wrong": wait is None, "wait": wait, "name": name[:NAME_MOST]}
        return page(request, "identity/login.html", status=error.status, **shown)
    patience.forgive()
    if not wants_html(request):
        return JSONResponse({"token": token})
    answer = RedirectResponse(_safe_next(next), status_code=303)
    _keep(answer, settings, COOKIE, token, int(service.SESSION_LENGTH.total_seconds()))
    browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(32)
    accounts.know_browser(session, browser, name, now=clock.now())
    _keep(answer, settings, BROWSER, browser, _BROWSER_AGE_S)
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
