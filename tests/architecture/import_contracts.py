"""Import contracts of ours, beside those of import-linter; `pyproject.toml` names them."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output
from importlinter.contracts.layers import Layer, LayersContract, ModuleTail

from backend.capabilities import CAPABILITIES

TABLES = "backend.db.tables"


class Groups(LayersContract):
    """Layers in which `@ground`, `@ledger` … stand for the capabilities that say they are of that group.

    Inside a group imports are free here; another contract keeps them from going in circles.
    """

    type_name = "groups_of_capabilities"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """The check of layers, with the groups filled in."""
        layers: Any = self.layers
        self.layers = [self._filled(layer) for layer in layers]
        return super().check(graph, verbose)

    def _filled(self, layer: Layer) -> Layer:
        names = {tail.name for tail in layer.module_tails}
        groups = {name.removeprefix("@") for name in names if name.startswith("@")}
        if not groups:
            return layer
        return Layer({ModuleTail(each.name) for each in CAPABILITIES if each.group in groups}, is_independent=False)


class OwnTables(Contract):
    """`backend.<room>.…` may import `backend.db.tables.<room>` and no other module there.

    What others may read are the columns that `backend.db.views` names. `backend.db` itself is free.
    """

    type_name = "own_tables"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """All direct imports of tables by rooms that do not own them."""
        breaches = []
        for module in graph.find_descendants(TABLES):
            owner = module.removeprefix(TABLES + ".")
            for importer in graph.find_modules_that_directly_import(module):
                room = importer.split(".")[1]
                if room not in ("db", owner):
                    breaches.append((importer, module))
        return ContractCheck(kept=not breaches, metadata={"breaches": sorted(breaches)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a breach."""
        for importer, module in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {module}: read it through backend.db.views", bold=False)
