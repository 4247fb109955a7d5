"""Parties and their standing: who they are, what waits, what was decided; propose, confirm, withdraw."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from backend import clock
from backend.db.paging import Listing
from backend.errors import JiulianError, NotFound
from backend.identity import accounts, sanctions, service
from backend.identity.access import require
from backend.identity.rules import USER_ROLES, Party, Principal, Standing
from backend.identity.rules_sanctions import (
    OPEN,
    REASON_MOST,
    STANDINGS,
    BrandIsNotSanctioned,
    ReasonMissing,
    Sanction,
    SanctionReused,
    SanctionWaits,
    StandingAlreadySo,
    Wish,
)
from backend.identity.schemas import PARTY_ROLES, PartyList, PartyOut
from backend.nodes import sanction_delay
from backend.web import telling
from backend.web.exports import Field, exported
from backend.web.lists import PAGE_SIZE_PROGRAMS, ListView, link_pages
from backend.web.rendering import page
from backend.web.requests import Config, Session, Transaction, here_of, wants_html
from backend.web.routes import ForPeople, ForPrograms

router = APIRouter()
listed = APIRouter(route_class=ForPeople, include_in_schema=False)
programs = APIRouter(route_class=ForPrograms)
Anybody = Annotated[Principal, require(*USER_ROLES)]
Overseer = Annotated[Principal, require("brand", "compliance", "auditor")]
Decider = Annotated[Principal, require("compliance")]
_TYPED_MOST = 20_000
"""Characters of a reason that are read, to be given back when they are too many."""


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _json(sanction: Sanction, names: dict[int, str]) -> dict[str, object]:
    people = {
        role: names.get(number) if (number := getattr(sanction, role)) else None
        for role in ("proposed_by", "confirmed_by", "withdrawn_by")
    }
    moments = {
        name: _moment(getattr(sanction, name))
        for name in ("proposed_at", "confirmed_at", "effective_from", "withdrawn_at", "in_force_at")
    }
    return {
        "id": str(sanction.id),
        "party": sanction.party,
        "standing": sanction.standing,
        "state": sanction.state,
        "reason": sanction.reason,
        **people,
        **moments,
    }


@listed.get("/parties")
def list_parties(
    request: Request, session: Transaction, by: Overseer, query: Annotated[PartyList, Query()]
) -> Response:
    """Parties by name or GLN, with their standing and what waits."""
    found = _listing(session, by, query)
    if query.format is not None:
        return exported(request, session, "parties", found, query, _FIELDS)
    waiting = {each.party: each for each in sanctions.list_sanctions(session, states=OPEN)}
    return page(
        request,
        "identity/parties.html",
        view=ListView(page=found.page(session, query.asked()), query=query),
        waiting=waiting,
        waiting_parties={each.gln: each for each in sanctions.parties_of(session, waiting.values())},
        names=sanctions.names_of(session, waiting.values()),
        weighty=accounts.list_weighty(session),
        counts=sanctions.count_standings(session),
        standings=STANDINGS,
        roles=PARTY_ROLES,
        now=clock.now(),
    )


def _listing(session: Session, by: Principal, query: PartyList) -> Listing[Party]:
    if not sanctions.is_of_brand(session, by):
        raise NotFound()
    return service.list_of_parties(query.q, query.standing, query.role)


_FIELDS: list[Field[Party]] = [
    Field("参与方", lambda party: party.name),
    Field("GLN", lambda party: party.gln),
    Field("状态", lambda party: party.standing),
    Field("角色", lambda party: " ".join(sorted(party.roles))),
    Field("行政区划代码", lambda party: party.adcode),
    Field("供货方 GLN", lambda party: party.supplier),
]


@programs.get("/parties")
def list_parties_json(
    request: Request, response: Response, session: Transaction, by: Overseer, query: Annotated[PartyList, Query()]
) -> list[PartyOut]:
    """Parties by name or GLN, with their standing and what waits; `X-Total-Count` and `Link` tell of the rest."""
    shown = _listing(session, by, query).page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, shown)
    open_ones = sanctions.list_sanctions(session, states=OPEN)
    waiting = {each.party: each for each in open_ones}
    names = sanctions.names_of(session, open_ones)
    return [
        PartyOut(
            **{**party.__dict__, "roles": sorted(party.roles)},
            waiting=_json(waiting[party.gln], names) if party.gln in waiting else None,
        )
        for party in shown.items
    ]


@router.get("/party")
def own_party(by: Anybody) -> Response:
    """The page of one's own party."""
    if by.party is None:
        raise NotFound()
    return RedirectResponse(f"/parties/{by.party}", status_code=303)


