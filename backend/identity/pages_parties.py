"""Parties and their standing: who they are, what waits, what was decided; propose, confirm, withdraw."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from backend import clock
from backend.errors import JiulianError, NotFound
from backend.identity import accounts, sanctions, service
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, PARTY_ROLES, USER_ROLES, Party, Principal, Standing
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
from backend.identity.schemas import REASON_READ_MOST, PartyList
from backend.nodes import sanction_delay
from backend.web import telling
from backend.web.exports import Field, exported
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Config, Session, Transaction, here_of
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)
own = APIRouter(include_in_schema=False)
Anybody = Annotated[Principal, require(*USER_ROLES)]
Overseer = Annotated[Principal, require(*OVERSEERS)]
Decider = Annotated[Principal, require("compliance")]


@router.get("/parties")
def list_parties(
    request: Request, session: Transaction, by: Overseer, query: Annotated[PartyList, Query()]
) -> Response:
    """Parties by name or GLN, with their standing and what waits."""
    found = sanctions.listing(session, by, query.q, query.standing, query.role)
    if query.format is not None:
        return exported(request, session, "parties", found.turned(_with_names), query, _FIELDS)
    whole = sanctions.count_standings(session)
    waiting = {each.party: each for each in sanctions.list_sanctions(session, states=OPEN)}
    return page(
        request,
        "identity/parties.html",
        view=ListView(page=found.page(session, query.asked()), query=query),
        waiting=waiting,
        waiting_parties={each.gln: each for each in sanctions.parties_of(session, waiting.values())},
        names=sanctions.names_of(session, waiting.values()),
        weighty=accounts.list_weighty(session),
        whole=whole,
        counts=sanctions.count_standings(session, query.q, query.role) if query.q.strip() or query.role else whole,
        standings=STANDINGS,
        roles=list(PARTY_ROLES),
        now=clock.now(),
    )


def _with_names(session: Session, parties: Sequence[Party]) -> list[tuple[Party, str]]:
    """Each with the name of its supplier."""
    names = service.names_of(session, {each.supplier for each in parties if each.supplier})
    return [(each, names.get(each.supplier or "", "")) for each in parties]


_FIELDS: list[Field[tuple[Party, str]]] = [
    Field("参与方", lambda row: row[0].name),
    Field("GLN", lambda row: row[0].gln),
    Field("状态", lambda row: row[0].standing, kind="standing"),
    Field("角色", lambda row: row[0].roles, kind="party_role"),
    Field("行政区划代码", lambda row: row[0].adcode),
    Field("供货方", lambda row: row[1]),
    Field("供货方 GLN", lambda row: row[0].supplier),
]


@own.get("/party")
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


def _answer(sanction: Sanction) -> Response:
    return RedirectResponse(f"/parties/{sanction.party}", status_code=303)


@router.post("/parties/{gln}/sanctions")
def propose(
    request: Request,
    gln: str,
    session: Transaction,
    settings: Config,
    by: Decider,
    id: Annotated[UUID, Form()],
    standing: Annotated[Standing, Form()],
    reason: Annotated[str, Form(max_length=REASON_READ_MOST)] = "",
) -> Response:
    """Propose another standing for a party, with the reason; a second person must confirm.

    Who is refused gets the page again, with what was typed.
    """
    wish = Wish(id, gln, standing, reason.strip())
    try:
        sanction = sanctions.propose(session, wish, by=by, now=clock.now())
    except (ReasonMissing, SanctionWaits, SanctionReused, StandingAlreadySo, BrandIsNotSanctioned) as error:
        return _party(request, session, settings, gln, by, refused=error, typed=wish)
    return _answer(sanction)


@router.post("/sanctions/{id}/confirmation")
def confirm(id: UUID, session: Transaction, settings: Config, by: Decider) -> Response:
    """Stand for a sanction as the second person."""
    delay: timedelta = sanction_delay(settings)
    return _answer(sanctions.confirm(session, id, by=by, delay=delay, now=clock.now()))


@router.post("/sanctions/{id}/withdrawal")
def withdraw(id: UUID, session: Transaction, by: Decider) -> Response:
    """Take a sanction back while it waits."""
    return _answer(sanctions.withdraw(session, id, by=by, now=clock.now()))
