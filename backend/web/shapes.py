"""Values of answers to programs that are written in one way everywhere, and shapes that no route reads or makes."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

Moment = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time in ISO 8601 with its offset from UTC in digits, as `datetime.isoformat` writes it."""

SignedEvent = Annotated[
    dict[str, object],
    Field(description="An EPCIS 2.0 event, word for word as it was signed; its device chose its fields."),
]
Details = Annotated[
    dict[str, object], Field(description="Numbers, ids and names of what is told; which, depends on the kind.")
]


class Strict(BaseModel):
    """What a program may send: the fields that are named, and no others."""

    model_config = ConfigDict(extra="forbid")


class RefusalOut(BaseModel):
    """Why a request was refused. `kind`, `message` and `details` are the same in every language, `told` is a sentence
    for people in the request's; `final`: the same message would be refused for ever."""

    kind: str
    message: str
    told: str
    final: bool
    details: Details


REFUSALS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": RefusalOut, "description": "Refused: nothing was changed."},
    "503": {"model": RefusalOut, "description": "Not now; the same request may work later."},
}
"""How every operation may say no."""
_IN_JSON = {"application/json": {"schema": {"$ref": f"#/components/schemas/{RefusalOut.__name__}"}}}
REFUSALS_OF_FILES: dict[int | str, dict[str, object]] = {
    status: {"description": said["description"], "content": _IN_JSON} for status, said in REFUSALS.items()
}
"""The same of an operation that answers a file: no is said in JSON."""


BY_NAME = PlainSerializer(lambda member: member.name.lower(), return_type=str)
"""Writes a member of a numbered enum by its name."""


def names_of(kind: type[Enum], *more: str) -> WithJsonSchema:
    """That these are the names, as `BY_NAME` writes them."""
    return WithJsonSchema({"type": "string", "enum": [*(each.name.lower() for each in kind), *more]})


def body_of(model: type[BaseModel], *forms: str) -> dict[str, object]:
    """The description of a body that an operation reads by itself, for `openapi_extra`."""
    return read_as(model.model_json_schema(), *forms)


def read_as(shape: Mapping[str, object], *forms: str) -> dict[str, object]:
    """The same of a schema; JSON where no forms are named."""
    schema = inlined(shape)
    content = {form: {"schema": schema} for form in forms or ("application/json",)}
    return {"requestBody": {"required": True, "content": content}}


def struct_schema(form: type[msgspec.Struct]) -> WithJsonSchema:
    """The shape of a file of ours that is read and written with msgspec, where it stands in an answer."""
    return WithJsonSchema(inlined(msgspec.json.schema(form)), mode="serialization")


def inlined(schema: Mapping[str, object]) -> dict[str, object]:
    """A schema that stands by itself, with what its `$defs` define in each place."""
    defined = schema.get("$defs")
    put = _put(schema, defined if isinstance(defined, dict) else {})
    assert isinstance(put, dict)
    return put


def _put(value: object, defined: Mapping[str, object]) -> object:
    if isinstance(value, list):
        return [_put(each, defined) for each in value]
    if not isinstance(value, Mapping):
        return value
    if isinstance(named := value.get("$ref"), str):
        return _put(defined[named.removeprefix("#/$defs/")], defined)
    return {name: _put(each, defined) for name, each in value.items() if name != "$defs"}
