"""Pages of dealers: who sells where, and one dealer with its territory, transfers, stores and orders."""

from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response

from backend.catalog import service as catalog
from backend.dealers import service
from backend.dealers.service import DealerCard
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.orders import service as orders
from backend.web.i18n import language_of
from backend.web.rendering import page
from backend.web.requests import Now, Session, Transaction, wants_html

router = APIRouter()
Overseer = Annotated[Principal, require("brand", "auditor", "compliance")]


def _card_json(card: DealerCard) -> dict[str, object]:
    party = {**card.party.__dict__, "roles": sorted(card.party.roles)}
    return {**card.__dict__, "party": party, "territories": [each.__dict__ for each in card.territories]}


def _regions(session: Session, prefixes: set[str], language: str) -> dict[str, str]:
    return {prefix: catalog.region_label(session, prefix, language) for prefix in prefixes}


@router.get("/dealers")
def list_dealers(request: Request, session: Transaction, now: Now, _: Overseer) -> Response:
    """All dealers by province, with territory, standing and stock."""
    cards = service.list_dealers(session, at=now)
    if not wants_html(request):
        return JSONResponse(jsonable_encoder([_card_json(card) for card in cards]))
    language = language_of(request)
    provinces: dict[str, list[DealerCard]] = defaultdict(list)
    for card in cards:
        provinces[card.party.adcode[:2]].append(card)
    prefixes = {each.prefix for card in cards for each in card.territories}
    return page(
        request,
        "dealers/list.html",
        provinces=sorted(provinces.items()),
        regions=_regions(session, prefixes | set(provinces), language),
        count=len(cards),
        held=sum(card.held for card in cards),
        unlicensed=sum(not card.territories for card in cards),
        products={product.gtin: product for product in catalog.list_products(session)},
    )


@router.get("/dealers/{gln}")
def show_dealer(request: Request, gln: str, session: Transaction, now: Now, by: Overseer) -> Response:
    """One dealer: territory now and before, approved transfers, stores, orders."""
    card = service.get_dealer(session, gln, at=now)
    territories = service.list_territories(session, dealer=gln)
    transfers = service.list_transfers(session, dealer=gln)
    if not wants_html(request):
        whole = {"territories": [t.__dict__ for t in territories], "transfers": [t.__dict__ for t in transfers]}
        return JSONResponse(jsonable_encoder({**_card_json(card), **whole}))
    prefixes = {each.prefix for each in territories} | {each.prefix for each in transfers} | {card.party.adcode[:2]}
    place = catalog.find_place(session, card.party.adcode)
    return page(
        request,
        "dealers/dealer.html",
        card=card,
        place=place,
        territories=territories,
        transfers=transfers,
        now=now,
        regions=_regions(session, prefixes, language_of(request)),
        stores=identity.list_parties(session, supplier=gln),
        supplier=identity.find_party(session, card.party.supplier) if card.party.supplier else None,
        orders=orders.list_orders(session, by=by, party=gln, limit=10),
        products={product.gtin: product for product in catalog.list_products(session)},
    )
