"""Pages of dealers: who sells where, and one dealer with its territory, transfers, stores and orders."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from backend.catalog import service as catalog
from backend.dealers import service
from backend.dealers.rules import DealerCard
from backend.dealers.schemas import DealerList
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.orders import service as orders
from backend.web.exports import Field, exported
from backend.web.i18n import language_of
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Now, Session, Transaction
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)
SHOWN = 20
"""Dealers on a page: what each one's hundreds of stores hold is added up for it."""
Overseer = Annotated[Principal, require(*OVERSEERS)]


def _regions(session: Session, prefixes: set[str], language: str) -> dict[str, str]:
    return {prefix: catalog.region_label(session, prefix, language) for prefix in prefixes}


@router.get("/dealers")
def list_dealers(
    request: Request, session: Transaction, now: Now, _: Overseer, query: Annotated[DealerList, Query()]
) -> Response:
    """Dealers by region, with territory, standing and stock."""
    found = service.listing(query.q).turned(partial(service.cards_of, at=now))
    language = language_of(request)
    if query.format is not None:
        return exported(request, session, "dealers", found, query, _fields(session, language))
    shown = found.page(session, query.asked(SHOWN))
    prefixes = {each.prefix for card in shown.items for each in card.territories}
    return page(
        request,
        "dealers/list.html",
        view=ListView(page=shown, query=query),
        regions=_regions(session, prefixes | {card.party.adcode[:2] for card in shown.items}, language),
        whole=service.whole(session, at=now),
        products={product.gtin: product for product in catalog.list_products(session)},
        now=now,
    )


def _fields(session: Session, language: str) -> list[Field[DealerCard]]:
    def label(prefix: str) -> str:
        return catalog.region_label(session, prefix, language)

    return [
        Field("经销商", lambda card: card.party.name),
        Field("GLN", lambda card: card.party.gln),
        Field("省级区域", lambda card: label(card.party.adcode[:2])),
        Field("授权区域", lambda card: [label(each.prefix) for each in card.territories]),
        Field("门店", lambda card: card.stores),
        Field("自持", lambda card: card.held),
        Field("门店持有", lambda card: card.held_by_stores),
        Field("状态", lambda card: card.party.standing, kind="standing"),
    ]


@router.get("/dealers/{gln}")
def show_dealer(request: Request, gln: str, session: Transaction, now: Now, by: Overseer) -> Response:
    """One dealer: territory now and before, approved transfers, stores, orders."""
    card = service.get_dealer(session, gln, at=now)
    territories = service.list_territories(session, dealer=gln)
    transfers = service.list_transfers(session, dealer=gln)
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
