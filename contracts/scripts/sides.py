"""Gives every decision of the contracts two visible sides, in a copy of the project, for `forge coverage`.

forge counts, of an `if` without `else`, only the side that is taken, of `a ? b : c` nothing, and of an `if` around
others it may take one of those for it. In the copy each decision stands once more, alone on a line before its
statement: an `if` with an `else`, each of which writes to scratch memory, which nobody reads. Conditions change
nothing, so that the contracts do what they did; only these lines are counted.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BODIES = ("trueBody", "falseBody")


class NotParsed(Exception):
    """The compiler cannot read a source, or a decision stands where no statement can be put before it."""


@dataclass(frozen=True)
class Decision:
    """Where a decision stands once more in the copy, and in which line of the original."""

    file: str
    line: int
    original: int


def copy_with_both_sides(root: Path, workshop: Path) -> list[Decision]:
    """Copy the project's contracts and forge tests, with every decision once more."""
    shutil.rmtree(workshop, ignore_errors=True)
    shutil.copytree(root / "contracts", workshop / "contracts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "tests/contract/forge", workshop / "tests/contract/forge")
    shutil.copy(root / "foundry.toml", workshop)
    (workshop / "node_modules").symlink_to(root / "node_modules")
    sources = {path: path.read_bytes() for path in sorted((workshop / "contracts").rglob("*.sol"))}
    made: list[Decision] = []
    for path, tree in _trees(root, sources).items():
        text = sources[path]
        insertions = sorted(_insertions(text, tree, []), key=lambda one: one[0])
        path.write_bytes(_rewritten(text, insertions))
        made += _decisions(path.relative_to(workshop), text, insertions)
    return made


def _trees(root: Path, sources: dict[Path, bytes]) -> dict[Path, dict[str, Any]]:
    """What the pinned compiler reads in each source, without resolving imports."""
    asked = {
        "language": "Solidity",
        "sources": {str(path): {"content": text.decode()} for path, text in sources.items()},
        "settings": {"stopAfter": "parsing", "outputSelection": {"*": {"": ["ast"]}}},
    }
    solc = root / "contracts/scripts/solc"
    ran = subprocess.run([solc], input=json.dumps(asked), capture_output=True, text=True, check=True, cwd=root)
    found = json.loads(ran.stdout)
    if any(error["severity"] == "error" for error in found.get("errors", [])):
        raise NotParsed(ran.stdout[:2000])
    return {path: found["sources"][str(path)]["ast"] for path in sources}


def _rewritten(source: bytes, insertions: list[tuple[int, str]]) -> bytes:
    """The source with what is inserted at each place; of one place what stands outside comes first."""
    parts, at = [], 0
    for place, text in insertions:
        parts += [source[at:place], text.encode()]
        at = place
    return b"".join([*parts, source[at:]])


def _decisions(file: Path, source: bytes, insertions: list[tuple[int, str]]) -> Iterator[Decision]:
    """Each insertion with line breaks is a decision; the second line of it is the one."""
    added = 0
    for place, text in insertions:
        original = source.count(b"\n", 0, place) + 1
        if "\n" in text:
            yield Decision(file.as_posix(), original + added + 1, original)
        added += text.count("\n")


def _insertions(source: bytes, node: Any, above: list[tuple[str, Any]]) -> Iterator[tuple[int, str]]:
    if isinstance(node, list):
        for one in node:
            yield from _insertions(source, one, above)
    if not isinstance(node, dict):
        return
    if node.get("nodeType") in {"IfStatement", "Conditional"}:
        statement, alone = _statement([*above, ("", node)])
        start, end = _range(node["condition"])
        condition = " ".join(source[start:end].decode().split())
        check = f"\nif ({condition}) {_mark(start)} else {_mark(end)}\n"
        yield _range(statement)[0], "{ " + check if alone else check
        if alone:
            yield _end(source, statement), " }"
    for name, child in node.items():
        if isinstance(child, dict | list):
            yield from _insertions(source, child, [*above, (name, node)])


def _mark(place: int) -> str:
    """A side of its own for each place: the compiler may lay equal code together."""
    return f'{{ assembly ("memory-safe") {{ mstore(0, add(mload(0), {place})) }} }}'


def _statement(path: list[tuple[str, Any]]) -> tuple[dict[str, Any], bool]:
    """The statement around the last of a path, and whether it is a body without braces."""
    for at in range(len(path) - 1, 0, -1):
        name, parent = path[at - 1]
        if name == "statements":
            return path[at][1], False
        if name in _BODIES and parent["nodeType"] == "IfStatement" and path[at][1]["nodeType"] != "Block":
            return path[at][1], True
    raise NotParsed("a decision outside of any statement")


def _range(node: dict[str, Any]) -> tuple[int, int]:
    start, length, _ = map(int, node["src"].split(":"))
    return start, start + length


def _end(source: bytes, statement: dict[str, Any]) -> int:
    """Where a statement ends, with its semicolon."""
    kind = statement["nodeType"]
    if kind == "IfStatement":
        return _end(source, statement.get("falseBody") or statement["trueBody"])
    if kind in {"ForStatement", "WhileStatement"}:
        return _end(source, statement["body"])
    end = _range(statement)[1]
    return end if kind == "Block" else source.index(b";", end - 1) + 1
