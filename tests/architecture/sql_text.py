"""What a file's SQL text reads and writes: names of tables in strings, which no import shows."""

import ast
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules

from backend.db import tables
from backend.db.base import metadata

_HOLE = "\0"  # what an f-string, `%` or `format` fills in
_FILLED_IN = re.compile(r"%\(?\w*\)?s|\{\w*\}")
_NAME = rf"'?\"?(?:(?P<schema>[\w{_HOLE}]+)\"?\.)?\"?(?P<name>[\w{_HOLE}]+)"
_NAMED = re.compile(
    r"\b(?:from|join|into|update|truncate(?:\s+table)?|table|references|using|pg_get_serial_sequence\(|nextval\(|setval\()"
    rf"\s*(?:(?:if (?:not )?exists|only|lateral)\s+)*{_NAME}",
    re.IGNORECASE,
)
_FURTHER = re.compile(rf"\"?\s*(?:as\s+)?\w*\s*,\s*{_NAME}", re.IGNORECASE)
_SQL = re.compile(
    r"\b(?:select|insert|update|delete|lock|truncate|alter|create|drop|copy|with|nextval|setval)\b"
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
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [text for node, text in _strings(tree) if id(node) not in documentation]
    found = {name for text in strings for name in _named(text)}
    if _HOLE in found:
        found |= set(strings)
    return (found | {name for node in ast.walk(tree) for name in _light(node)}) & set(known)


def _light(node: ast.AST) -> Iterator[str]:
    """`table("name")`, `metadata.tables["name"]` and their like."""
    match node:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            if called in _LIGHT:
                yield name
        case ast.Subscript(value=ast.Attribute(attr="tables"), slice=ast.Constant(value=str(name))):
            yield name


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
            return _FILLED_IN.sub(_HOLE, text)
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or _HOLE for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _text(left), _text(right)
            return None if one is None and other is None else (one or _HOLE) + (other or _HOLE)
    return None


def _named(text: str) -> Iterator[str]:
    """Names in the places of tables, `_HOLE` for one that is filled in; of `from a, b` both."""
    if not _SQL.search(text):
        return
    for found in _NAMED.finditer(text):
        following: re.Match[str] | None = found
        while following:
            if following["schema"] in (None, "public", _HOLE):
                yield _HOLE if _HOLE in following["name"] else following["name"].lower()
            following = _FURTHER.match(text, following.end())
