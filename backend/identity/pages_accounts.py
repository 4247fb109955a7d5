"""One's own password, and the log-ins that an administrator makes, vouches for, switches off and on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from backend import clock
from backend.errors import JiulianError
from backend.identity import accounts, entering, sanctions, service
from backend.identity.access import require
from backend.identity.rules import ADMINISTRATORS, OF_A_PARTY, USER_ROLES, WEIGHTY, Principal, UserRole
from backend.identity.rules_accounts import (
    PASSWORD_LEAST,
    PASSWORD_MOST,
    Account,
    PasswordWeak,
    TooManyGuesses,
    WrongPassword,
)
from backend.identity.schemas import FIELD_MOST, AccountList, Text
from backend.web import telling
from backend.web.exports import Field, exported
from backend.web.lists import PAGE_SIZE, ListView, Page
from backend.web.observing import note_refusal
from backend.web.rendering import page
from backend.web.requests import Config, Number, Session, Transaction, here_of
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)
forms = APIRouter(include_in_schema=False)
Owner = Annotated[Principal, require(*USER_ROLES, provisional=True)]
Administrator = Annotated[Principal, require(*ADMINISTRATORS)]
Voucher = Annotated[Principal, require("admin")]
OfAParty = Annotated[Principal, require(*OF_A_PARTY)]


def _form(request: Request, by: Principal, *, status: int = 200, **shown: object) -> Response:
    values = {"problem": None, "wait": None, "done": False, "least": PASSWORD_LEAST, "most": PASSWORD_MOST}
    values["given"] = by.provisional
    return page(request, "identity/password.html", status=status, **(values | shown))


@forms.get("/password")
def password_form(request: Request, by: Owner, done: bool = False) -> Response:
    """The form to change one's password."""
    return _form(request, by, done=done)


@router.post("/password")
def change_password(
    request: Request,
    session: Transaction,
    settings: Config,
    by: Owner,
    current: Text = "",
    new: Text = "",
    again: Annotated[str | None, Form(max_length=FIELD_MOST)] = None,
) -> Response:
    """Give oneself another password; all other sessions of this log-in end."""
    try:
        entering.change_password(request, session, settings, by, entering.NewPassword(current, new, again))
    except (WrongPassword, PasswordWeak, TooManyGuesses) as error:
        note_refusal(request.scope, error)
        problem = error.details.get("reason", error.kind)
        return _form(request, by, status=error.status, problem=problem, wait=error.details.get("seconds"))
    return RedirectResponse("/password?done=1", status_code=303)


@dataclass(frozen=True)
class Typed:
    """What was typed for a new log-in, to be given back when it is refused: all but the password."""

    name: str = ""
    roles: tuple[str, ...] = ()
    party: str = ""


_FIELD_OF = {
    "NameTaken": "name",
    "LogInExists": "name",
    "PasswordWeak": "password",
    "RolesNotForIt": "roles",
    "LogInsAreTheirOwn": "party",
    "NotFound": "party",
}
"""Fields of the form by what is refused about them; a refusal that names its field needs no entry."""


def _list(
    request: Request,
    session: Session,
    by: Principal,
    query: AccountList | None = None,
    *,
    typed: Typed | None = None,
    refused: JiulianError | None = None,
) -> Response:
    query, whole = query or AccountList(), "admin" in by.roles
    found = accounts.listing(session, by, query.q, query.role)
    shown = found.page(session, query.asked()) if found else Page((), 0, 1, PAGE_SIZE)
    every = accounts.listing(session, by) if query.narrowed else None
    return page(
        request,
        "identity/accounts.html",
        status=refused.status if refused else 200,
        view=ListView(page=shown, query=query),
        parties=service.names_of(session, {gln for gln in (by.party, *(one.party for one in shown.items)) if gln}),
        whole=whole,
        count=every.total(session) if every else shown.total,
        now=clock.now(),
        offered=USER_ROLES if whole else sorted(OF_A_PARTY),
        weighty=WEIGHTY,
        typed=typed or Typed(),
        problem=telling.told(request, refused, session) if refused else "",
        wrong=_field_of(refused) if refused else None,
        made=accounts.find_managed(session, by, query.made) if query.made is not None else None,
        notice=sanctions.notice_of(session, by.party),
        here=here_of(request, "/users"),
    )


def _with_party(session: Session, found: Sequence[Account]) -> list[tuple[Account, str]]:
    names = service.names_of(session, {each.party for each in found if each.party})
    return [(each, names.get(each.party or "", "")) for each in found]


_FIELDS: list[Field[tuple[Account, str]]] = [
    Field("账号", lambda row: row[0].name),
    Field("公司", lambda row: row[1]),
    Field("公司 GLN", lambda row: row[0].party),
    Field("角色", lambda row: row[0].roles, kind="user_role"),
    Field("启用", lambda row: row[0].active),
    Field("最近登录", lambda row: row[0].last_login_at),
    Field("开立时间", lambda row: row[0].made_at),
]


def _field_of(refused: JiulianError) -> str | None:
    return str(refused.details.get("field", "")) or _FIELD_OF.get(refused.kind)


@router.get("/users")
def list_accounts(
    request: Request, session: Transaction, by: Administrator, query: Annotated[AccountList, Query()]
) -> Response:
    """The log-ins that one administers: all of them, or those of the own party; by name, party and role."""
    found = accounts.listing(session, by, query.q, query.role) if query.format is not None else None
    if found is not None:
        return exported(request, session, "log-ins", found.turned(_with_party), query, _FIELDS)
    return _list(request, session, by, query)


@router.post("/users/new")
def make(
    request: Request,
    session: Transaction,
    by: Administrator,
    name: Text = "",
    password: Text = "",
    roles: Annotated[tuple[UserRole, ...], Form()] = (),
    party: Text = "",
) -> Response:
    """Make a log-in from the page; an administrator of a party makes those of the own one.

    Who is refused gets the page again, with what was typed and the field that is wrong.
    """
    of = party.strip() or (None if "admin" in by.roles else by.party)
    try:
        made = accounts.make(session, name.strip(), password, roles, of, by=by, now=clock.now())
    except JiulianError as refused:
        return _list(request, session, by, typed=Typed(name, roles, party), refused=refused)
    return RedirectResponse(f"/users?made={made.id}", status_code=303)


@router.post("/users/{user}/vouching")
def vouch(session: Transaction, user: Number, by: Voucher) -> Response:
    """Say that a log-in which another administrator made is a person of its own."""
    accounts.vouch(session, user, by=by, now=clock.now())
    return RedirectResponse("/users", status_code=303)


@router.post("/users/{user}/objection")
def stop(session: Transaction, user: Number, by: OfAParty) -> Response:
    """Stop a log-in that somebody outside made for one's own company, while its notice runs."""
    accounts.stop(session, user, by=by, now=clock.now())
    return RedirectResponse("/devices", status_code=303)


def _switch(session: Transaction, user: int, active: bool, by: Principal) -> Response:
    account = accounts.switch(session, user, active, by=by, now=clock.now())
    return RedirectResponse(f"/users?q={quote(account.name)}", status_code=303)


@router.post("/users/{user}/off")
def switch_off(session: Transaction, user: Number, by: Administrator) -> Response:
    """Switch a log-in off; its sessions end at once."""
    return _switch(session, user, False, by)


@router.post("/users/{user}/on")
def switch_on(session: Transaction, user: Number, by: Administrator) -> Response:
    """Switch a log-in on again."""
    return _switch(session, user, True, by)
