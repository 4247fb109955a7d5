"""Holds answers to what `/openapi.json` says of them: a status that is described, and a body that fits its shape.

Only the keywords of our own description are known; another one is a fault of this reader and says so. An object whose
fields are described has no others, so that nothing is answered that stands nowhere.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.settings import Settings

Schema = Mapping[str, Any]
_KNOWN = {
    "$ref", "anyOf", "oneOf", "type", "enum", "const", "properties", "required", "additionalProperties", "items",
    "prefixItems", "propertyNames", "minItems", "maxItems", "pattern",
    "format", "title", "description", "default", "minimum", "exclusiveMinimum", "maximum", "minLength", "maxLength",
}  # fmt: skip
"""The last line: what is told beside the shape, or of what comes in alone."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


@cache
def ours() -> "Description":
    """What our application says of itself, whatever its settings."""
    return Description(create_app(Settings(), sessionmaker[Session]()).openapi())


def hold(client: TestClient) -> TestClient:
    """Every answer that this client gets has to be as it is described."""
    client.event_hooks["response"].append(_check)
    return client


def _check(response: Response) -> None:
    response.read()
    assert ours().faults(response) == []


class Description:
    """What an application says of itself."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self._paths = [(re.compile(_pattern(path)), path) for path in sorted(spec["paths"], key=_specific)]

    def faults(self, response: Response) -> list[str]:
        """What of an answer is not as described; nothing for addresses that are not described at all."""
        path, method = self._path_of(response.request.url.path), response.request.method.lower()
        operation = self.spec["paths"].get(path, {}).get(method)
        form = response.headers.get("content-type", "").partition(";")[0]
        if operation is None or not _is_for_programs(response, form):
            return []
        where = f"{method.upper()} {path} {response.status_code}"
        told = operation["responses"]
        status = str(response.status_code)
        content = told.get(status, told.get(f"{status[0]}XX", {})).get("content", {})
        if form not in content:
            return [f"{where}: {form} is not described"]
        if form != "application/json":
            return []
        return [f"{where}{each}" for each in self.misfits(response.json(), content[form]["schema"])]

    def misfits(self, value: object, schema: Schema, at: str = "") -> Iterator[str]:
        """Places at which a value is not as a schema says.

        Raises:
            ValueError: the schema asks something that is not checked here.
        """
        if unknown := schema.keys() - _KNOWN:
            raise ValueError(f"{at}: what {unknown} asks of a value is not known here")
        if "$ref" in schema:
            yield from self.misfits(value, self.spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]], at)
            return
        options = schema.get("anyOf") or schema.get("oneOf")
        if options and not any(not list(self.misfits(value, each, at)) for each in options):
            yield f"{at}: fits none of {len(options)} shapes: {str(value)[:200]}"
        if not _is_of(value, schema.get("type")) or not _is_one(value, schema):
            yield f"{at}: {str(value)[:100]!r} is not {schema.get('enum') or schema.get('const') or schema['type']}"
        elif isinstance(value, dict):
            yield from self._object(value, schema, at)
        elif isinstance(value, list):
            yield from self._array(value, schema, at)

    def _object(self, value: Mapping[str, object], schema: Schema, at: str) -> Iterator[str]:
        fields, more = schema.get("properties", {}), schema.get("additionalProperties", "properties" not in schema)
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{at}.{name}: is missing"
        for name, each in value.items():
            yield from self.misfits(name, schema.get("propertyNames", {}), f"{at} {name}")
            if name in fields:
                yield from self.misfits(each, fields[name], f"{at}.{name}")
            elif isinstance(more, dict):
                yield from self.misfits(each, more, f"{at}.{name}")
            elif not more:
                yield f"{at}.{name}: is not described"

    def _array(self, value: list[object], schema: Schema, at: str) -> Iterator[str]:
        first = schema.get("prefixItems", [])
        for number, each in enumerate(value):
            yield from self.misfits(each, first[number] if number < len(first) else schema.get("items", {}), f"{at}[]")

    def _path_of(self, path: str) -> str:
        return next((told for pattern, told in self._paths if pattern.fullmatch(path)), "")


def _is_for_programs(response: Response, form: str) -> bool:
    """Neither a page nor a list as a file: what people are answered stands in no description."""
    return form != "text/html" and not response.is_redirect and "format" not in response.request.url.params


def _specific(path: str) -> tuple[int, str]:
    return path.count("{"), path


def _pattern(path: str) -> str:
    """The last variable of batches takes slashes, as the path of its route does."""
    greedy = path.startswith("/batches/")
    return "".join(
        re.escape(part) if not part.startswith("{") else ".+" if greedy and path.endswith(part) else "[^/]+"
        for part in re.split(r"(\{\w+\})", path)
    )


def _is_of(value: object, kind: str | None) -> bool:
    if kind is None:
        return True
    return isinstance(value, _TYPES[kind]) and (kind == "boolean") == isinstance(value, bool)


def _is_one(value: object, schema: Schema) -> bool:
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    return value in schema.get("enum", [value]) and value == schema.get("const", value)
