"""Deny by default: every route names the roles it needs or says that it is public, and the answer keeps to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.app import create_app
from backend.capabilities import CAPABILITIES
from backend.settings import Settings

PUBLIC = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),  # by token or address, as configured; nobody by default
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("POST", "/captures"),  # authenticated by the device's signature
    ("GET", "/devices/register"),  # where signatures about keys count; nobody's data
    ("POST", "/devices/redemptions"),  # authenticated by the code's and the device's signatures
    ("POST", "/devices/admissions"),
    ("POST", "/devices/revocations"),
    ("GET", "/warehouse/sw.js"),  # files of the app, which hold nobody's data
    ("GET", "/warehouse/manifest.webmanifest"),
    ("GET", "/warehouse/app/{name:path}"),
    ("GET", "/static/reading/{name}"),  # modules that read events, of the app and of the consumer's page
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}"),
    ("GET", "/01/{gtin}/21/{serial}"),
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}/proof"),
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}/proof.txt"),
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}/way.json"),
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}/check"),
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}/where"),
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}/report"),
    ("POST", "/01/{gtin}/10/{batch}/21/{serial}/report"),
    ("GET", "/01/{gtin}/10/{batch}/21/{serial}/open"),
    ("POST", "/01/{gtin}/10/{batch}/21/{serial}/open"),
}

OPEN = {
    "/static": "files of pages, which hold nobody's data",
    "/openapi.json": "the description for programs, made by FastAPI",
}
"""What no capability answers, and everybody may have."""
ROOMS = {each.name for each in CAPABILITIES}


def required_roles(route: APIRoute) -> frozenset[str] | None:
    """Roles of the first `require` among a route's dependencies, at any depth."""
    waiting = list(route.dependant.dependencies)
    while waiting:
        dependency = waiting.pop()
        roles = getattr(dependency.call, "required_roles", None)
        if roles is not None:
            return frozenset(roles)
        waiting += dependency.dependencies
    return None


@pytest.fixture
def app(sessions: sessionmaker[Session], tmp_path: Path) -> FastAPI:
    return create_app(Settings(home=tmp_path), sessions)


def all_routes(app: FastAPI | APIRouter) -> Iterator[BaseRoute]:
    """Whatever answers at an address: routes of every kind, mounts too; of included routers, what is in them."""
    waiting: list[BaseRoute] = list(app.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            waiting += inner.routes


def routes_of(app: FastAPI | APIRouter) -> Iterator[APIRoute]:
    """Those of capabilities, which can name the roles that they need."""
    yield from (route for route in all_routes(app) if isinstance(route, APIRoute))


def past_the_door(app: FastAPI | APIRouter) -> set[str]:
    """Addresses of routes that can ask nobody for a role, since FastAPI knows nothing of what answers there."""
    others = (route for route in all_routes(app) if not isinstance(route, APIRoute))
    return {str(getattr(route, "path", route)) for route in others} - OPEN.keys()


async def _anybody(request: Request) -> Response:
    return Response(request.url.path)


def test_no_route_is_past_the_door(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path), sessionmaker[Session]())
    assert OPEN.keys() <= {str(getattr(route, "path", "")) for route in all_routes(app)}
    assert past_the_door(app) == set()
    outside = {
        endpoint.__module__
        for route in routes_of(app)
        if not (endpoint := route.endpoint).__module__.split(".")[1:2] or endpoint.__module__.split(".")[1] not in ROOMS
    }
    assert not outside, "a route is a capability's"


@pytest.mark.parametrize("how", ["add_route", "mount", "websocket", "included"])
def test_a_route_past_the_door_is_found(how: str) -> None:
    app, router = FastAPI(openapi_url=None), APIRouter()
    if how == "add_route":
        app.add_route("/everybody", _anybody)
    elif how == "mount":
        app.mount("/everybody", FastAPI())
    elif how == "websocket":
        app.add_api_websocket_route("/everybody", _anybody)
    else:
        router.add_route("/everybody", _anybody)
        app.include_router(router)
    assert past_the_door(app) == {"/everybody"}


@pytest.mark.integration
def test_every_route_names_its_roles_or_is_known_to_be_public(app: FastAPI) -> None:
    routes = list(routes_of(app))
    assert len(routes) > 20
    for route in routes:
        for method in route.methods:
            if (method, route.path) in PUBLIC:
                assert getattr(route.endpoint, "is_public", False), f"{route.path} is not marked public"
            else:
                assert not getattr(route.endpoint, "is_public", False), f"{route.path} must not be public"
                assert required_roles(route), f"{method} {route.path} names no roles"


@pytest.mark.integration
def test_nobody_gets_past_a_door_that_needs_a_role(app: FastAPI) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    for route in routes_of(app):
        for method in route.methods:
            if (method, route.path) in PUBLIC:
                continue
            path = route.path
            for name in route.param_convertors:
                path = path.replace("{" + name + "}", "1")
            answer = client.request(method, path, headers={"Accept": "application/json"}, json={})
            assert answer.status_code in (401, 422), f"{method} {path} answered {answer.status_code} to nobody"
            if answer.status_code == 422:
                assert "password" not in answer.text
