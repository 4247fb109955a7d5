"""Pages of stock: all echelons rolled up, and one party batch by batch with the rows behind each number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from backend import clock
from backend.catalog import service as catalog
from backend.catalog.rules import Product
from backend.china_time import in_china
from backend.custody import service as custody
from backend.custody.given_back import Unconfirmed
from backend.custody.rules import Consignment, Delivery
from backend.identity import sanctions
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import READERS, Principal
from backend.orders import service as orders
from backend.stock import rules, service
from backend.stock.rules import StockRow, total
from backend.stock.schemas import StockList, members_of
from backend.web.exports import Field, exported
from backend.web.i18n import language_of
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Now, Session, Transaction
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)
Reader = Annotated[Principal, require(*READERS)]
SOLD_DAYS = 30
SHOWN = 30
BACKS_SHOWN = 200


@router.get("/stock")
def show_stock(request: Request, session: Transaction, by: Reader, query: Annotated[StockList, Query()]) -> Response:
    """Stock of everybody whom the person may see: by product, by province, and by party."""
    language, products = language_of(request), catalog.products_of(session, catalog.list_gtins(session))
    members = members_of(by, query.region)
    gtins = [gtin for gtin in products if query.gtin in (None, gtin)]
    if query.format is not None:
        found = service.rows(members_of(by, query.region, query.q), gtins)
        named = found.turned(partial(_with_names, products=products, language=language))
        return exported(request, session, "stock", named, query, _FIELDS)
    by_product = service.by_product(session, members, list(products))
    chosen = [each for each in by_product if each.gtin in gtins]
    return page(
        request,
        "stock/overview.html",
        view=ListView(page=service.parties(members, gtins, query.q).page(session, query.asked()), query=query),
        whole=rules.add_up(each.sum for each in chosen),
        products=products,
        by_product=[(products[each.gtin], each.sum) for each in by_product],
        provinces=_provinces(session, by, language),
        regions=partial(_region, session, language),
        gtin=query.gtin,
        notice=sanctions.notice_of(session, by.party),
        told_arrived=custody.count_told_arrived(session, by.party),
        own=by.party,
        to_confirm=_count_to_confirm(session, by.party),
        batches=sum(each.batches for each in chosen),
        now=clock.now(),
    )


def _region(session: Session, language: str, adcode: str) -> str:
    return catalog.region_label(session, adcode[:2], language)


def _provinces(session: Session, by: Principal, language: str) -> list[tuple[str, str, int]]:
    """Provinces that have parties whom the person may see: digits, name, and how many parties."""
    counts = identity.count_provinces(session, members_of(by), catalog.list_provinces(session))
    return [(province, _region(session, language, province), number) for province, number in counts.items()]


@dataclass(frozen=True)
class Named:
    """A row of stock with the names of its party, its province and its product."""

    row: StockRow
    party: str
    province: str
    product: str


def _with_names(
    session: Session, rows: Sequence[StockRow], *, products: Mapping[str, Product], language: str
) -> list[Named]:
    parties = identity.parties_of(session, {row.party for row in rows})
    return [
        Named(row, party.name, _region(session, language, party.adcode), products[row.gtin].label(language))
        for row in rows
        if (party := parties.get(row.party))
    ]


_FIELDS: list[Field[Named]] = [
    Field("参与方", lambda each: each.party),
    Field("GLN", lambda each: each.row.party),
    Field("省级区域", lambda each: each.province),
    Field("产品", lambda each: each.product),
    Field("GTIN", lambda each: each.row.gtin),
    Field("批次号", lambda each: each.row.batch),
    Field("持有", lambda each: each.row.held),
    Field("已分配", lambda each: each.row.allocated),
    Field("可用", lambda each: each.row.available),
    Field("在途", lambda each: each.row.on_the_way),
]


def _count_to_confirm(session: Session, gln: str | None) -> int:
    """How many returns and losses that others tell of wait for a party's word."""
    return (
        sum(each.bottles > 0 and each.sender == gln for each in custody.list_unconfirmed(session, gln=gln))
        if gln
        else 0
    )


@router.get("/stock/{gln}")
def show_party(request: Request, gln: str, session: Transaction, now: Now, by: Reader) -> Response:
    """One party's stock batch by batch, with orders, consignments, movements and sales behind the numbers."""
    party = service.party_seen_by(session, gln, by)
    rows = service.overview(session, gln)
    sold = service.sell_through(session, since=now - timedelta(days=SOLD_DAYS), until=now, parties=[gln])
    per_day: dict[str, int] = defaultdict(int)
    for day in sold:
        per_day[day.on.isoformat()] += day.bottles
    products = {product.gtin: product for product in catalog.list_products(session)}
    effects = service.list_effects(session, gln, SHOWN)
    coming = [each for each in custody.list_consignments(session, to=gln, open=True) if each.batch.gtin in products]
    going = custody.list_under_way(session, SHOWN, frm=gln, gtins=products)
    promised = orders.list_owing(session, gln, by=by)
    backs = _largest_first(
        each for each in custody.list_unconfirmed(session, gln=gln) if each.movement.batch.gtin in products
    )
    shown = {each.sender for each in coming} | {each.addressee for each in going.items}
    shown |= (
        {order.buyer for order in promised} | {each.sender for each in backs} | {each.movement.party for each in backs}
    )
    shown |= {gln for said, _ in effects.items for gln in (said.party, said.counterparty) if gln}
    return page(
        request,
        "stock/party.html",
        party=party,
        notice=sanctions.notice_of(session, by.party),
        rows=rows,
        whole=total(rows),
        products=products,
        names=identity.names_of(session, shown),
        promised=promised,
        coming=coming,
        going=going.items,
        gone=going.total,
        told=_told_of(session, [*coming, *going.items]),
        backs=backs,
        shown=BACKS_SHOWN,
        suspended=next((each for each in custody.suspensions_of(session, gln) if each.until is None), None),
        effects=effects.items,
        moved=effects.total,
        sold=sum(per_day.values()),
        days=[(day, per_day.get(day, 0)) for day in _last_days(now)],
        counts=service.list_observations(session, party=gln, limit=5),
    )


def _told_of(session: Session, consignments: Sequence[Consignment]) -> dict[bytes, Delivery]:
    """What senders say to have arrived of these and nobody signed for."""
    unsigned = custody.list_unsigned(session, [each.evidence for each in consignments])
    return {each.consignment: each for each in unsigned}


def _largest_first(backs: Iterable[Unconfirmed]) -> list[Unconfirmed]:
    """Many small ones do not hide a large one."""
    return sorted(backs, key=lambda each: -(each.bottles + each.disputed))


def _last_days(now: datetime) -> list[str]:
    today = in_china(now).date()
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(SOLD_DAYS))]
