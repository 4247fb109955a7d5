"""Endpoints of stock for programs: counts and sell-through."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime

from backend.errors import NotAllowed
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.stock import service
from backend.stock.rules import Observation
from backend.stock.schemas import ObservationIn
from backend.web.requests import Now, Transaction

router = APIRouter()
Trader = Annotated[Principal, require("brand", "dealer", "store", "warehouse")]
Reader = Annotated[Principal, require("brand", "dealer", "store", "auditor", "compliance")]


@router.post("/stock/observations", status_code=201)
def observe(body: ObservationIn, session: Transaction, now: Now, by: Trader) -> object:
    """Note what was counted; it corrects nothing, it is compared."""
    if not by.has("brand"):
        seen = {party.gln for party in service.visible(session, by.party)} if by.party else set()
        if body.party not in seen:
            raise NotAllowed(party=body.party)
    return asdict(service.observe(session, Observation(**body.model_dump(), counted_by=by.name), now=now))


@router.get("/stock/sell-through")
def sell_through(
    session: Transaction,
    now: Now,
    by: Reader,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> object:
    """Bottles sold by store, product and day; the last thirty days unless stated."""
    until = until or now
    parties = None
    if not by.has("brand", "auditor", "compliance"):
        parties = [party.gln for party in service.visible(session, by.party)] if by.party else []
    since = since or until - timedelta(days=30)
    return [asdict(day) for day in service.sell_through(session, since=since, until=until, parties=parties)]
