"""One's own password, and the log-ins that an administrator switches off and on."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from backend import clock
from backend.identity import accounts, service
from backend.identity.access import require, token_of
from backend.identity.guesses import guesses
from backend.identity.rules import USER_ROLES, Principal
from backend.identity.rules_accounts import (
    PASSWORD_LEAST,
    PASSWORD_MOST,
    Account,
    PasswordWeak,
    TooManyGuesses,
    WrongPassword,
)
from backend.web.rendering import page
from backend.web.requests import Config, Transaction, wants_html

router = APIRouter()
Anybody = Annotated[Principal, require(*USER_ROLES)]
Administrator = Annotated[Principal, require("admin", "party_admin")]
_FIELD_MOST = 1_000
"""Characters of a posted field; a password beyond `PASSWORD_MOST` is told so, one beyond this is not even read."""
Secret = Annotated[str, Form(max_length=_FIELD_MOST)]


def _form(request: Request, *, status: int = 200, **shown: object) -> Response:
    values = {"problem": None, "wait": None, "done": False, "least": PASSWORD_LEAST, "most": PASSWORD_MOST}
    return page(request, "identity/password.html", status=status, **(values | shown))


@router.get("/password")
def password_form(request: Request, _: Anybody, done: bool = False) -> Response:
    """The form to change one's password."""
    return _form(request, done=done)


@router.post("/password")
def change_password(
    request: Request,
    session: Transaction,
    settings: Config,
    by: Anybody,
    current: Secret,
    new: Secret,
    again: Annotated[str | None, Form(max_length=_FIELD_MOST)] = None,
) -> Response:
    """Give oneself another password; all other sessions of this log-in end."""
    patience = guesses(request.app.state.limiter, settings, "change password", str(by.user_id))
    try:
        if again is not None and again != new:
            raise PasswordWeak("the new password was typed in two ways", reason="differs")
        patience.spend()
        token = token_of(request) or ""
        accounts.change_password(session, by, current, new, token=token, now=clock.now())
    except (WrongPassword, PasswordWeak, TooManyGuesses) as error:
        if isinstance(error, PasswordWeak):
            patience.forgive()
        if not wants_html(request):
            raise
        problem = error.details.get("reason", error.kind)
        return _form(request, status=error.status, problem=problem, wait=error.details.get("seconds"))
    patience.forgive()
    if wants_html(request):
        return RedirectResponse("/password?done=1", status_code=303)
    return JSONResponse({"changed": True})


def _json(account: Account) -> dict[str, object]:
    last = account.last_login_at.isoformat() if account.last_login_at else None
    told = {"id": account.id, "name": account.name, "roles": sorted(account.roles), "party": account.party}
    return told | {"active": account.active, "last_login_at": last}


@router.get("/users")
def list_accounts(request: Request, session: Transaction, by: Administrator) -> Response:
    """The log-ins that one administers: all of them, or those of the own party."""
    found = accounts.list_accounts(session, by)
    if not wants_html(request):
        return JSONResponse([_json(account) for account in found])
    parties = {party.gln: party.name for party in service.list_parties(session)} if "admin" in by.roles else {}
    if by.party is not None:
        parties[by.party] = service.get_party(session, by.party).name
    return page(request, "identity/accounts.html", accounts=found, parties=parties, whole="admin" in by.roles)


def _switch(request: Request, session: Transaction, user: int, active: bool, by: Principal) -> Response:
    account = accounts.switch(session, user, active, by=by, now=clock.now())
    if wants_html(request):
        return RedirectResponse("/users", status_code=303)
    return JSONResponse(_json(account))


@router.post("/users/{user}/off")
def switch_off(request: Request, session: Transaction, user: int, by: Administrator) -> Response:
    """Switch a log-in off; its sessions end at once."""
    return _switch(request, session, user, False, by)


@router.post("/users/{user}/on")
def switch_on(request: Request, session: Transaction, user: int, by: Administrator) -> Response:
    """Switch a log-in on again."""
    return _switch(request, session, user, True, by)
