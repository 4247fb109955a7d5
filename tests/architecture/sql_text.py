"""What a file's SQL text reads and writes: names of tables in strings, which no import shows."""

import ast
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules

from backend.db import tables
from backend.db.base import metadata
from tests.architecture.sql_words import HOLE, Named, tables_in

_FILLED_IN = re.compile(r"%\(?\w*\)?s|\{\w*\}")
_SQL = re.compile(
    r"\b(?:select|insert|update|delete|lock|truncate|alter|create|drop|copy|with|nextval|setval|grant|revoke|regclass)\b"
    r"|\b(?:merge\s+into|analyze|vacuum|comment\s+on|refresh\s+materialized)\b"
    r"|^\s*(?:from|(?:left |right |full |inner |cross )?join)\b",
    re.IGNORECASE,
)
_LIGHT = ("table", "Table", "Sequence", "nextval")  # need no import of the table that they read


def owners() -> dict[str, str]:
    """The room that writes each table, and its sequences, by name."""
    found: dict[str, str] = {}
    for each in iter_modules(tables.__path__):
        mine = {id(value) for value in vars(import_module(f"{tables.__name__}.{each.name}")).values()}
        for table in metadata.tables.values():
            if id(table) in mine:
                found[table.name] = each.name
                found |= {f"{table.name}_{column.name}_seq": each.name for column in table.columns if column.identity}
    assert set(metadata.tables) <= set(found)
    return found


def tables_named(source: str, known: Iterable[str]) -> set[str]:
    """Those of the known tables that the strings of Python source name where SQL names a table.

    A schema other than `public` is the mirror's or that of a moment, and nobody's here. Where the name itself is filled
    in (`from {table}`), every string of the file that is a table's name and nothing more counts.
    """
    tree = ast.parse(source)
    strings = texts_of(tree)
    named = [each for text in strings for each in sql_named(text)]
    found = {each.name for each in named if each.schema in ("", "public") or HOLE in each.schema}
    if HOLE in found:
        found |= set(strings)
    light = {*_LIGHT, *_called(tree, "sqlalchemy", _LIGHT)}
    packages = {"tables", *_called(tree, "backend.db", ("tables",))}
    return (found | {name for node in ast.walk(tree) for name in _light(node, light, packages)}) & set(known)


def mirror_written(source: str) -> set[str]:
    """Tables of the mirror, of any of its names, that the strings of Python source write."""
    named = [each for text in texts_of(ast.parse(source)) for each in sql_named(text)]
    return {each.name for each in named if each.written and each.schema.startswith("mirror")}


def texts_of(tree: ast.AST) -> list[str]:
    """Strings of a file, with those that it puts together as one; what documents it is none of them."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [text for node, text in _strings(tree) if id(node) not in documentation]


def sql_named(text: str) -> list[Named]:
    """What a text names where SQL names tables; nothing where it is no SQL."""
    return list(tables_in(text)) if _SQL.search(text) else []


def _called(tree: ast.AST, module: str, names: Iterable[str]) -> set[str]:
    """What a file calls some names of a module."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    taken = [each for node in imports if (node.module or "").startswith(module) for each in node.names]
    return {each.asname for each in taken if each.asname and each.name in names}


def _light(node: ast.AST, light: set[str], packages: set[str]) -> Iterator[str]:
    """`table("name")`, `metadata.tables["name"]`, `tables.room.name` and their like."""
    match node:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            if called in light or _is_tables(node.func):
                yield name
        case ast.Subscript(value=ast.Attribute(attr="tables"), slice=ast.Constant(value=str(name))):
            yield name
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=package) | ast.Attribute(attr=package)), attr=name):
            if package in packages:
                yield name


def _is_tables(called: ast.expr) -> bool:
    """Whether something is asked of `metadata.tables`, as `metadata.tables.get` is."""
    return (
        isinstance(called, ast.Attribute) and isinstance(called.value, ast.Attribute) and called.value.attr == "tables"
    )


def _strings(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Strings, with what an f-string or `+` puts together as one."""
    whole = _text(node)
    if whole is not None:
        yield node, whole
    for child in ast.iter_child_nodes(node):
        if whole is None or _text(child) is None:
            yield from _strings(child)


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return _FILLED_IN.sub(HOLE, text)
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or HOLE for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _text(left), _text(right)
            return None if one is None and other is None else (one or HOLE) + (other or HOLE)
    return None
