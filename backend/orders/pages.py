"""Pages of orders: the list, one order with everything that happened to it, and a form to place one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from backend import clock
from backend.anchoring import service as anchoring
from backend.catalog import service as catalog
from backend.catalog.rules import Product
from backend.custody import service as custody
from backend.errors import JiulianError, Malformed, NotFound, Refused
from backend.identity import sanctions
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import BUYERS, DEALING, READERS, Location, Party, PartySuspended, Principal
from backend.money import narrow
from backend.orders import rights, rules, service
from backend.orders.commands import CommandId
from backend.orders.rules import LineWish, Order, OrderState, OrderVerb
from backend.orders.schemas import OrderList
from backend.web import telling
from backend.web.exports import Field, exported
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Now, Session, Transaction, here_of
from backend.web.routes import ForPeople

router = APIRouter(include_in_schema=False)
listed = APIRouter(route_class=ForPeople, include_in_schema=False)
Reader = Annotated[Principal, require(*READERS)]
Buyer = Annotated[Principal, require(*BUYERS)]
Trader = Annotated[Principal, require(*DEALING)]
CASES_MOST = 100_000
"""Cases of one product in an order from the form."""


def _products(session: Session) -> dict[str, Product]:
    return {product.gtin: product for product in catalog.list_products(session)}


def _with_role(session: Session, role: str) -> list[Party]:
    return identity.list_parties(session, role=role)


@listed.get("/orders")
def list_orders(request: Request, session: Transaction, by: Reader, query: Annotated[OrderList, Query()]) -> Response:
    """Orders that the person may know of, the newest first."""
    found, counts = service.listing(session, by=by, state=query.state, party=query.party, words=query.q)
    if query.format is not None:
        return exported(request, session, "orders", found.turned(_with_names), query, _FIELDS)
    shown = found.turned(_with_names).page(session, query.asked())
    # A headline tells the whole, of the party that it names or of all; choices tell what they lead to.
    whole = service.listing(session, by=by, party=query.party)[1] if query.q.strip() else counts
    return page(
        request,
        "orders/list.html",
        view=ListView(page=shown, query=query),
        whole=whole,
        all_count=sum(counts.values()),
        states=[(each, counts[each]) for each in rules.STATES if each in counts],
        party_name=identity.names_of(session, [query.party]).get(query.party, query.party) if query.party else None,
        now=clock.now(),
        told_arrived=custody.count_told_arrived(session, by.party),
        own=by.party,
        may_order=by.has(*BUYERS),
        notice=sanctions.notice_of(session, by.party),
    )


@dataclass(frozen=True)
class Named:
    """An order of the list, with the names of its two sides."""

    order: Order
    buyer: str
    seller: str


def _with_names(session: Session, orders: Sequence[Order]) -> list[Named]:
    names = identity.names_of(session, {gln for order in orders for gln in (order.buyer, order.seller)})
    return [Named(order, names[order.buyer], names[order.seller]) for order in orders]


_FIELDS: list[Field[Named]] = [
    Field("订单号", lambda row: str(row.order.id)),
    Field("下单时间", lambda row: row.order.placed_at),
    Field("状态", lambda row: row.order.state, kind="order"),
    Field("买方", lambda row: row.buyer),
    Field("买方 GLN", lambda row: row.order.buyer),
    Field("发货方", lambda row: row.seller),
    Field("发货方 GLN", lambda row: row.order.seller),
    Field("瓶数", lambda row: row.order.bottles),
    Field("金额（元）", lambda row: Decimal(row.order.amount_fen).scaleb(-2)),
]


def _sellers(session: Session, by: Principal) -> list[Location]:
    """Places a person may order from: the brand's warehouses for dealers, its own supplier for a store."""
    party = identity.find_party(session, by.party) if by.party else None
    if party is not None and "store" in party.roles and party.supplier:
        return identity.list_locations(session, parties=[party.supplier])
    sellers = [seller.gln for seller in _with_role(session, "warehouse")]
    return sorted(identity.list_locations(session, parties=sellers), key=lambda place: (place.party, place.gln))


@router.get("/orders/new")
def order_form(request: Request, session: Transaction, now: Now, by: Buyer, buyer: str | None = None) -> Response:
    """The form to place an order, with the prices of the buyer's region."""
    return _form(request, session, now, by, buyer, {})


def _form(
    request: Request,
    session: Session,
    now: datetime,
    by: Principal,
    buyer: str | None,
    typed: dict[str, str],
    refused: JiulianError | None = None,
) -> Response:
    buyers = _with_role(session, "dealer") if by.has("brand") else []
    if by.has("brand") and not buyers and not buyer:
        return page(request, "orders/no_buyer.html")
    chosen = identity.find_party(session, buyer or by.party or "") if not buyers or buyer else buyers[0]
    if chosen is None:
        raise NotFound("no buyer to order for")
    rights.check_buys(by, chosen.gln)
    goods = [
        (product, price.amount_fen)
        for product in catalog.list_products(session)
        if (price := catalog.price_at(session, product.gtin, chosen.adcode, now))
    ]
    return page(
        request,
        "orders/new.html",
        status=refused.status if refused else 200,
        id=uuid4(),
        buyers=buyers,
        buyer=chosen,
        sellers=_sellers(session, by),
        goods=goods,
        typed=typed,
        refused=telling.told(request, refused, session) if refused else "",
        wrong=_field_of(refused, goods) if refused else None,
        notice=sanctions.notice_of(session, by.party),
        here=here_of(request, f"/orders/new?buyer={chosen.gln}"),
    )


