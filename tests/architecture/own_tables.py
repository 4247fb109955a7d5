"""An import contract of ours: a store imports only its own capability's tables."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output

TABLES = "backend.db.tables"


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
                if room != "db" and room != owner:
                    breaches.append((importer, module))
        return ContractCheck(kept=not breaches, metadata={"breaches": sorted(breaches)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a breach."""
        for importer, module in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {module}: read it through backend.db.views", bold=False)
