"""Endpoints of orders. JSON for programs; a form post from our own pages is answered with the page that follows."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError

from backend.errors import Malformed
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.orders import service
from backend.orders.rules import Order
from backend.orders.schemas import CommandIn, OrderIn, OrderList, OrderOut, order_json
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Now, Session, Transaction, wants_html
from backend.web.routes import ForPrograms

router = APIRouter()
listed = APIRouter(route_class=ForPrograms)
Reader = Annotated[Principal, require("brand", "dealer", "store", "warehouse", "auditor", "compliance")]
Trader = Annotated[Principal, require("brand", "dealer", "store", "warehouse")]


async def _command_id(request: Request) -> UUID:
    """The command's id from a JSON body or a form field `id`."""
    form = "form" in request.headers.get("content-type", "")
    try:
        body = dict(await request.form()) if form else await request.json()
        return CommandIn.model_validate(body).id
    except (ValidationError, ValueError) as error:
        raise Malformed("id: a UUID that names this command is needed", field="id") from error


CommandId = Annotated[UUID, Depends(_command_id)]


@listed.get("/orders")
def list_orders(
    request: Request, response: Response, session: Transaction, by: Reader, query: Annotated[OrderList, Query()]
) -> list[OrderOut]:
    """Orders that the person may know of, the newest first; `X-Total-Count` and `Link` tell of the rest."""
    found, _ = service.listing(session, by=by, state=query.state, party=query.party, words=query.q)
    page = found.page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [OrderOut.of(order) for order in page.items]


@router.post("/orders", status_code=201)
def place_order(body: OrderIn, session: Transaction, now: Now, by: Trader) -> Response:
    """Place an order: 201 when new, 200 when this very order was placed before."""
    wish = service.Wish(body.id, body.buyer, body.location, body.wishes(), draft=body.draft)
    order, fresh = service.place(session, wish, by=by, now=now)
    return JSONResponse(order_json(order), status_code=201 if fresh else 200)


def _command(
    do: Callable[..., Order], request: Request, session: Session, id: UUID, command: service.Command, now: object
) -> Response:
    order = do(session, id, command, now=now)
    if wants_html(request):
        return RedirectResponse(f"/orders/{id}", status_code=303)
    return JSONResponse(order_json(order))


@router.post("/orders/{id}/submission")
def submit_order(
    id: UUID, command: CommandId, request: Request, session: Transaction, now: Now, by: Trader
) -> Response:
    """Send a draft off."""
    return _command(service.submit, request, session, id, service.Command(command, by), now)


@router.post("/orders/{id}/approval")
def approve_order(
    id: UUID, command: CommandId, request: Request, session: Transaction, now: Now, by: Trader
) -> Response:
    """The selling side says yes."""
    return _command(service.approve, request, session, id, service.Command(command, by), now)


@router.post("/orders/{id}/allocation")
def allocate_order(
    id: UUID, command: CommandId, request: Request, session: Transaction, now: Now, by: Trader
) -> Response:
    """Promise batches to every line, or to none."""
    return _command(service.allocate, request, session, id, service.Command(command, by), now)


@router.post("/orders/{id}/cancellation")
def cancel_order(
    id: UUID, command: CommandId, request: Request, session: Transaction, now: Now, by: Trader
) -> Response:
    """Call an order off before anything has left."""
    return _command(service.cancel, request, session, id, service.Command(command, by), now)