@router.get("/parties/{gln}")
def show_party(request: Request, gln: str, session: Transaction, settings: Config, by: Anybody) -> Response:
    """One party: its standing, what waits and why, and what was decided before. The party itself may read it."""
    return _party(request, session, settings, gln, by)


def _party(
    request: Request,
    session: Session,
    settings: Config,
    gln: str,
    by: Principal,
    *,
    refused: JiulianError | None = None,
    typed: Wish | None = None,
) -> Response:
    """The page of a party; `refused` is why what was `typed` into its form was not taken."""
    party = sanctions.party_seen_by(session, gln, by)
    history = sanctions.list_sanctions(session, party_gln=gln)
    names = sanctions.names_of(session, history)
    if not wants_html(request):
        told = {**party.__dict__, "roles": sorted(party.roles)}
        return JSONResponse(told | {"sanctions": [_json(each, names) for each in history]})
    return page(
        request,
        "identity/party.html",
        status=refused.status if refused else 200,
        refused=telling.told(request, refused, session) if refused else "",
        wrong={"ReasonMissing": "reason", "StandingAlreadySo": "standing"}.get(refused.kind) if refused else None,
        typed=typed,
        here=here_of(request, f"/parties/{gln}"),
        party=party,
        waiting=next((each for each in history if each.is_open), None),
        history=[each for each in history if not each.is_open],
        names=names,
        standings=[each for each in STANDINGS if each != party.standing],
        may_decide=by.has("compliance") and sanctions.is_of_brand(session, by) and "brand" not in party.roles,
        delay=sanction_delay(settings),
        id=uuid4(),
        reason_most=REASON_MOST,
        now=clock.now(),
        outside=accounts.list_from_outside(session, gln),
        may_stop=by.party == gln and by.notice_until is None,
    )


def _answer(request: Request, session: Session, sanction: Sanction, status: int = 200) -> Response:
    if wants_html(request):
        return RedirectResponse(f"/parties/{sanction.party}", status_code=303)
    return JSONResponse(_json(sanction, sanctions.names_of(session, [sanction])), status_code=status)


@router.post("/parties/{gln}/sanctions")
def propose(
    request: Request,
    gln: str,
    session: Transaction,
    settings: Config,
    by: Decider,
    id: Annotated[UUID, Form()],
    standing: Annotated[Standing, Form()],
    reason: Annotated[str, Form(max_length=_TYPED_MOST)] = "",
) -> Response:
    """Propose another standing for a party, with the reason; a second person must confirm.

    A person who is refused gets the page again, with what was typed.
    """
    wish = Wish(id, gln, standing, reason.strip())
    try:
        sanction = sanctions.propose(session, wish, by=by, now=clock.now())
    except (ReasonMissing, SanctionWaits, SanctionReused, StandingAlreadySo, BrandIsNotSanctioned) as error:
        if not wants_html(request):
            raise
        return _party(request, session, settings, gln, by, refused=error, typed=wish)
    return _answer(request, session, sanction, 201)


@router.post("/sanctions/{id}/confirmation")
def confirm(request: Request, id: UUID, session: Transaction, settings: Config, by: Decider) -> Response:
    """Stand for a sanction as the second person."""
    delay: timedelta = sanction_delay(settings)
    return _answer(request, session, sanctions.confirm(session, id, by=by, delay=delay, now=clock.now()))


@router.post("/sanctions/{id}/withdrawal")
def withdraw(request: Request, id: UUID, session: Transaction, by: Decider) -> Response:
    """Take a sanction back while it waits."""
    return _answer(request, session, sanctions.withdraw(session, id, by=by, now=clock.now()))
