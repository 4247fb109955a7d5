"""For programs: alive, ready, and the metrics. Alive is not the same as ready."""

from hmac import compare_digest
from ipaddress import ip_address, ip_network

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from backend.errors import NotFound
from backend.identity.access import public
from backend.operations import service
from backend.settings import Settings
from backend.web.requests import Config, Transaction, client_address

router = APIRouter()
_NAMING = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
"""Headers by which a proxy says that the peer is not the client."""


@router.get("/healthz")
@public
def alive() -> dict[str, str]:
    """The process answers."""
    return {"state": "alive"}


@router.get("/readyz")
@public
def ready(session: Transaction) -> dict[str, str]:
    """The process answers and its database does too."""
    service.touch(session)
    return {"state": "ready"}


@router.get("/metrics")
@public
def metrics(request: Request, settings: Config) -> Response:
    """Figures in Prometheus' text format, for whoever `JIULIAN_METRICS_…` lets read them. Others learn of nothing."""
    if not _may_read(request, settings):
        raise NotFound()
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _may_read(request: Request, settings: Settings) -> bool:
    token, bearer = settings.metrics.token, request.headers.get("authorization", "")
    if token is not None and bearer.lower().startswith("bearer "):
        return compare_digest(bearer[7:].strip().encode(), token.get_secret_value().encode())
    peer = request.client.host if request.client else ""
    if peer not in settings.web.trusted_proxies and any(name in request.headers for name in _NAMING):
        return False
    try:
        client = ip_address(client_address(request).strip("[]"))
    except ValueError:
        return False
    return any(client in ip_network(each, strict=False) for each in settings.metrics.addresses)
