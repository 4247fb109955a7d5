"""A person who fills something in wrongly is told which field and why, in his language; no sentence of a library's."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

import backend
from backend.capabilities import CAPABILITIES
from backend.errors import Malformed
from backend.web import i18n, refusal_values, refusal_words
from backend.web.refusal_words import Found, Said

REASONS = {
    "missing", "string_too_long", "string_too_short", "string_type", "string_pattern_mismatch", "value_error",
    "int_parsing", "int_type", "int_from_float", "int_parsing_size", "float_parsing", "float_type", "finite_number",
    "bool_parsing", "bool_type", "enum", "literal_error", "greater_than", "greater_than_equal", "less_than",
    "less_than_equal", "date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact",
    "datetime_parsing", "datetime_type", "datetime_from_date_parsing", "timezone_aware", "uuid_parsing", "uuid_type",
    "list_type", "set_type", "tuple_type", "dict_type", "model_type", "model_attributes_type", "json_invalid",
    "extra_forbidden", "too_long", "too_short",
}  # fmt: skip
"""Kinds of faults that Pydantic finds in the shapes that we ask for."""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield field.alias or name
        for part in _models(field.annotation):
            yield from _fields(part, seen)


def _asked(dependant: Dependant) -> Iterator[str]:
    """Names of all that a route reads from address, form, JSON, headers and cookies."""
    for each in (
        *dependant.path_params, *dependant.query_params, *dependant.body_params, *dependant.header_params,
        *dependant.cookie_params,
    ):  # fmt: skip
        inner = [name for model in _models(each.field_info.annotation) for name in _fields(model, set())]
        yield from inner or [each.alias]
    for needed in dependant.dependencies:
        yield from _asked(needed)


def asked_for() -> set[str]:
    """Names of fields that any route of the house reads."""
    routes = [route for each in CAPABILITIES for router in each.routers for route in router.routes]
    return {name for route in routes if isinstance(route, APIRoute) for name in _asked(route.dependant)}


def refused() -> set[str]:
    """Names of fields that our own rules refuse."""
    found = set()
    for path in Path(backend.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                given = [each.value for each in node.keywords if each.arg == "field"]
                found |= {
                    each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
    return found


def wordless(names: set[str], language: str) -> list[str]:
    """Fields that are called nothing in a language, neither by a word nor by a sentence about them."""
    known = refusal_words.texts(language)
    return sorted(name for name in names if ("field", name) not in known and ("", f"Malformed/{name}") not in known)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_field_of_a_form_an_address_or_a_message_is_called_something(language: str) -> None:
    names = asked_for() | refused() - {"form"}
    assert {"bottles", "page_number", "watch_until", "shelf_life_days"} <= names
    assert wordless(names, language) == [], f"locale/refusals/{language}.po, msgctxt field"
    assert wordless({*names, "rebate_percent"}, language) == ["rebate_percent"]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_fault_of_a_shape_is_told_in_words(language: str) -> None:
    known = refusal_words.texts(language)
    assert [reason for reason in REASONS if ("why", reason) not in known] == []


def _tell(field: str, why: str, language: str) -> str:
    said = Said.of(Malformed(f"{field}: Input should be a valid integer", field=field, why=why))
    sentence = refusal_words.pick(said, language)
    names = refusal_words.placeholders(sentence)
    return refusal_words.fill(sentence, refusal_values.in_words(names, said.details, Found(), language))


@pytest.mark.parametrize(
    ("field", "why", "chinese", "english"),
    [
        ("bottles", "int_parsing", "瓶数，要写成整数", "bottles, it must be a whole number"),
        ("lines.1.bottles", "greater_than", "第 2 项的瓶数，太小", "bottles of entry 2, too small"),
        ("roles.0", "enum", "第 1 项的角色，没有这个选项", "roles of entry 1, there is no such choice"),
        ("name", "a_fault_of_tomorrow", "名称。", "name."),
    ],
)
def test_what_is_wrong_is_told_by_the_fields_name_and_the_fault(
    field: str, why: str, chinese: str, english: str
) -> None:
    assert chinese in _tell(field, why, "zh")
    assert english in _tell(field, why, "en")
    assert "Input should" not in _tell(field, why, "zh") + _tell(field, why, "en")
