"""Log in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from backend import clock
from backend.identity import service
from backend.identity.access import COOKIE, public, token_of
from backend.identity.rules import WrongCredentials
from backend.web.rendering import page
from backend.web.requests import Config, Transaction, limited, wants_html

router = APIRouter()


def _safe_next(target: str) -> str:
    """Only a path of our own: an open redirect would lend our name to a phishing page."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


@router.get("/login")
@public
def login_form(request: Request, next: str = "/") -> Response:
    """The log-in form."""
    return page(request, "identity/login.html", next=_safe_next(next), wrong=False)


@router.post("/login", dependencies=[Depends(limited("login", lambda s: s.logins_per_minute))])
@public
def log_in(
    request: Request,
    session: Transaction,
    settings: Config,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session: a cookie for browsers, the token as JSON for programs."""
    try:
        token = service.log_in(session, name, password, now=clock.now())
    except WrongCredentials:
        if not wants_html(request):
            raise
        return page(request, "identity/login.html", status=401, next=_safe_next(next), wrong=True)
    if not wants_html(request):
        return JSONResponse({"token": token})
    answer = RedirectResponse(_safe_next(next), status_code=303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(service.SESSION_LENGTH.total_seconds()),
        httponly=True,
        secure=settings.secure_cookies,
        samesite="lax",
    )
    return answer


@router.post("/logout")
@public
def log_out(request: Request, session: Transaction) -> Response:
    """Close the session."""
    if token := token_of(request):
        service.log_out(session, token)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer
