"""The import contract of tables says no where it should."""

import grimp
import pytest

from tests.architecture.import_contracts import OwnTables


def _check(importer: str, imported: str) -> list[tuple[str, str]]:
    graph = grimp.ImportGraph()
    for name in ("backend.db.tables", "backend.db.tables.orders"):
        graph.add_module(name)
    graph.add_module(importer)
    graph.add_import(importer=importer, imported=imported)
    contract = OwnTables("own tables", session_options={}, contract_options={})
    return list(contract.check(graph, verbose=False).metadata["breaches"])


@pytest.mark.parametrize(
    "importer", ["backend.stock.store", "backend.stock.store_other", "backend.demo.totals", "backend.app"]
)
def test_nobody_but_the_owner_imports_a_table(importer: str) -> None:
    assert _check(importer, "backend.db.tables.orders") == [(importer, "backend.db.tables.orders")]


@pytest.mark.parametrize(
    "importer", ["backend.orders.store", "backend.orders.store_promises", "backend.db.views.orders"]
)
def test_the_owner_and_the_read_views_do(importer: str) -> None:
    assert _check(importer, "backend.db.tables.orders") == []
