"""Passwords as requests bring them: a wrong one is counted before it is looked at, a right one forgives."""

from dataclasses import dataclass

from fastapi import Request
from sqlalchemy.orm import Session

from backend import clock
from backend.identity import accounts, service
from backend.identity.access import token_of
from backend.identity.guesses import Guesses, guesses
from backend.identity.rules import Principal
from backend.identity.rules_accounts import NAME_MOST, PasswordWeak
from backend.settings import Settings

BROWSER = "jiulian_browser"


def _patience(request: Request, session: Session, settings: Settings, name: str) -> Guesses:
    """What is left for this account: its own in a browser that it knows, else what all others have together."""
    browser = request.cookies.get(BROWSER)
    known = browser is not None and accounts.is_known_browser(session, browser, name)
    about = (name, browser) if known and browser is not None else (name,)
    return guesses(request.app.state.limiter, settings, "log in", *about)


def log_in(request: Request, session: Session, settings: Settings, name: str, password: str) -> str:
    """Open a session; its token.

    Raises:
        WrongCredentials: name or password is wrong. TooManyGuesses: too often, with the `seconds` to wait.
    """
    patience = _patience(request, session, settings, name[: NAME_MOST + 1])
    patience.spend()
    token = service.log_in(session, name[: NAME_MOST + 1], password, now=clock.now())
    patience.forgive()
    return token


@dataclass(frozen=True)
class NewPassword:
    """What was typed to change a password; `again` is None where it need not be typed twice."""

    current: str
    new: str
    again: str | None = None


def change_password(request: Request, session: Session, settings: Settings, by: Principal, typed: NewPassword) -> None:
    """Give oneself another password; all other sessions of this log-in end.

    Raises:
        WrongPassword: the current one is wrong. TooManyGuesses: too often. PasswordWeak: the new one does not do.
    """
    patience = guesses(request.app.state.limiter, settings, "change password", str(by.user_id))
    try:
        if typed.again is not None and typed.again != typed.new:
            raise PasswordWeak("the new password was typed in two ways", reason="differs")
        patience.spend()
        token = token_of(request) or ""
        accounts.change_password(session, by, typed.current, typed.new, token=token, now=clock.now())
    except PasswordWeak:
        patience.forgive()
        raise
    patience.forgive()
