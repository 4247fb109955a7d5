"""The import contracts of ours say no where they should, of files too that nobody has written yet."""

import tomllib
from importlib import import_module

import grimp
import pytest
from importlinter import Contract, configuration

from tests.architecture.import_contracts import OwnTables
from tests.architecture.room_contracts import ROOT, says_pure

configuration.configure()
_SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
_TYPES = {"forbidden": "importlinter.contracts.forbidden.ForbiddenContract"} | dict(
    each.split(": ") for each in _SETTINGS["contract_types"]
)


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


def _keeps(name: str, importer: str, imported: str, source: str | None = None) -> bool:
    """Whether the contract whose name begins so, as `pyproject.toml` has it, allows one import."""
    (options,) = [each for each in _SETTINGS["contracts"] if each["name"].startswith(name)]
    module, _, kind = _TYPES[options["type"]].rpartition(".")
    contract_type: type[Contract] = getattr(import_module(module), kind)
    graph = grimp.ImportGraph()
    for package in (
        "backend",
        "scanner",
        "scanner.gs1",
        "scanner.epcis",
        "scanner.evidence",
        "backend.clock",
        "backend.settings",
    ):
        graph.add_module(package)
    for each in {*options.get("forbidden_modules", ()), importer, imported} - graph.modules:
        graph.add_module(each, is_squashed=not each.startswith(("backend", "ledger_indexer")))
    graph.add_import(importer=importer, imported=imported)
    left_out = ("name", "type", "ignore_imports")
    rest = {key: str(value) if value is True else value for key, value in options.items() if key not in left_out}
    session = {"root_packages": ["backend", "scanner", "ledger_indexer"], "include_external_packages": "True"}
    return contract_type("a contract", session_options=session, contract_options=rest).check(graph, verbose=False).kept


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        ("rules are pure", "backend.orders.rules_of_tomorrow", "sqlalchemy"),
        ("rules are pure", "backend.orders.rules", "backend.clock"),
        ("rules are pure", "backend.units.told", "sqlalchemy"),
        ("rules are pure", "backend.units.rules_answering", "backend.db"),
        ("rules are pure", "backend.money", "pydantic"),
        ("SQL is written in stores", "backend.orders.pages_of_tomorrow", "sqlalchemy"),
        ("SQL is written in stores", "backend.orders.tomorrow_api", "sqlalchemy"),
        ("SQL is written in stores", "backend.identity.keys_pages", "sqlalchemy"),
        ("only the edge", "backend.orders.store_of_tomorrow", "fastapi"),
        ("only the edge", "backend.orders.tomorrow", "starlette"),
        ("only the edge", "backend.anchoring.jobs", "fastapi"),
        ("rooms are entered", "backend.custody.trail", "backend.units.store_steps"),
        ("rooms are entered", "backend.custody.store", "backend.units.store"),
        ("rooms are entered", "backend.cli.people", "backend.identity.store_accounts"),
        ("every capability has the same floors", "backend.orders.store_of_tomorrow", "backend.orders.service"),
        ("every capability has the same floors", "backend.orders.rules_of_tomorrow", "backend.orders.store"),
        ("every capability has the same floors", "backend.orders.tomorrow", "backend.orders.tomorrow_pages"),
        ("every capability has the same floors", "backend.orders.store", "backend.orders.tomorrow"),
        ("the indexer alone writes", "backend.orders.service", "ledger_indexer.rows.tables"),
        ("the indexer alone writes", "backend.orders.store", "ledger_indexer.mirror.store"),
    ],
)
def test_a_file_is_held_to_what_its_name_promises(contract: str, importer: str, imported: str) -> None:
    assert not _keeps(contract, importer, imported)


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        ("rules are pure", "backend.orders.store", "sqlalchemy"),
        ("rules are pure", "backend.orders.rules_of_tomorrow", "backend.orders.rules"),
        ("SQL is written in stores", "backend.orders.service", "sqlalchemy"),
        ("only the edge", "backend.orders.pages_of_tomorrow", "fastapi"),
        ("rooms are entered", "backend.units.service", "backend.units.store_steps"),
        ("every capability has the same floors", "backend.orders.pages", "backend.orders.store"),
        ("every capability has the same floors", "backend.orders.schemas", "backend.orders.matching"),
        ("the indexer alone writes", "backend.orders.service", "ledger_indexer.mirror.queries"),
    ],
)
def test_what_is_below_may_be_imported(contract: str, importer: str, imported: str) -> None:
    assert _keeps(contract, importer, imported)


def test_a_module_is_pure_by_its_own_word() -> None:
    assert says_pure("backend.units.told")
    assert says_pure("backend.risk.features.view")
    assert not says_pure("backend.units.store")
    assert not says_pure("backend.orders.rules_of_tomorrow")
