"""Finding the anvil program."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from ledger_indexer.node.errors import AnvilMissing

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def find_anvil() -> Path:
    """The anvil program: `JIULIAN_ANVIL`, or the one npm installed above this folder or this package.

    The native program is taken rather than npm's wrapper script around it, so that killing our child kills anvil.
    One from PATH is not taken: another version may give other block hashes. Raises AnvilMissing.
    """
    named = os.environ.get("JIULIAN_ANVIL")
    if named:
        if not Path(named).is_file():
            raise AnvilMissing(f"JIULIAN_ANVIL names {named}, which is no file")
        return Path(named)
    for candidate in _candidates():
        if candidate.is_file():
            return candidate
    raise AnvilMissing("anvil is not installed: run `npm ci` in the project folder, or set JIULIAN_ANVIL")


def _candidates() -> Iterator[Path]:
    machine = _MACHINES.get(platform.machine().lower(), "amd64")
    native = Path("@foundry-rs", f"anvil-{platform.system().lower()}-{machine}", "bin", "anvil")
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            yield folder / "node_modules" / native
            yield folder / "node_modules" / ".bin" / "anvil"
