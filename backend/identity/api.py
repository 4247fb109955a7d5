"""Endpoints of identity for programs: enter parties, places and people. All may be repeated."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter

from backend import clock
from backend.errors import Refused
from backend.identity import accounts, service
from backend.identity.access import require
from backend.identity.rules import Location, Party, Principal
from backend.identity.schemas import Answer, LocationIn, PartyIn, UserIn
from backend.web.requests import Now, Transaction

router = APIRouter()
Brand = Annotated[Principal, require("brand")]
Administrator = Annotated[Principal, require("admin", "party_admin")]


class EnteredDifferently(Refused):
    """There is one with this number already, and it is described differently."""


def _check_same(kept: object, wanted: object, **details: object) -> None:
    if kept != wanted:
        raise EnteredDifferently(**details)


@router.post("/parties", status_code=201)
def enrol_party(body: PartyIn, session: Transaction, now: Now, _: Brand) -> Answer:
    """Enrol a company; its supplier must be enrolled before."""
    party = Party(body.gln, body.name, frozenset(body.roles), body.adcode, body.supplier)
    if body.supplier is not None:
        service.get_party(session, body.supplier)
    service.enrol_party(session, party, now=now)
    kept = service.get_party(session, body.gln)
    _check_same((kept.name, kept.roles, kept.adcode), (party.name, party.roles, party.adcode), gln=body.gln)
    return {**asdict(kept), "roles": sorted(kept.roles)}


@router.post("/locations", status_code=201)
def add_location(body: LocationIn, session: Transaction, _: Brand) -> Answer:
    """Enter a place of a party."""
    service.get_party(session, body.party)
    location = Location(**body.model_dump())
    service.add_location(session, location)
    _check_same(service.find_location(session, body.gln), location, gln=body.gln)
    return asdict(location)


@router.post("/users", status_code=201)
def add_user(body: UserIn, session: Transaction, by: Administrator) -> Answer:
    """Make a log-in with a password that its owner must replace; a name that is there stays as it is."""
    made = accounts.make(session, body.name, body.password, body.roles, body.party, by=by, now=clock.now())
    until = made.notice_until.isoformat() if made.notice_until else None
    return {"name": made.name, "roles": sorted(made.roles), "party": made.party, "notice_until": until}
