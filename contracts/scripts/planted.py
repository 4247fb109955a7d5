"""Plants faults one at a time into a copy of the contracts and asks the proofs and tests to find them."""

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = Path("tests/contract")
PROOFS = "Proofs"


class FaultNotPlanted(Exception):
    """The text that a fault replaces does not stand exactly once in its file."""

    def __init__(self, name: str, found: int) -> None:
        super().__init__(f"{name}: the text to replace stands {found} times")


@dataclass(frozen=True)
class Fault:
    """One change to one file, and the contracts of tests or proofs that must fail because of it."""

    name: str
    file: Path
    old: str
    new: str
    found_by: tuple[str, ...]


def faults() -> list[Fault]:
    """All faults of faults.toml."""
    listed = tomllib.loads((ROOT / "contracts/scripts/faults.toml").read_text())["fault"]
    return [Fault(one["name"], Path(one["file"]), one["old"], one["new"], tuple(one["found_by"])) for one in listed]


def keccak_library(root: Path) -> None:
    """Write the RFC 6962 library of `root` with keccak256 in the place of sha256, for the proofs about it.

    Of keccak256 alone halmos assumes that no two inputs meet; the proofs need nothing else of a hash.
    """
    source = (root / "contracts/lib/Rfc6962.sol").read_text()
    target = root / "build/halmos/Rfc6962.sol"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source.replace("sha256(", "keccak256("))


def not_found(fault: Fault, workshop: Path, holds: Callable[[Path, str], bool]) -> list[str]:
    """Names of those that should have found the fault and did not; FaultNotPlanted when the sources have changed.

    `holds(root, contract)` runs one contract of tests or proofs in `root` and tells whether it found nothing wrong.
    """
    return [contract for contract in fault.found_by if holds(_copy(fault, contract, workshop), contract)]


def _copy(fault: Fault, contract: str, workshop: Path) -> Path:
    """A project with the fault, and of tests or proofs only the file that holds `contract`, to compile no more."""
    shutil.rmtree(workshop, ignore_errors=True)
    shutil.copytree(ROOT / "contracts", workshop / "contracts", ignore=shutil.ignore_patterns("__pycache__"))
    # A fault may leave a name unused; that warning is no proof's work.
    (workshop / "foundry.toml").write_text((ROOT / "foundry.toml").read_text().replace('deny = "warnings"\n', ""))
    (workshop / "node_modules").symlink_to(ROOT / "node_modules")
    wanted = next(path for path in _tests() if f"contract {contract} " in path.read_text())
    for path in [wanted, *(path for path in (ROOT / TESTS).rglob("*.sol") if not path.name.endswith(".t.sol"))]:
        target = workshop / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    source = workshop / fault.file
    text = source.read_text()
    if text.count(fault.old) != 1:
        raise FaultNotPlanted(fault.name, text.count(fault.old))
    source.write_text(text.replace(fault.old, fault.new))
    keccak_library(workshop)
    return workshop


def _tests() -> list[Path]:
    return sorted((ROOT / TESTS).rglob("*.t.sol"))
