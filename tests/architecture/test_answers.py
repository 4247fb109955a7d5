"""Programs and people are answered in rooms of their own: `api` files with shapes, `pages` files with pages."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.settings import Settings
from backend.web.routes import ForPeople, ForPrograms
from tests.architecture.test_routes import routes_of

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend"
METHODS = {"get", "post", "put", "patch", "delete"}
FOR_PEOPLE = {"backend.web.rendering", "backend.web.exports", "HTMLResponse", "RedirectResponse", "templating"}
PAGE = re.compile(r"text/html|xhtml|<!doctype|<(?:html|body|h1|p|div|table)\b", re.IGNORECASE)
AS_SIGNED = "what a device signed: an EPCIS document, whose shape is GS1's"
LOOSE = {
    "CaptureOut.event": AS_SIGNED,
    "EntryOut.event": AS_SIGNED,
    "SignedOut.event": AS_SIGNED,
    "SignedOut.recorded": "the proof of a row, whose shape is `jiulian verify`'s (docs/proofs.md)",
    "SignedOut.packed": "as `recorded`",
    "SignedOut.enrolled": "as `recorded`",
    "SignedOut.revoked": "as `recorded`",
    "SignedOut.voided": "as `recorded`",
    "FindingOut.details": "numbers of a finding, other ones for each kind",
    "HappeningOut.details": "numbers of an entry, other ones for each kind",
    "RefusedItemOut.details": "numbers of a refusal, other ones for each kind",
    "KeptRefusalOut.details": "numbers and ids of a refusal, other ones for each kind",
    "RefusalOut.details": "the same",
    "RunOut.first": "names of what differs, other ones for each kind",
    "ValidationError.input": "FastAPI's own",
    "ValidationError.ctx": "FastAPI's own",
}
"""Fields of shapes that say nothing of what is in them, and why. It only gets shorter."""
INNER = ("properties", "items", "prefixItems", "additionalProperties", "anyOf", "oneOf", "allOf")
SAYS_NOTHING = {"title", "description", "default", "examples"}


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


def room_of(route: APIRoute) -> str:
    return route.endpoint.__module__.rsplit(".", 1)[-1]


def test_no_file_for_programs_makes_a_page() -> None:
    files = [path for path in BACKEND.rglob("*.py") if is_for_programs(path.stem)]
    assert len(files) > 12
    for path in files:
        assert not imported(path) & FOR_PEOPLE, f"{path.relative_to(ROOT)} answers people"


def pages_made(source: str) -> set[str]:
    """Texts of a file that are a page, or say that one follows; what documents it is no text of it."""
    tree = ast.parse(source)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documentation)
    return {str(node.value) for node in texts if isinstance(node.value, str | bytes) and PAGE.search(str(node.value))}


def test_no_file_for_programs_writes_a_page_by_hand() -> None:
    for path in BACKEND.rglob("*.py"):
        if is_for_programs(path.stem):
            assert not pages_made(path.read_text("utf-8")), f"{path.relative_to(ROOT)} answers people"


@pytest.mark.parametrize(
    "source",
    [
        'Response(text, media_type="text/html")',
        'Response(text, headers={"Content-Type": "text/html; charset=utf-8"})',
        'Response(f"<h1>{name}</h1>")',
        'PlainTextResponse(b"<!DOCTYPE html>")',
    ],
)
def test_a_page_by_hand_is_found(source: str) -> None:
    assert pages_made(source)


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


def is_a_page(told: object) -> bool:
    """Whether an answer is whole as it is returned, and nothing that FastAPI would make JSON of."""
    either = get_args(told) if get_origin(told) in (Union, UnionType) else (told,)
    return all(isinstance(each, type) and issubclass(each, Response) for each in either)


def test_pages_return_answers_and_no_values(app: FastAPI) -> None:
    pages = [route for route in routes_of(app) if is_for_people(room_of(route))]
    assert len(pages) > 40
    for route in pages:
        assert is_a_page(get_type_hints(route.endpoint).get("return")), f"{route.path} is a page and answers JSON"
        assert route.response_model is None, f"{route.path} is a page and has a shape for programs"


@pytest.mark.parametrize("told", [list[str], BaseModel, dict[str, object], str, None, Response | None])
def test_a_page_that_is_json_is_found(told: object) -> None:
    assert not is_a_page(told)
    assert is_a_page(Response | HTMLResponse)


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


def loose(schema: object, place: str) -> Iterator[str]:
    """Places within a shape, at any depth, that say nothing of what stands there."""
    if not isinstance(schema, dict):
        return
    parts = {key: schema[key] for key in INNER if isinstance(schema.get(key), dict | list)}
    if not schema.keys() - SAYS_NOTHING or (schema.get("type") in ("object", "array") and not parts):
        yield place
    for key, part in parts.items():
        if key == "properties":
            yield from (found for name, inner in part.items() for found in loose(inner, f"{place}.{name}"))
        else:
            inner = part if isinstance(part, list) else [part]
            yield from (found for each in inner for found in loose(each, place))


def test_a_shape_says_what_is_in_it_at_any_depth(app: FastAPI) -> None:
    schemas = cast(dict[str, object], app.openapi()["components"]["schemas"])
    found = {place for name, schema in schemas.items() for place in loose(schema, name)}
    assert len(schemas) > 80
    assert found <= LOOSE.keys(), "give these fields a shape of their own"


class _Anything(BaseModel):
    data: object
    rows: list[dict[str, object]]
    pairs: dict[str, list[object]]
    perhaps: dict[str, object] | None
    values: list[Any]
    pair: tuple[int, object]
    numbers: dict[str, int]
    when: datetime | None


def test_a_field_that_may_be_anything_is_found() -> None:
    schema = _Anything.model_json_schema()
    assert set(loose(schema, "it")) == {f"it.{name}" for name in ("data", "rows", "pairs", "perhaps", "values", "pair")}


def test_no_two_shapes_have_one_name(app: FastAPI) -> None:
    """Else the description names them by their modules, as `backend__orders__schemas__OrderOut`."""
    schemas = cast(dict[str, object], app.openapi()["components"]["schemas"])
    assert not [name for name in schemas if name.startswith("backend__")]


@pytest.mark.parametrize("schema", [None, {}, {"title": "Anything"}, {"type": "array"}, {"type": "object"}])
def test_a_shape_that_says_nothing_is_found(schema: object) -> None:
    assert not says_something(schema)