def _field_of(refused: JiulianError, goods: list[tuple[Product, int]]) -> str | None:
    """The field to look at: the product's that is named, or the first where nothing was ordered at all."""
    if isinstance(refused, rules.EmptyOrder) and goods:
        return f"cases-{goods[0][0].gtin}"
    return str(refused.details["field"]) if isinstance(refused, rules.CasesUnread) else _named(refused)


def _named(refused: JiulianError) -> str | None:
    gtin = refused.details.get("gtin")
    return f"cases-{gtin}" if gtin else None


async def _fields(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


Fields = Annotated[dict[str, str], Depends(_fields)]


@router.post("/orders/new")
def place_from_form(request: Request, form: Fields, session: Transaction, now: Now, by: Buyer) -> Response:
    """Place an order from the form, cases by product; the form's id makes a second click the same order.

    Who is refused gets the form again, with what was typed.
    """
    try:
        id, buyer, location = UUID(form["id"]), form["buyer"], form["location"]
    except (KeyError, ValueError) as error:
        raise Malformed("the form is not complete", field="form") from error
    try:
        with session.begin_nested():
            order = _place(session, id, buyer, location, form, by, now)
    except (Malformed, Refused, PartySuspended) as refused:
        return _form(request, session, now, by, buyer, form, refused)
    return RedirectResponse(f"/orders/{order.id}", status_code=303)


def _place(
    session: Session, id: UUID, buyer: str, location: str, form: dict[str, str], by: Principal, now: datetime
) -> Order:
    cases = {name.removeprefix("cases-"): _cases(name, each) for name, each in form.items() if name[:6] == "cases-"}
    lines = tuple(
        LineWish(gtin, count * catalog.get_product(session, gtin).case_size)
        for gtin, count in sorted(cases.items())
        if count
    )
    wish = service.Wish(id, buyer, location, lines)
    order, _ = service.place(session, wish, by=by, now=now)
    return order


def _cases(field: str, text: str) -> int:
    bare = narrow(text).removesuffix("箱").strip() or "0"
    if not (bare.isascii() and bare.isdigit()) or len(bare) > 9 or int(bare) > CASES_MOST:
        raise rules.CasesUnread(field=field, most=CASES_MOST)
    return int(bare)


@listed.get("/orders/{id}")
def show_order(request: Request, id: UUID, session: Transaction, by: Reader) -> Response:
    """One order: how far each line is, which batches, and what happened when, with its evidence."""
    order = service.get_order(session, id, by=by)
    timeline = service.list_happenings(session, id)
    states = anchoring.states(session, [each.evidence for each in timeline if each.evidence])
    return page(
        request,
        "orders/order.html",
        order=order,
        timeline=timeline,
        states={evidence: each.state for evidence, each in states.items()},
        names=identity.names_of(session, {order.buyer, order.seller, *(each.actor for each in timeline)}),
        products=_products(session),
        location=identity.find_location(session, order.location),
        done=_done(order),
        actions=_actions(order, by),
        notice=sanctions.notice_of(session, by.party),
    )


def _done(order: Order) -> dict[str, int]:
    return {name: sum(getattr(line, name) for line in order.lines) for name in ("allocated", "dispatched", "received")}


def _actions(order: Order, by: Principal) -> list[dict[str, object]]:
    """What the person may do next; each form carries a command id of its own."""
    sells = rights.sells(by, order.seller)
    buys = by.has("brand") or by.party == order.buyer
    wanted = {
        OrderState.DRAFT: [(OrderVerb.SUBMISSION, buys)],
        OrderState.SUBMITTED: [(OrderVerb.APPROVAL, sells), (OrderVerb.CANCELLATION, sells or buys)],
        OrderState.APPROVED: [(OrderVerb.ALLOCATION, sells), (OrderVerb.CANCELLATION, sells)],
        OrderState.ALLOCATED: [(OrderVerb.CANCELLATION, sells)],
    }
    return [{"verb": verb, "id": uuid4()} for verb, allowed in wanted.get(order.state, []) if allowed]


def _to_order(id: UUID) -> Response:
    return RedirectResponse(f"/orders/{id}", status_code=303)


@listed.post("/orders/{id}/submission")
def submit_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> Response:
    """Send a draft off."""
    service.submit(session, id, service.Command(command, by), now=now)
    return _to_order(id)


@listed.post("/orders/{id}/approval")
def approve_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> Response:
    """The selling side says yes."""
    service.approve(session, id, service.Command(command, by), now=now)
    return _to_order(id)


@listed.post("/orders/{id}/allocation")
def allocate_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> Response:
    """Promise batches to every line, or to none."""
    service.allocate(session, id, service.Command(command, by), now=now)
    return _to_order(id)


@listed.post("/orders/{id}/cancellation")
def cancel_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> Response:
    """Call an order off before anything has left."""
    service.cancel(session, id, service.Command(command, by), now=now)
    return _to_order(id)
