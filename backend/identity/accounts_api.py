"""Endpoints of passwords and log-ins for programs; fields are posted as forms."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from backend import clock
from backend.identity import accounts, entering
from backend.identity.access import require
from backend.identity.rules import ADMINISTRATORS, OF_A_PARTY, USER_ROLES, Principal, UserRole
from backend.identity.schemas import FIELD_MOST, AccountList, Text
from backend.identity.schemas_out import AccountOut, ChangedOut
from backend.web.lists import PAGE_SIZE_PROGRAMS, Page, link_pages
from backend.web.requests import Config, Number, Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)
Owner = Annotated[Principal, require(*USER_ROLES, provisional=True)]
Administrator = Annotated[Principal, require(*ADMINISTRATORS)]
Voucher = Annotated[Principal, require("admin")]
OfAParty = Annotated[Principal, require(*OF_A_PARTY)]


@router.post("/password")
def change_password(
    request: Request,
    session: Transaction,
    settings: Config,
    by: Owner,
    current: Text = "",
    new: Text = "",
    again: Annotated[str | None, Form(max_length=FIELD_MOST)] = None,
) -> ChangedOut:
    """Give oneself another password; all other sessions of this log-in end."""
    entering.change_password(request, session, settings, by, entering.NewPassword(current, new, again))
    return ChangedOut()


@router.get("/users")
def list_accounts(
    request: Request,
    response: Response,
    session: Transaction,
    by: Administrator,
    query: Annotated[AccountList, Query()],
) -> list[AccountOut]:
    """The log-ins that one administers; `X-Total-Count` and `Link` tell of the rest."""
    found = accounts.listing(session, by, query.q, query.role)
    asked = query.asked(PAGE_SIZE_PROGRAMS)
    shown = found.page(session, asked) if found else Page((), 0, asked.number, asked.size)
    link_pages(request, response, query, shown)
    return [AccountOut.of(account) for account in shown.items]


@router.post("/users/new", status_code=201)
def make(
    session: Transaction,
    by: Administrator,
    name: Text = "",
    password: Text = "",
    roles: Annotated[tuple[UserRole, ...], Form()] = (),
    party: Text = "",
) -> AccountOut:
    """Make a log-in; an administrator of a party makes those of the own one."""
    of = party.strip() or (None if "admin" in by.roles else by.party)
    return AccountOut.of(accounts.make(session, name.strip(), password, roles, of, by=by, now=clock.now()))


@router.post("/users/{user}/vouching")
def vouch(session: Transaction, user: Number, by: Voucher) -> AccountOut:
    """Say that a log-in which another administrator made is a person of its own."""
    return AccountOut.of(accounts.vouch(session, user, by=by, now=clock.now()))


@router.post("/users/{user}/objection")
def stop(session: Transaction, user: Number, by: OfAParty) -> AccountOut:
    """Stop a log-in that somebody outside made for one's own company, while its notice runs."""
    return AccountOut.of(accounts.stop(session, user, by=by, now=clock.now()))


@router.post("/users/{user}/off")
def switch_off(session: Transaction, user: Number, by: Administrator) -> AccountOut:
    """Switch a log-in off; its sessions end at once."""
    return AccountOut.of(accounts.switch(session, user, False, by=by, now=clock.now()))


@router.post("/users/{user}/on")
def switch_on(session: Transaction, user: Number, by: Administrator) -> AccountOut:
    """Switch a log-in on again."""
    return AccountOut.of(accounts.switch(session, user, True, by=by, now=clock.now()))
