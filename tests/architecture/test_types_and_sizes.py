"""What the house keeps of its own habits: values have types, and a file holds one idea."""

import io
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ANY_MOST = {"backend": 17, "scanner": 0, "ledger_indexer": 9}
"""How often the word `Any` may stand in the code of a package, imports counted. It only falls."""

LINES_MOST = 300
WRITTEN = ("backend", "scanner", "ledger_indexer", "contracts")
KINDS = (".py", ".js", ".mjs", ".css", ".html", ".sol")
LONG_FILES = {
    "contracts/BatchLedger.sol": "one contract is one file, what it asks of a capture is audited together",
}
"""Files of the product that are longer, each with its one idea. Tests may be as long as a story."""
COPIED = ("vendor", "migrations", "deployments", "node_modules", "__pycache__")
"""Folders whose files others wrote, or that are history."""


def _files(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def _words(path: Path) -> list[str]:
    """Names in a file's code; comments and docstrings are no code."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return [token.string for token in tokens if token.type == tokenize.NAME]


@pytest.mark.parametrize("package", sorted(ANY_MOST))
def test_a_value_has_a_type(package: str) -> None:
    found = {str(path.relative_to(ROOT)): _words(path).count("Any") for path in _files(package)}
    assert sum(found.values()) <= ANY_MOST[package], {name: count for name, count in found.items() if count}


def test_a_file_holds_one_idea() -> None:
    files = (path for package in WRITTEN for path in (ROOT / package).rglob("*") if path.suffix in KINDS)
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
        if not set(COPIED) & set(path.parts)
    }
    assert {Path(name).suffix for name in lengths} == {*KINDS} - {".mjs"}
    assert len(lengths) > 500
    long = {name: length for name, length in lengths.items() if length > LINES_MOST}
    assert set(long) == set(LONG_FILES), long
