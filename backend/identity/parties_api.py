"""Endpoints of parties and their standing for programs; what is proposed is posted as a form."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response

from backend import clock
from backend.identity import sanctions
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, USER_ROLES, Principal, Standing
from backend.identity.rules_sanctions import OPEN, Sanction, Wish
from backend.identity.schemas import REASON_READ_MOST, PartyList
from backend.identity.schemas_out import PartyHistoryOut, PartyOut, SanctionOut, of_company
from backend.nodes import sanction_delay
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Config, Session, Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)
Anybody = Annotated[Principal, require(*USER_ROLES)]
Overseer = Annotated[Principal, require(*OVERSEERS)]
Decider = Annotated[Principal, require("compliance")]


@router.get("/parties")
def list_parties(
    request: Request, response: Response, session: Transaction, by: Overseer, query: Annotated[PartyList, Query()]
) -> list[PartyOut]:
    """Parties by name or GLN, with their standing and what waits; `X-Total-Count` and `Link` tell of the rest."""
    shown = sanctions.listing(session, by, query.q, query.standing, query.role).page(
        session, query.asked(PAGE_SIZE_PROGRAMS)
    )
    link_pages(request, response, query, shown)
    open_ones = sanctions.list_sanctions(session, states=OPEN)
    names = sanctions.names_of(session, open_ones)
    waiting = {each.party: SanctionOut.of(each, names) for each in open_ones}
    return [PartyOut.model_validate({**of_company(party), "waiting": waiting.get(party.gln)}) for party in shown.items]


@router.get("/parties/{gln}")
def show_party(gln: str, session: Transaction, by: Anybody) -> PartyHistoryOut:
    """One party, and every change of its standing. The party itself may read it."""
    party = sanctions.party_seen_by(session, gln, by)
    history = sanctions.list_sanctions(session, party_gln=gln)
    names = sanctions.names_of(session, history)
    changes = [SanctionOut.of(each, names) for each in history]
    return PartyHistoryOut.model_validate({**of_company(party), "sanctions": changes})


def _answer(session: Session, sanction: Sanction) -> SanctionOut:
    return SanctionOut.of(sanction, sanctions.names_of(session, [sanction]))


@router.post("/parties/{gln}/sanctions", status_code=201)
def propose(
    gln: str,
    session: Transaction,
    by: Decider,
    id: Annotated[UUID, Form()],
    standing: Annotated[Standing, Form()],
    reason: Annotated[str, Form(max_length=REASON_READ_MOST)] = "",
) -> SanctionOut:
    """Propose another standing for a party, with the reason; a second person must confirm."""
    wish = Wish(id, gln, standing, reason.strip())
    return _answer(session, sanctions.propose(session, wish, by=by, now=clock.now()))


@router.post("/sanctions/{id}/confirmation")
def confirm(id: UUID, session: Transaction, settings: Config, by: Decider) -> SanctionOut:
    """Stand for a sanction as the second person."""
    delay: timedelta = sanction_delay(settings)
    return _answer(session, sanctions.confirm(session, id, by=by, delay=delay, now=clock.now()))


@router.post("/sanctions/{id}/withdrawal")
def withdraw(id: UUID, session: Transaction, by: Decider) -> SanctionOut:
    """Take a sanction back while it waits."""
    return _answer(session, sanctions.withdraw(session, id, by=by, now=clock.now()))
