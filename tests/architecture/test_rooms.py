"""How rooms of the backend are entered, and where SQL is written: what the import contracts cannot see."""

import ast
from pathlib import Path

import pytest

from backend.capabilities import CAPABILITIES

BACKEND = Path(__file__).resolve().parents[2] / "backend"
ROOMS = {each.name for each in CAPABILITIES}
FILES = sorted(path for room in ROOMS for path in (BACKEND / room).rglob("*.py"))
MAY_BE_IMPORTED = {"Session", "sessionmaker", "Connection", "Engine", "Select", "sqlalchemy.exc"}
"""What a file that is no store holds of the database: it hands sessions and queries of stores on, knows errors."""


def handed_on(source: str) -> set[str]:
    """Stores that a file hands on as a whole, by another name, or reaches for through another module."""
    tree, found = ast.parse(source), set()
    imported = {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("backend.")
        for each in node.names
        if each.name.islower()
    }
    for node in ast.walk(tree):
        match node:
            case ast.Assign(value=ast.Name(id=name)) | ast.AnnAssign(value=ast.Name(id=name)) if _is_store(name):
                found.add(name)
            case ast.ImportFrom(names=names):
                found |= {each.name for each in names if each.asname and _is_store(each.name)}
            case ast.Attribute(value=ast.Name(id=module), attr=name) if _is_store(name) and module in imported:
                found.add(name)
    return found


def _is_store(name: str) -> bool:
    return name == "store" or name.startswith("store_")


def sql_imported(source: str) -> set[str]:
    """What a file imports of sqlalchemy beside sessions and errors."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names if each.name.split(".")[0] == "sqlalchemy"}
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            found |= {node.module} if node.module == "sqlalchemy.exc" else {each.name for each in node.names}
    return {each for each in found if each} - MAY_BE_IMPORTED


def test_no_room_hands_its_store_on() -> None:
    others = [path for path in FILES if not path.name.startswith("store")]
    found = {str(path): names for path in others if (names := handed_on(path.read_text(encoding="utf-8")))}
    assert not found, "name each function that others may call"


def test_sql_is_written_in_stores() -> None:
    others = [path for path in FILES if not path.name.startswith("store")]
    found = {str(path): names for path in others if (names := sql_imported(path.read_text(encoding="utf-8")))}
    assert len(others) > 150
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "from backend.custody import store_stock\nstock = store_stock",
        "from backend.custody import store_stock as stock",
        "from backend.custody import service as custody\ncustody.store_stock.sums(session)",
    ],
)
def test_a_store_that_is_handed_on_is_found(source: str) -> None:
    assert handed_on(source) == {"store_stock"}


def test_a_service_that_names_what_others_may_call_hands_no_store_on() -> None:
    assert not handed_on("from backend.custody import store_stock\nsum_stock = store_stock.sums")


def test_sql_in_a_service_is_found() -> None:
    assert sql_imported("from sqlalchemy import select\nfrom sqlalchemy.orm import Session") == {"select"}
    assert sql_imported("import sqlalchemy as sa") == {"sqlalchemy"}
    assert not sql_imported("from sqlalchemy.exc import DBAPIError\nfrom sqlalchemy import Connection")
