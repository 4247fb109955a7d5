"""`/openapi.json` says of every operation what it reads, who may call it, and all that it may answer."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from backend.web.shapes import RefusalOut, body_of
from tests.architecture.test_answers import app, routes_of

__all__ = ["app"]
READS = {"json", "form", "stream", "body"}
"""Methods of a request that read its body."""
STATES = {"state", "standing", "kind", "way", "health", "step", "outcome", "source", "roles"}
NO_STATES = {
    "RefusalOut.kind": "names of classes, one a refusal; more with every rule",
    "KeptRefusalOut.kind": "the same",
    "RefusedItemOut.kind": "the same",
    "ContractRefusalOut.kind": "names of the contract's errors",
    "WayOut.kind": "says what file it is",
}
"""Fields that are called like states and are free text, each with its reason."""


def operations(app: FastAPI) -> Iterator[tuple[APIRoute, dict[str, Any]]]:
    """Each described route with its description."""
    paths = app.openapi()["paths"]
    for route in routes_of(app):
        if route.include_in_schema:
            for method in route.methods:
                yield route, paths[route.path_format][method.lower()]


def calls_of(dependant: Dependant) -> Iterator[Callable[..., object]]:
    """What answers a route, and all that it depends on."""
    if dependant.call is not None:
        yield dependant.call
    for each in dependant.dependencies:
        yield from calls_of(each)


def parsed(call: Callable[..., object]) -> ast.AST:
    source = call if inspect.isroutine(call) else type(call).__call__
    return ast.parse(textwrap.dedent(inspect.getsource(source)))


def reads_a_body(call: Callable[..., object]) -> bool:
    """Whether it takes the body of a request by itself, past the shapes of the route."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in READS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "request"
        for node in ast.walk(parsed(call))
    )


def statuses_set(call: Callable[..., object]) -> set[int]:
    """Statuses that an endpoint puts in place of its own."""
    return {
        each.value
        for node in ast.walk(parsed(call))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "response.status_code"
        for each in ast.walk(node.value)
        if isinstance(each, ast.Constant) and isinstance(each.value, int)
    }


def shapes(app: FastAPI) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each field of each answer, with its schema."""
    for name, schema in app.openapi()["components"]["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            if name.endswith("Out"):
                yield f"{name}.{field}", said


def parts(schema: object) -> Iterator[Mapping[str, Any]]:
    """A schema and all in it."""
    if isinstance(schema, Mapping):
        yield schema
        for each in schema.values():
            yield from parts(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from parts(each)


def test_what_reads_a_body_describes_it(app: FastAPI) -> None:
    found = 0
    for route, said in operations(app):
        if route.body_field is not None or any(map(reads_a_body, calls_of(route.dependant))):
            found += 1
            body = said.get("requestBody", {}).get("content")
            assert body, f"{route.path} reads a body that is not described"
    assert found > 20


async def _reading(request: Any) -> object:
    return await request.json()


def test_a_body_that_is_read_is_found() -> None:
    assert reads_a_body(_reading)
    assert not reads_a_body(statuses_set)


def test_every_operation_may_refuse_in_the_one_shape(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    assert not [name for name in schemas if "ValidationError" in name]
    for route, said in operations(app):
        for status in ("4XX", "503"):
            content = said["responses"][status]["content"]
            assert list(content) == ["application/json"], f"{route.path} is refused in another form than JSON"
            shape = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert RefusalOut.model_fields.keys() <= schemas[shape]["properties"].keys(), route.path
        assert not [each for each in said["responses"] if each[0] == "4" and each != "4XX"], route.path


def test_every_status_that_an_endpoint_sets_is_described(app: FastAPI) -> None:
    found = set()
    for route, said in operations(app):
        for status in statuses_set(route.endpoint):
            found.add(status)
            assert str(status) in said["responses"], f"{route.path} is answered {status}"
    assert found == {200, 201}


def test_who_must_be_somebody_is_told_how(app: FastAPI) -> None:
    schemes = app.openapi()["components"]["securitySchemes"]
    assert {(each["type"], each.get("scheme"), each.get("in")) for each in schemes.values()} == {
        ("http", "bearer", None),
        ("apiKey", None, "cookie"),
    }
    for route, said in operations(app):
        required = any(hasattr(call, "required_roles") for call in calls_of(route.dependant))
        assert said.get("security", []) == ([{name: []} for name in schemes] if required else []), route.path


def test_what_may_hold_anything_says_why(app: FastAPI) -> None:
    found = 0
    for name, schema in shapes(app):
        for each in parts(schema):
            if each.get("type") == "object" and each.get("additionalProperties") in (True, {}):
                found += 1
                assert each.get("description"), f"{name} is any object"
    assert found > 3


def test_no_state_in_an_answer_is_any_text(app: FastAPI) -> None:
    states = [(name, schema) for name, schema in shapes(app) if name.rpartition(".")[2] in STATES]
    named = [(name, each) for name, schema in states for each in parts(schema)]
    free = {name for name, each in named if each.get("type") == "string" and not {"enum", "const"} & each.keys()}
    assert free == NO_STATES.keys()


def test_an_order_is_described_under_both_names_of_its_place(app: FastAPI) -> None:
    order = app.openapi()["components"]["schemas"]["OrderIn"]
    assert order["properties"]["seller"]["pattern"] == order["properties"]["location"]["pattern"]
    assert order["oneOf"] == [{"required": ["location"]}, {"required": ["seller"]}]
    assert not {"location", "seller"} & set(order["required"])


class _Inner(BaseModel):
    number: int


class _Outer(BaseModel):
    """Holds another."""

    inner: list[_Inner]


@pytest.mark.parametrize("forms", [(), ("application/json", "text/csv")])
def test_a_body_of_ones_own_stands_by_itself(forms: tuple[str, ...]) -> None:
    said = body_of(_Outer, *forms)["requestBody"]
    assert isinstance(said, dict)
    assert list(said["content"]) == list(forms or ("application/json",))
    for form in said["content"].values():
        assert "$defs" not in form["schema"]
        assert form["schema"]["properties"]["inner"]["items"]["properties"]["number"]["type"] == "integer"
