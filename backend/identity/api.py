"""Endpoints of identity for programs: enter parties, places and people. All may be repeated."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter

from backend.errors import Refused
from backend.identity import service
from backend.identity.access import require
from backend.identity.rules import Location, Party, Principal
from backend.identity.rules_accounts import check_strength
from backend.identity.schemas import Answer, LocationIn, PartyIn, UserIn
from backend.web.requests import Now, Transaction

router = APIRouter()
Brand = Annotated[Principal, require("brand")]
Admin = Annotated[Principal, require("admin")]


class EnteredDifferently(Refused):
    """There is one with this number already, and it is described differently."""


def _check_same(kept: object, wanted: object, **details: Any) -> None:
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
def add_user(body: UserIn, session: Transaction, _: Admin) -> Answer:
    """Add a person who may log in, with a password that is hard to guess; a name that is there stays as it is."""
    if body.party is not None:
        service.get_party(session, body.party)
    check_strength(body.password, body.name)
    service.add_user(session, body.name, body.password, body.roles, body.party)
    return {"name": body.name, "roles": sorted(body.roles), "party": body.party}
