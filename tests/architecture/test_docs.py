"""What the pages name is there: files, commands, targets of make, modules and what is in them."""

import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from pkgutil import walk_packages

import pytest
import typer

from backend.__main__ import _PARTS, build
from backend.capabilities import CAPABILITIES
from backend.db.base import metadata
from tests.architecture.sql_text import owners

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
_ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
EXAMPLES = frozenset({"notices", "NEXT"})
"""What docs/developing.md makes and the product does not have."""
_SPAN = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"[\w.*{},-]+(?:/[\w.*{},-]+)+\.(?:py|sol|js|mjs|css|html|md|csv|toml|po|json|txt)")
_COMMAND = re.compile(r"\bjiulian((?: [a-z][a-z-]*)+)")
_TARGET = re.compile(r"^make ([a-z][a-z-]*)")
_DOTTED = re.compile(r"[a-z_]\w*(?:\.\w+)+")
_PACKAGES = ("backend", "scanner", "ledger_indexer", "tests")


@cache
def files() -> frozenset[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return frozenset(filter(None, listed.stdout.decode().split("\0")))


def missing(page: str) -> Iterator[str]:
    """What a page names and nobody has."""
    spans = _SPAN.findall(_BLOCK.sub("", page))
    for each in spans:
        if any(word in each for word in EXAMPLES):
            continue
        if _FILE.fullmatch(each) and not any(_is_file(each, name) for name in files()):
            yield each
        if _DOTTED.fullmatch(each) and not _is_there(each):
            yield each
        yield from (f"jiulian{words}" for words in _COMMAND.findall(each) if not _is_command(words.split()))
        yield from (f"make {word}" for word in _TARGET.findall(each) if word not in _targets())


def _is_file(named: str, name: str) -> bool:
    either = re.search(r"\{([^}]*)\}", named)
    if either:
        return any(_is_file(named.replace(either[0], each), name) for each in either[1].split(","))
    return fnmatchcase(name, named) or fnmatchcase(name, f"*/{named}")


@cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@cache
def _command() -> object:
    return typer.main.get_command(build(list(_PARTS)))


def _is_command(words: list[str]) -> bool:
    """Whether words are commands, one below the other; what follows a command that has none below is its argument."""
    command = _command()
    for word in words:
        below = getattr(command, "commands", None)
        if below is None or getattr(command, "invoke_without_command", False):
            return True
        if word not in below:
            return False
        command = below[word]
    return True


def _is_there(dotted: str) -> bool:
    """Whether a module, or something in one, is there; names that begin with no package or room of ours are free."""
    first = dotted.split(".")[0]
    rooms = {each.name for each in CAPABILITIES} | {"bindings", "rows", "blocks", "fetching"}
    if first in _PACKAGES:
        return _resolves(dotted)
    if first not in rooms:
        return True
    room, _, rest = dotted.partition(".")
    meant = (
        f"backend.{dotted}",
        f"backend.{room}.service.{rest}",
        f"backend.db.views.{dotted}",
        f"ledger_indexer.{dotted}",
    )
    return any(map(_resolves, meant))


def _resolves(dotted: str) -> bool:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            spec = find_spec(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        if spec is None:
            continue
        value: object = import_module(".".join(parts[:length]))
        for name in parts[length:]:
            if not hasattr(value, name):
                return False
            value = getattr(value, name)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    assert sorted(set(missing(page.read_text(encoding="utf-8")))) == []


def _capabilities(page: str) -> dict[str, tuple[set[str], set[str]]]:
    """Of each room in ARCHITECTURE.md: its tables, and the names that others may call.

    A table is the first word of each item in its row, and what stands in brackets; what follows a `;` is prose.
    """
    rows = re.findall(r"^\| (\w+) \| (.+?) \| (.+) \|$", page, re.MULTILINE)
    rooms = {each.name for each in CAPABILITIES}
    found = {}
    for room, tables, calls in rows:
        if room in rooms:
            spans = [re.sub(r"\(.*?\)|->.*", " ", span) for span in _SPAN.findall(calls) if "/" not in span]
            words = {word.strip(".").split(".")[-1] for span in spans for word in span.split()}
            named = re.findall(r"(?:^|[,(]) *([a-z]\w*)", tables.partition(";")[0])
            found[room] = set(named), {word for word in words if word.isidentifier()}
    return found


def untrue_tables(page: str) -> dict[str, set[str]]:
    """Of rooms that a page has in its table: what it names and they do not write, and what it leaves out.

    A room that the page does not have yet is none of its business: a new capability need not stand there to be sound.
    """
    own = owners()
    written: dict[str, set[str]] = {}
    for name in own.keys() & metadata.tables.keys():
        written.setdefault(own[name], set()).add(name)
    told = {room: tables for room, (tables, _) in _capabilities(page).items()}
    return {room: wrong for room, tables in told.items() if (wrong := tables ^ written.get(room, set()))}


def test_every_table_stands_with_the_room_that_writes_it() -> None:
    assert len(_capabilities(_ARCHITECTURE)) > 12
    assert untrue_tables(_ARCHITECTURE) == {}


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("capture | capture, refused_capture, draft", {"draft"}),
        ("capture | capture", {"refused_capture"}),
        ("capture | capture, refused_capture with more (tree_level); kept for good", {"tree_level"}),
        ("stock | —", {"stock_observation"}),
    ],
)
def test_a_table_that_is_gone_or_left_out_is_found(row: str, wrong: set[str]) -> None:
    assert untrue_tables(f"| {row} | `submit` |") == {row.split()[0]: wrong}


