"""Deny by default: every route names the roles it needs or says that it is public, and the answer keeps to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
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


def routes_of(app: FastAPI | APIRouter) -> Iterator[APIRoute]:
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            yield route
        waiting += getattr(getattr(route, "original_router", None), "routes", [])


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
