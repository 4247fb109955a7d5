"""Groups of roles have names, which stand in one place: whoever may do something is not listed again beside it."""

import ast
from pathlib import Path

import pytest

from backend.identity.rules import PARTY_ROLES, USER_ROLES

ROOT = Path(__file__).resolve().parents[2]
NAMED_IN = ROOT / "backend" / "identity" / "rules.py"
ROLES = {*USER_ROLES, *PARTY_ROLES}
STORIES = {"demo", "bench", "migrations"}
"""Folders that tell of certain companies and people, with their roles, or of the past."""


def roles_spelt(source: str) -> list[tuple[int, list[str]]]:
    """Lines at which two roles or more are written one after the other, in a group or in a question for roles."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.expr] = []
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            parts = node.elts
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in {
            "require",
            "has",
        }:
            parts = node.args
        names = [each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if len(names) > 1 and set(names) <= ROLES:
            found.append((node.lineno, names))
    return found


def test_groups_of_roles_are_spelt_in_one_place() -> None:
    files = [path for path in (ROOT / "backend").rglob("*.py") if not STORIES & set(path.parts)]
    assert NAMED_IN in files
    assert roles_spelt(NAMED_IN.read_text("utf-8"))
    for path in files:
        if path != NAMED_IN:
            found = roles_spelt(path.read_text("utf-8"))
            assert not found, f"{path.relative_to(ROOT)} spells a group of roles that identity/rules.py could name"


@pytest.mark.parametrize(
    "source",
    [
        'require("brand", "auditor")',
        'who.has("dealer", "store")',
        'party.roles & {"brand", "producer"}',
        'ALLOWED = ("warehouse", *MORE, "store")',
        'Role = Literal["brand", "producer"]',
    ],
)
def test_a_group_spelt_by_hand_is_found(source: str) -> None:
    assert roles_spelt(source)


@pytest.mark.parametrize("source", ['require("brand")', "require(*READERS)", 'Columns("dealer", "kind")'])
def test_one_role_and_a_name_are_no_group(source: str) -> None:
    assert not roles_spelt(source)