def test_what_others_may_call_of_a_room_is_there() -> None:
    capabilities = _capabilities(_ARCHITECTURE)
    assert sum(len(calls) for _, calls in capabilities.values()) > 80
    for room, (_, calls) in capabilities.items():
        package = import_module(f"backend.{room}")
        modules = [import_module(each.name) for each in walk_packages(package.__path__, f"backend.{room}.")]
        there = {name for module in modules for name in (*vars(module), module.__name__.rpartition(".")[2])}
        methods = {
            name
            for module in modules
            for each in vars(module).values()
            if isinstance(each, type)
            for name in vars(each)
        }
        assert calls - there - methods == set(), room


_CALL = re.compile(r"(?<![\w.])(?:\w+\.)*([a-z_]\w*)\(([\w, *=…]*)\)")


def strange_arguments(room: str, calls: str) -> Iterator[str]:
    """Calls that a page writes out with a name for an argument that no function of the room calls so."""
    package = import_module(f"backend.{room}")
    modules = [import_module(each.name) for each in walk_packages(package.__path__, f"backend.{room}.")]
    for name, written in _CALL.findall(" ".join(_SPAN.findall(calls))):
        named = {each.partition("=")[0].strip(" *") for each in written.split(",")} - {"", "…"}
        functions = [vars(each)[name] for each in modules if callable(vars(each).get(name))]
        known = [set(signature(each).parameters) for each in functions]
        if known and not any(named <= each for each in known):
            yield f"{name}({written})"


def test_what_others_may_call_is_called_with_what_it_takes() -> None:
    rows = re.findall(r"^\| (\w+) \| .+? \| (.+) \|$", _ARCHITECTURE, re.MULTILINE)
    rooms = {each.name for each in CAPABILITIES}
    assert [each for room, calls in rows if room in rooms for each in strange_arguments(room, calls)] == []


def test_an_argument_of_another_name_is_found() -> None:
    assert list(strange_arguments("cases", "`decide(alert, said, by)`")) == ["decide(alert, said, by)"]
    assert not list(strange_arguments("cases", "`service.decide(alert_id, judgement, by)`, `unknown(x)`"))


def test_the_pages_name_much() -> None:
    spans = [span for page in PAGES for span in _SPAN.findall(page.read_text(encoding="utf-8"))]
    assert sum(bool(_FILE.fullmatch(each)) for each in spans) > 50
    assert sum(bool(_COMMAND.search(each)) for each in spans) > 30


@pytest.mark.parametrize(
    "named",
    [
        "backend/orders/nowhere.py",
        "jiulian nothing",
        "jiulian units nothing",
        "make nothing",
        "backend.orders.nowhere",
        "backend.orders.service.nothing",
        "anchoring.lanes.nothing",
    ],
)
def test_what_is_not_there_is_found(named: str) -> None:
    assert list(missing(f"See `{named}`."))


@pytest.mark.parametrize(
    "named",
    [
        "backend/orders/service.py",
        "orders/store*.py",
        "jiulian units check",
        "jiulian verify file",
        "make unit",
        "anchoring.lanes.share_out",
        "a.b",
    ],
)
def test_what_is_there_is_let_be(named: str) -> None:
    assert not list(missing(f"See `{named}`."))
