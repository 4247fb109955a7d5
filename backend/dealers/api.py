"""Endpoints of dealers for programs: territories and transfers."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter

from backend.catalog.rules import prefix_of
from backend.dealers import service
from backend.dealers.rules import Territory, Transfer
from backend.dealers.schemas import TerritoryIn, TransferIn
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.web.requests import Now, Transaction

router = APIRouter()
Brand = Annotated[Principal, require("brand")]
Overseer = Annotated[Principal, require("brand", "compliance", "auditor")]


@router.post("/territories", status_code=201)
def grant_territory(body: TerritoryIn, session: Transaction, now: Now, by: Brand) -> object:
    """Give a dealer a region; the same id again is answered alike."""
    prefix = prefix_of(body.adcode)
    territory = Territory(body.id, body.dealer, prefix, body.gtin, body.valid_from, body.valid_to)
    service.grant_territory(session, territory, by=by.name, now=now)
    return asdict(territory)


@router.get("/territories")
def list_territories(session: Transaction, _: Overseer, dealer: str | None = None) -> object:
    """All territories that were ever given, or a dealer's."""
    return [asdict(each) for each in service.list_territories(session, dealer=dealer)]


@router.post("/transfers", status_code=201)
def approve_transfer(body: TransferIn, session: Transaction, now: Now, by: Brand) -> object:
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
    return asdict(transfer)


@router.get("/transfers")
def list_transfers(session: Transaction, _: Overseer, dealer: str | None = None) -> object:
    """All approved transfers, or a dealer's, the newest first."""
    return [asdict(each) for each in service.list_transfers(session, dealer=dealer)]
