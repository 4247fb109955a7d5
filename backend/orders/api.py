"""Endpoints of orders for programs: place, read, and take an order's next step."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from backend.identity.access import require
from backend.identity.rules import DEALING, READERS, Principal
from backend.orders import service
from backend.orders.commands import COMMAND_BODY, CommandId
from backend.orders.schemas import OrderHistoryOut, OrderIn, OrderList, OrderOut
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Now, Transaction
from backend.web.routes import ForPrograms

router = APIRouter()
listed = APIRouter(route_class=ForPrograms)
Reader = Annotated[Principal, require(*READERS)]
Trader = Annotated[Principal, require(*DEALING)]


@listed.get("/orders")
def list_orders(
    request: Request, response: Response, session: Transaction, by: Reader, query: Annotated[OrderList, Query()]
) -> list[OrderOut]:
    """Orders that the person may know of, the newest first; `X-Total-Count` and `Link` tell of the rest."""
    found, _ = service.listing(session, by=by, state=query.state, party=query.party, words=query.q)
    page = found.page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [OrderOut.of(order) for order in page.items]


@router.post("/orders", status_code=201, responses={200: {"model": OrderOut, "description": "It was placed before."}})
def place_order(body: OrderIn, response: Response, session: Transaction, now: Now, by: Trader) -> OrderOut:
    """Place an order: 201 when new, 200 when this very order was placed before."""
    wish = service.Wish(body.id, body.buyer, body.location, body.wishes(), draft=body.draft)
    order, fresh = service.place(session, wish, by=by, now=now)
    response.status_code = 201 if fresh else 200
    return OrderOut.of(order)


@listed.get("/orders/{id}")
def show_order(id: UUID, session: Transaction, by: Reader) -> OrderHistoryOut:
    """One order with everything that happened to it."""
    order = service.get_order(session, id, by=by)
    return OrderHistoryOut.with_timeline(order, service.list_happenings(session, id))


@listed.post("/orders/{id}/submission", openapi_extra=COMMAND_BODY)
def submit_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> OrderOut:
    """Send a draft off."""
    return OrderOut.of(service.submit(session, id, service.Command(command, by), now=now))


@listed.post("/orders/{id}/approval", openapi_extra=COMMAND_BODY)
def approve_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> OrderOut:
    """The selling side says yes."""
    return OrderOut.of(service.approve(session, id, service.Command(command, by), now=now))


@listed.post("/orders/{id}/allocation", openapi_extra=COMMAND_BODY)
def allocate_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> OrderOut:
    """Promise batches to every line, or to none."""
    return OrderOut.of(service.allocate(session, id, service.Command(command, by), now=now))


@listed.post("/orders/{id}/cancellation", openapi_extra=COMMAND_BODY)
def cancel_order(id: UUID, command: CommandId, session: Transaction, now: Now, by: Trader) -> OrderOut:
    """Call an order off before anything has left."""
    return OrderOut.of(service.cancel(session, id, service.Command(command, by), now=now))
