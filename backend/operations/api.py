"""For programs: alive, ready, the metrics, and the figures. Alive is not the same as ready."""

from hmac import compare_digest
from ipaddress import ip_address, ip_network
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from backend.errors import NotFound
from backend.identity.access import public, require
from backend.identity.rules import OPERATORS, Principal
from backend.operations import service
from backend.operations.reading import FigureReader
from backend.operations.rules import findings_of
from backend.operations.schemas import FiguresOut, StateOut
from backend.settings import Settings
from backend.web.requests import Config, Transaction, client_address
from backend.web.routes import ForPrograms
from backend.web.shapes import REFUSALS_OF_FILES

router = APIRouter()
listed = APIRouter(route_class=ForPrograms)
_NAMING = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
"""Headers by which a proxy says that the peer is not the client."""


@router.get("/healthz")
@public
def alive() -> StateOut:
    """The process answers."""
    return StateOut(state="alive")


@router.get("/readyz")
@public
def ready(session: Transaction) -> StateOut:
    """The process answers and its database does too."""
    service.touch(session)
    return StateOut(state="ready")


@router.get("/metrics", response_class=PlainTextResponse, responses=REFUSALS_OF_FILES)
@public
def metrics(request: Request, settings: Config) -> Response:
    """Figures in Prometheus' text format, for whoever `JIULIAN_METRICS_…` lets read them. Others learn of nothing."""
    if not _may_read(request, settings):
        raise NotFound()
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


@listed.get("/operations")
def show(request: Request, _: Annotated[Principal, require(*OPERATORS)]) -> FiguresOut:
    """Health first, then the figures that it follows from, as of one moment."""
    reader: FigureReader = request.app.state.figures
    figures = reader.read()
    findings = findings_of(figures, service.expected(reader.settings))
    return FiguresOut.of(figures, findings)


def _may_read(request: Request, settings: Settings) -> bool:
    token, bearer = settings.metrics.token, request.headers.get("authorization", "")
    if token is not None and bearer.lower().startswith("bearer "):
        return compare_digest(bearer[7:].strip().encode(), token.get_secret_value().encode())
    peer = request.client.host if request.client else ""
    address = client_address(request)
    if peer not in settings.web.trusted_proxies and any(name in request.headers for name in _NAMING):
        return False
    if address in settings.web.trusted_proxies:  # a proxy that names nobody is no client
        return False
    try:
        client = ip_address(address.strip("[]"))
    except ValueError:
        return False
    return any(client in ip_network(each, strict=False) for each in settings.metrics.addresses)
