"""The console command loads what it is asked for, and no more."""

import subprocess
import sys

import pytest

from backend.__main__ import _PARTS

ASK = "import sys\n{what}\nprint(*sys.modules, file=sys.stderr)"


def _loaded(what: str) -> tuple[str, set[str]]:
    """What it prints, and the modules that are loaded then."""
    done = subprocess.run([sys.executable, "-c", ASK.format(what=what)], capture_output=True, text=True, check=True)
    return done.stdout, set(done.stderr.split())


def test_help_names_every_part_and_loads_none() -> None:
    said, loaded = _loaded(
        "from backend.__main__ import main\n"
        "sys.argv[1:] = ['--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0"
    )
    for part in _PARTS:
        assert f" {part} " in said
    assert loaded & {module for module, _ in _PARTS.values()} == set()
    assert loaded & {"fastapi", "numpy"} == set()


@pytest.mark.slow
@pytest.mark.parametrize("library", ["sklearn", "eth_account", "fpdf", "web3"])
def test_the_worker_starts_without_what_it_may_never_need(library: str, worker: set[str]) -> None:
    assert "backend.capabilities" in worker
    assert library not in worker


@pytest.fixture(scope="module")
def worker() -> set[str]:
    """Modules that are loaded when the worker has started."""
    return _loaded("import backend.cli.work")[1]
