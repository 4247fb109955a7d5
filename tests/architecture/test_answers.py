"""Programs and people are answered in rooms of their own: `api` files with shapes, `pages` files with pages."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import cast, get_origin, get_type_hints

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.settings import Settings
from backend.web.routes import ForPeople, ForPrograms

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend"
METHODS = {"get", "post", "put", "patch", "delete"}
FOR_PEOPLE = {"backend.web.rendering", "backend.web.exports", "HTMLResponse", "RedirectResponse"}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(home=tmp_path), sessionmaker[Session]())


def is_for_programs(name: str) -> bool:
    return name == "api" or name.endswith("_api")


def is_for_people(name: str) -> bool:
    return name == "pages" or name.startswith("pages_") or name.endswith("_pages")


def imported(path: Path) -> set[str]:
    """Modules that a file imports from, and the names that it takes."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(each.name for each in node.names)}
            found |= {f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
    return found


def routes_of(app: FastAPI | APIRouter) -> Iterator[APIRoute]:
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            yield route
        waiting += getattr(getattr(route, "original_router", None), "routes", [])


def room_of(route: APIRoute) -> str:
    return route.endpoint.__module__.rsplit(".", 1)[-1]


def test_no_file_for_programs_makes_a_page() -> None:
    files = [path for path in BACKEND.rglob("*.py") if is_for_programs(path.stem)]
    assert len(files) > 12
    for path in files:
        assert not imported(path) & FOR_PEOPLE, f"{path.relative_to(ROOT)} answers people"


def test_no_page_is_json() -> None:
    files = [path for path in BACKEND.rglob("*.py") if is_for_people(path.stem)]
    assert len(files) > 12
    for path in files:
        assert "JSONResponse" not in imported(path), f"{path.relative_to(ROOT)} answers programs"


def test_pages_are_not_described_to_programs_and_endpoints_are(app: FastAPI) -> None:
    seen = set()
    for route in routes_of(app):
        if is_for_people(room_of(route)):
            assert not route.include_in_schema, f"{route.path} is a page in the description for programs"
        if is_for_programs(room_of(route)):
            assert route.include_in_schema, f"{route.path} is not in the description for programs"
        seen.add(is_for_programs(room_of(route)))
    assert seen == {True, False}


def test_two_answers_at_one_address_are_a_page_and_an_endpoint(app: FastAPI) -> None:
    shared = defaultdict(list)
    for route in routes_of(app):
        for method in route.methods:
            shared[method, route.path].append(route)
    twins = {address: found for address, found in shared.items() if len(found) > 1}
    assert ("GET", "/orders") in twins
    for address, found in twins.items():
        assert len(found) == 2, address
        assert {type(each) for each in found} == {ForPeople, ForPrograms}, f"{address} answers by chance"


def test_every_route_says_what_it_returns(app: FastAPI) -> None:
    for route in routes_of(app):
        told = get_type_hints(route.endpoint).get("return")
        assert told not in (None, object, BaseModel, dict), f"{route.path} returns anything"
        assert get_origin(told) is not dict, f"{route.path} returns a mapping of anything"


def answers_of(app: FastAPI) -> Iterator[tuple[str, dict[str, object]]]:
    """Each operation with its answers of success by form: the schemas in `/openapi.json`."""
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                successes = [each for code, each in operation["responses"].items() if code.startswith("2")]
                forms = {form: what.get("schema") for each in successes for form, what in each["content"].items()}
                yield f"{method.upper()} {path}", forms


def says_something(schema: object) -> bool:
    """A schema that names fields or a type: neither empty, nor just any object or any list."""
    if not isinstance(schema, dict) or not schema.keys() - {"title"}:
        return False
    if schema.get("type") == "array":
        return says_something(schema.get("items"))
    if schema.get("type") == "object":
        return "properties" in schema or says_something(schema.get("additionalProperties"))
    return True


def test_every_answer_to_programs_has_a_shape(app: FastAPI) -> None:
    found = list(answers_of(app))
    assert len(found) > 50
    for operation, forms in found:
        assert forms, f"{operation} is answered with nothing known"
        for form, schema in forms.items():
            assert says_something(schema), f"{operation} is answered in {form} with anything: {schema}"


def test_no_two_shapes_have_one_name(app: FastAPI) -> None:
    """Else the description names them by their modules, as `backend__orders__schemas__OrderOut`."""
    schemas = cast(dict[str, object], app.openapi()["components"]["schemas"])
    assert not [name for name in schemas if name.startswith("backend__")]


@pytest.mark.parametrize("schema", [None, {}, {"title": "Anything"}, {"type": "array"}, {"type": "object"}])
def test_a_shape_that_says_nothing_is_found(schema: object) -> None:
    assert not says_something(schema)
