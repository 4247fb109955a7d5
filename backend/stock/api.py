"""Endpoints of stock for programs: counts and sell-through."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from backend.catalog import service as catalog
from backend.errors import NotAllowed
from backend.identity.access import require
from backend.identity.rules import BUYERS, DEALING, OVERSEERS, READERS, Principal
from backend.stock import service
from backend.stock.rules import Observation
from backend.stock.schemas import (
    MovementList,
    MovementOut,
    ObservationIn,
    ObservationOut,
    SoldDayOut,
    StockList,
    StockOut,
    members_of,
)
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Now, Transaction
from backend.web.routes import ForPrograms

router = APIRouter()
listed = APIRouter(route_class=ForPrograms)
StockReader = Annotated[Principal, require(*READERS)]
Trader = Annotated[Principal, require(*DEALING)]
Reader = Annotated[Principal, require(*OVERSEERS, *BUYERS)]


@router.post("/stock/observations", status_code=201)
def observe(body: ObservationIn, session: Transaction, now: Now, by: Trader) -> ObservationOut:
    """Note what was counted; it corrects nothing, it is compared."""
    if not by.has("brand"):
        seen = {party.gln for party in service.visible(session, by.party)} if by.party else set()
        if body.party not in seen:
            raise NotAllowed(party=body.party)
    noted = service.observe(session, Observation(**body.model_dump(), counted_by=by.name), now=now)
    return ObservationOut(**asdict(noted))


@router.get("/stock/sell-through")
def sell_through(
    session: Transaction,
    now: Now,
    by: Reader,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> list[SoldDayOut]:
    """Bottles sold by store, product and day; the last thirty days unless stated."""
    until = until or now
    parties = None
    if not by.has(*OVERSEERS):
        parties = [party.gln for party in service.visible(session, by.party)] if by.party else []
    since = since or until - timedelta(days=30)
    days = service.sell_through(session, since=since, until=until, parties=parties)
    return [SoldDayOut(**asdict(day)) for day in days]


@listed.get("/stock")
def list_stock(
    request: Request, response: Response, session: Transaction, by: StockReader, query: Annotated[StockList, Query()]
) -> list[StockOut]:
    """Stock batch by batch of everybody whom the person may see; `X-Total-Count` and `Link` tell of the rest."""
    gtins = [gtin for gtin in catalog.list_gtins(session) if query.gtin in (None, gtin)]
    asked = replace(query.asked(PAGE_SIZE_PROGRAMS), sort="party", descending=False)
    page = service.rows(members_of(by, query.region, query.q), gtins).page(session, asked)
    link_pages(request, response, query, page)
    return [StockOut.of(row) for row in page.items]


@listed.get("/stock/{gln}")
def show_party(gln: str, session: Transaction, by: StockReader) -> list[StockOut]:
    """One party's stock batch by batch."""
    service.party_seen_by(session, gln, by)
    return [StockOut.of(row) for row in service.overview(session, gln)]


@listed.get("/stock/{gln}/movements")
def list_movements(
    request: Request,
    response: Response,
    gln: str,
    session: Transaction,
    by: StockReader,
    query: Annotated[MovementList, Query()],
) -> list[MovementOut]:
    """Movements that changed what one party holds, the newest first; `X-Total-Count` and `Link` tell of the rest."""
    service.party_seen_by(session, gln, by)
    page = service.all_effects(session, gln).page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [MovementOut.of(*each) for each in page.items]
