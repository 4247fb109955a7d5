"""Endpoints of dealers for programs: territories and transfers."""

from dataclasses import asdict
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.catalog.rules import prefix_of
from backend.dealers import service
from backend.dealers.rules import Territory, Transfer
from backend.dealers.schemas import (
    DealerHistoryOut,
    DealerList,
    DealerOut,
    TerritoryIn,
    TerritoryOut,
    TransferIn,
    TransferOut,
)
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Now, Transaction
from backend.web.routes import ForPrograms

router = APIRouter()
listed = APIRouter(route_class=ForPrograms)
Brand = Annotated[Principal, require("brand")]
Overseer = Annotated[Principal, require(*OVERSEERS)]


@router.post("/territories", status_code=201)
def grant_territory(body: TerritoryIn, session: Transaction, now: Now, by: Brand) -> TerritoryOut:
    """Give a dealer a region; the same id again is answered alike."""
    prefix = prefix_of(body.adcode)
    territory = Territory(body.id, body.dealer, prefix, body.gtin, body.valid_from, body.valid_to)
    service.grant_territory(session, territory, by=by.name, now=now)
    return TerritoryOut(**asdict(territory))


@router.get("/territories")
def list_territories(session: Transaction, _: Overseer, dealer: str | None = None) -> list[TerritoryOut]:
    """All territories that were ever given, or a dealer's."""
    return [TerritoryOut(**asdict(each)) for each in service.list_territories(session, dealer=dealer)]


@router.post("/transfers", status_code=201)
def approve_transfer(body: TransferIn, session: Transaction, now: Now, by: Brand) -> TransferOut:
    """Allow a delivery outside a territory; the same id again is answered alike."""
    transfer = Transfer(
        body.id,
        body.dealer,
        body.receiver,
        prefix_of(body.adcode),
        body.gtin,
        body.bottles,
        body.reason,
        body.valid_from,
        body.valid_to,
        by.name,
        now,
    )
    service.approve_transfer(session, transfer)
    return TransferOut(**asdict(transfer))


@router.get("/transfers")
def list_transfers(session: Transaction, _: Overseer, dealer: str | None = None) -> list[TransferOut]:
    """All approved transfers, or a dealer's, the newest first."""
    return [TransferOut(**asdict(each)) for each in service.list_transfers(session, dealer=dealer)]


@listed.get("/dealers")
def list_dealers(
    request: Request,
    response: Response,
    session: Transaction,
    now: Now,
    _: Overseer,
    query: Annotated[DealerList, Query()],
) -> list[DealerOut]:
    """Dealers by region, with territory, standing and stock; `X-Total-Count` and `Link` tell of the rest."""
    found = service.listing(query.q).turned(partial(service.cards_of, at=now))
    page = found.page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [DealerOut.of(card) for card in page.items]


@listed.get("/dealers/{gln}")
def show_dealer(gln: str, session: Transaction, now: Now, _: Overseer) -> DealerHistoryOut:
    """One dealer: territory now and before, approved transfers, stock."""
    card = service.get_dealer(session, gln, at=now)
    territories = service.list_territories(session, dealer=gln)
    return DealerHistoryOut.with_history(card, territories, service.list_transfers(session, dealer=gln))
