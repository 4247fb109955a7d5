"""Whatever a capability has is announced, once, in the one list that everybody reads."""

from importlib import import_module
from pathlib import Path
from pkgutil import ModuleInfo, walk_packages

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session, sessionmaker

import backend
from backend import capabilities
from backend.app import create_app
from backend.capabilities import CAPABILITIES
from backend.identity.rules import USER_ROLES
from backend.settings import Settings
from tests.architecture.test_routes import required_roles, routes_of

BACKEND = Path(capabilities.__file__).parent
ROUTERS = [router for each in CAPABILITIES for router in each.routers]


def test_every_folder_with_a_capability_is_in_the_list() -> None:
    written = {path.parent.name for path in BACKEND.glob("*/capability.py")}
    assert len(written) > 10
    assert written == {each.name for each in CAPABILITIES if (BACKEND / each.name).is_dir()}
    assert len({each.name for each in CAPABILITIES}) == len(CAPABILITIES)


def test_every_router_belongs_to_a_capability() -> None:
    """Whatever it is called: each router that a module of the product makes is announced, or part of one that is."""
    announced = {id(route) for router in ROUTERS for route in routes_of(router)}
    found = 0
    for module in (import_module(each.name) for each in walk_packages(backend.__path__, "backend.") if _is_ours(each)):
        for name, value in vars(module).items():
            if isinstance(value, APIRouter):
                found += 1
                forgotten = [route.path for route in routes_of(value) if id(route) not in announced]
                assert not forgotten, f"{module.__name__}.{name} has routes that no capability announces: {forgotten}"
    assert found > 30


def _is_ours(module: ModuleInfo) -> bool:
    return not module.name.startswith("backend.db.migrations.") and not module.name.endswith("__main__")


@pytest.fixture
def app(sessions: sessionmaker[Session], tmp_path: Path) -> FastAPI:
    return create_app(Settings(home=tmp_path), sessions)


@pytest.mark.integration
def test_every_route_of_the_application_is_of_a_capability(app: FastAPI) -> None:
    announced = {(route.path, route.endpoint) for router in ROUTERS for route in routes_of(router)}
    served = {(route.path, route.endpoint) for route in routes_of(app)}
    assert len(served) > 60
    assert served == announced


def _find(app: FastAPI, path: str) -> APIRoute:
    for route in routes_of(app):
        if "GET" in route.methods and route.path_regex.match(path):
            return route
    raise AssertionError(f"no route answers {path}")


@pytest.mark.integration
def test_every_link_opens_for_whoever_sees_it(app: FastAPI) -> None:
    for capability in CAPABILITIES:
        for link in capability.links:
            roles = required_roles(_find(app, link.path))
            assert roles is not None
            seen_by = set(link.roles) or {role for role in USER_ROLES if role not in link.unless}
            assert seen_by - {"admin"} <= roles, f"{link.path} is shown to people who may not open it"
            assert set(link.home_of) - {"admin"} <= seen_by


@pytest.mark.integration
def test_every_page_that_is_visited_is_there_for_its_visitor(app: FastAPI) -> None:
    examples = {
        "bottle": "/01/06901234000016/10/L1/21/AAAA",
        "unknown": "/01/06901234000016/10/L1/21/BBBB",
        "order": "1",
        "dealer": "6901234000016",
        "alert": "/alerts/1",
        "batch": "/batches/06901234000016/L1",
    }
    for capability in CAPABILITIES:
        for visit in capability.visits:
            route = _find(app, visit.path.format(**examples))
            announced = [each.endpoint for router in capability.routers for each in routes_of(router)]
            assert route.endpoint in announced
            if visit.role is None:
                assert getattr(route.endpoint, "is_public", False)
            elif not getattr(route.endpoint, "is_public", False):
                assert visit.role in (required_roles(route) or ()) or visit.role == "admin", visit.path


def test_custody_decides_before_orders_follow_and_the_chain_is_told() -> None:
    names = [getattr(each, "react", each).__module__.split(".")[1] for each in capabilities.REACTIONS]
    assert names == ["custody", "orders", "anchoring"]
    assert [each.name for each in capabilities.JOBS][:3] == ["enrol", "bundle records", "bundle leaves"]
