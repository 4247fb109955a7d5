"""Import contracts that go by the names of files, so that `rules_x.py` is held to what `rules.py` is held to."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.domain.imports import ModuleExpression

from backend.capabilities import CAPABILITIES

ROOT = Path(__file__).resolve().parents[2]
ROOMS = frozenset(each.name for each in CAPABILITIES)
_PURE = re.compile(r"\bPure\b[.;]")


def says_pure(module: str) -> bool:
    """Whether a module's docstring promises that it is pure."""
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path.is_file() and bool(_PURE.search(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""))


def room_of(module: str) -> tuple[str, str]:
    """Room of the backend and file of a module; two empty texts for what is in no room."""
    parts = module.split(".")
    return (parts[1], parts[2]) if len(parts) > 2 and parts[0] == "backend" and parts[1] in ROOMS else ("", "")


def _fits(name: str, patterns: object) -> bool:
    return any(fnmatchcase(name, each) for each in str(patterns).replace("|", " ").split())


class ForbiddenByName(ForbiddenContract):
    """`forbidden`, for the files of rooms whose names fit `files`, or for all `but` some.

    With `pure`, for whatever module of the backend says of itself that it is pure, too. `*` stands for any letters.
    """

    type_name = "forbidden_by_name"

    source_modules = fields.SetField(subfield=fields.ModuleExpressionField(), required=False)
    files = fields.StringField(required=False)
    but = fields.StringField(required=False)
    pure = fields.BooleanField(required=False, default=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """The check of `forbidden`, with the modules that are meant filled in."""
        given: Any = self.source_modules or set()
        sources: Any = given | {ModuleExpression(each) for each in graph.modules if self._is_meant(each)}
        self.source_modules = sources
        return super().check(graph, verbose)

    def _is_meant(self, module: str) -> bool:
        room, file = room_of(module)
        if not room:
            return bool(self.pure) and module.startswith("backend.") and says_pure(module)
        if self.files and _fits(file, self.files):
            return True
        return (bool(self.but) and not _fits(file, self.but)) or (bool(self.pure) and says_pure(module))


class OwnStores(Contract):
    """Rooms are entered by their services and rules: `backend.<room>.store…` is imported in its room alone.

    `but` are modules outside that may, as patterns.
    """

    type_name = "own_stores"

    but = fields.StringField(required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """All direct imports of stores by modules outside their rooms."""
        breaches = []
        for module in graph.modules:
            room, file = room_of(module)
            for importer in graph.find_modules_that_directly_import(module) if file.startswith("store") else ():
                if importer.split(".")[:2] != ["backend", room] and not (self.but and _fits(importer, self.but)):
                    breaches.append((importer, module))
        return ContractCheck(kept=not breaches, metadata={"breaches": sorted(breaches)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a breach."""
        for importer, module in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {module}: ask that room's service", bold=False)


class Floors(Contract):
    """Every room has the same floors, from the top down: patterns of files, and `(service)` for all that fit none.

    A file imports within its room only from its own floor and those below. What says of itself that it is pure may be
    imported by every floor; what it may import itself is the contract of pure modules.
    """

    type_name = "floors_of_rooms"

    floors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """All direct imports that go up within a room."""
        breaches = [
            (module, imported)
            for module in graph.modules
            if room_of(module)[0] and not self._is_free(module)
            for imported in self._beside(graph, module)
            if not self._is_free(imported) and self._floor(imported) < self._floor(module)
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": sorted(breaches)})

    @staticmethod
    def _beside(graph: ImportGraph, module: str) -> Iterator[str]:
        room, file = room_of(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if room_of(imported)[0] == room and room_of(imported)[1] != file:
                yield imported

    def _floor(self, module: str) -> int:
        """Number of a module's floor, counted from the top."""
        floors: Any = self.floors
        named = [number for number, floor in enumerate(floors) if _fits(room_of(module)[1], floor)]
        return named[0] if named else floors.index("(service)")

    def _is_free(self, module: str) -> bool:
        floors: Any = self.floors
        return self._floor(module) == floors.index("(service)") and says_pure(module)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a breach."""
        for importer, module in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {module}, which is on a floor above it", bold=False)
