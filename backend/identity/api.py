"""Endpoints of identity for programs: log in; enter parties, places and people. Entering may be repeated."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request

from backend import clock
from backend.errors import Refused
from backend.identity import accounts, entering, service
from backend.identity.access import public, require
from backend.identity.rules import ADMINISTRATORS, Location, Party, Principal
from backend.identity.schemas import LocationIn, PartyIn, UserIn
from backend.identity.schemas_out import CompanyOut, LocationOut, TokenOut, UserOut, of_company
from backend.web.requests import Config, Now, Transaction, limited
from backend.web.routes import ForPrograms

router = APIRouter()
sessions = APIRouter(route_class=ForPrograms)
Brand = Annotated[Principal, require("brand")]
Administrator = Annotated[Principal, require(*ADMINISTRATORS)]


class EnteredDifferently(Refused):
    """There is one with this number already, and it is described differently."""


def _check_same(kept: object, wanted: object, **details: object) -> None:
    if kept != wanted:
        raise EnteredDifferently(**details)


@sessions.post("/login", dependencies=[Depends(limited("login", lambda settings: settings.accounts.logins_per_minute))])
@public
def log_in(
    request: Request,
    session: Transaction,
    settings: Config,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> TokenOut:
    """Open a session: its token."""
    return TokenOut(token=entering.log_in(request, session, settings, name, password))


@router.post("/parties", status_code=201)
def enrol_party(body: PartyIn, session: Transaction, now: Now, _: Brand) -> CompanyOut:
    """Enrol a company; its supplier must be enrolled before."""
    party = Party(body.gln, body.name, frozenset(body.roles), body.adcode, body.supplier)
    if body.supplier is not None:
        service.get_party(session, body.supplier)
    service.enrol_party(session, party, now=now)
    kept = service.get_party(session, body.gln)
    _check_same((kept.name, kept.roles, kept.adcode), (party.name, party.roles, party.adcode), gln=body.gln)
    return CompanyOut.model_validate(of_company(kept))


@router.post("/locations", status_code=201)
def add_location(body: LocationIn, session: Transaction, _: Brand) -> LocationOut:
    """Enter a place of a party."""
    service.get_party(session, body.party)
    location = Location(**body.model_dump())
    service.add_location(session, location)
    _check_same(service.find_location(session, body.gln), location, gln=body.gln)
    return LocationOut(**body.model_dump())


@router.post("/users", status_code=201)
def add_user(body: UserIn, session: Transaction, by: Administrator) -> UserOut:
    """Make a log-in with a password that its owner must replace; a name that is there stays as it is."""
    made = accounts.make(session, body.name, body.password, body.roles, body.party, by=by, now=clock.now())
    told = {"name": made.name, "roles": sorted(made.roles), "party": made.party, "notice_until": made.notice_until}
    return UserOut.model_validate(told)
