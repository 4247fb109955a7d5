"""Pages of stock: all echelons rolled up, and one party batch by batch with the rows behind each number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from backend.catalog import service as catalog
from backend.china_time import CHINA
from backend.custody import service as custody
from backend.custody.given_back import Unconfirmed
from backend.errors import NotFound
from backend.identity import sanctions
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import Party, Principal
from backend.orders import service as orders
from backend.stock import service
from backend.stock.rules import StockRow, Sum, total
from backend.stock.schemas import row_json
from backend.web.i18n import language_of
from backend.web.rendering import page
from backend.web.requests import Now, Session, Transaction, wants_html

router = APIRouter()
Reader = Annotated[Principal, require("brand", "dealer", "store", "warehouse", "auditor", "compliance")]
SEE_ALL = ("brand", "auditor", "compliance")
SOLD_DAYS = 30
SHOWN = 30
BACKS_SHOWN = 200


@dataclass(frozen=True)
class Group:
    """A province and its parties, each with its sum."""

    name: str
    sum: Sum
    parts: tuple[tuple[Party, Sum], ...]


def _seen_by(session: Session, by: Principal) -> list[Party]:
    """Parties whose stock a person may see: all, or their own and those they supply."""
    if by.has(*SEE_ALL):
        return identity.list_parties(session)
    return service.visible(session, by.party) if by.party else []


@router.get("/stock")
def show_stock(request: Request, session: Transaction, by: Reader, gtin: str | None = None) -> Response:
    """Stock of everybody whom the person may see: by product, and by province and party."""
    parties = {party.gln: party for party in _seen_by(session, by)}
    everything = [row for row in service.overview(session) if row.party in parties]
    rows = [row for row in everything if gtin in (None, row.gtin)]
    if not wants_html(request):
        return JSONResponse([row_json(row) for row in rows])
    by_product: dict[str, list[StockRow]] = defaultdict(list)
    for row in everything:
        by_product[row.gtin].append(row)
    products = {product.gtin: product for product in catalog.list_products(session)}
    return page(
        request,
        "stock/overview.html",
        whole=total(rows),
        products=products,
        by_product=[(products[each], total(found)) for each, found in sorted(by_product.items())],
        groups=_groups(session, rows, parties, language_of(request)),
        gtin=gtin,
        notice=sanctions.notice_of(session, by.party),
        told_arrived=custody.count_told_arrived(session, by.party),
        own=by.party,
        to_confirm=_count_to_confirm(session, by.party),
        batches=len({(row.gtin, row.batch) for row in rows}),
    )


def _count_to_confirm(session: Session, gln: str | None) -> int:
    """How many returns and losses that others tell of wait for a party's word."""
    return (
        sum(each.bottles > 0 and each.sender == gln for each in custody.list_unconfirmed(session, gln=gln))
        if gln
        else 0
    )


def _groups(session: Session, rows: list[StockRow], parties: dict[str, Party], language: str) -> list[Group]:
    own: dict[str, list[StockRow]] = defaultdict(list)
    for row in rows:
        own[row.party].append(row)
    provinces: dict[str, list[Party]] = defaultdict(list)
    for gln in own:
        provinces[parties[gln].adcode[:2]].append(parties[gln])
    return [
        Group(
            catalog.region_label(session, prefix, language),
            total(row for party in members for row in own[party.gln]),
            tuple((party, total(own[party.gln])) for party in sorted(members, key=lambda p: p.gln)),
        )
        for prefix, members in sorted(provinces.items())
    ]


@router.get("/stock/{gln}")
def show_party(request: Request, gln: str, session: Transaction, now: Now, by: Reader) -> Response:
    """One party's stock batch by batch, with orders, consignments, movements and sales behind the numbers."""
    party = next((each for each in _seen_by(session, by) if each.gln == gln), None)
    if party is None:
        raise NotFound(f"no stock of {gln}", gln=gln)
    rows = service.overview(session, gln)
    if not wants_html(request):
        return JSONResponse([row_json(row) for row in rows])
    sold = service.sell_through(session, since=now - timedelta(days=SOLD_DAYS), until=now, parties=[gln])
    per_day: dict[str, int] = defaultdict(int)
    for day in sold:
        per_day[day.on.isoformat()] += day.bottles
    products = {product.gtin: product for product in catalog.list_products(session)}
    effects = service.list_effects(session, gln)
    coming = [each for each in custody.list_consignments(session, to=gln, open=True) if each.batch.gtin in products]
    return page(
        request,
        "stock/party.html",
        party=party,
        notice=sanctions.notice_of(session, by.party),
        rows=rows,
        whole=total(rows),
        products=products,
        names={each.gln: each.name for each in identity.list_parties(session)},
        promised=orders.list_owing(session, gln, by=by),
        coming=coming,
        told={each.consignment: each for each in custody.list_unsigned(session, [one.evidence for one in coming])},
        backs=_largest_first(
            each for each in custody.list_unconfirmed(session, gln=gln) if each.movement.batch.gtin in products
        ),
        shown=BACKS_SHOWN,
        suspended=next((each for each in custody.suspensions_of(session, gln) if each.until is None), None),
        effects=effects[:SHOWN],
        moved=len(effects),
        sold=sum(per_day.values()),
        days=[(day, per_day.get(day, 0)) for day in _last_days(now)],
        counts=service.list_observations(session, party=gln, limit=5),
    )


def _largest_first(backs: Iterable[Unconfirmed]) -> list[Unconfirmed]:
    """Many small ones do not hide a large one."""
    return sorted(backs, key=lambda each: -(each.bottles + each.disputed))


def _last_days(now: datetime) -> list[str]:
    today = now.astimezone(CHINA).date()
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(SOLD_DAYS))]
