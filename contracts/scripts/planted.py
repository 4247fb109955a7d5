"""Plants faults into a copy of the contracts and asks the proofs and tests to find them.

Tests get all faults at once, each behind a switch that an environment variable turns on, and compile them once. Proofs
hold for all states, so that there is no environment to ask: they get a copy with one fault, compiled for each.
"""

import shutil
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = Path("tests/contract")
PROOFS = "Proofs"
VARIABLE = "JIULIAN_FAULT"
_MARK = "FAULT"
_PRAGMA = "pragma solidity ^0.8.28;\n"
_SWITCH = f"""// SPDX-License-Identifier: Apache-2.0
{_PRAGMA}
interface Environment {{
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
}}

/// Asks at forge's address for what tests may know of their surroundings; "pure", since what it stands in may be so.
library Switch {{
    function isOn(uint256 fault) internal pure returns (bool) {{
        function(uint256) internal view returns (bool) asking = _isOn;
        function(uint256) internal pure returns (bool) asked;
        assembly {{
            asked := asking
        }}
        return asked(fault);
    }}

    function _isOn(uint256 fault) private view returns (bool) {{
        return Environment(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D).envOr("{VARIABLE}", uint256(0)) == fault;
    }}
}}
"""
# A fault may leave a name unused; that warning is no proof's work. Switches make contracts larger than a chain takes.
_SETTINGS = (
    ('deny = "warnings"\n', ""),
    ("offline = true\n", "offline = true\ncode_size_limit = 1000000\n"),
    (
        "optimizer_runs = 10000\n",
        "optimizer_runs = 1\noptimizer_details = "
        '{ yul = true, yulDetails = { stackAllocation = true, optimizerSteps = "u" } }\n',
    ),
)


class FaultNotPlanted(Exception):
    """The text that a fault replaces does not stand exactly once in its file."""

    def __init__(self, name: str, found: int) -> None:
        super().__init__(f"{name}: the text to replace stands {found} times")


@dataclass(frozen=True)
class Fault:
    """One change to one file, and the contracts of tests or proofs that must fail because of it.

    `new` holds the mark FAULT where a condition stands; empty, the fault is that the statement `old` is left out.
    """

    number: int
    name: str
    file: Path
    old: str
    new: str
    found_by: tuple[str, ...]

    @property
    def tests(self) -> list[str]:
        """Those who should find it and run what they test."""
        return [each for each in self.found_by if not each.endswith(PROOFS)]

    @property
    def proofs(self) -> list[str]:
        """Those who should find it by proof."""
        return [each for each in self.found_by if each.endswith(PROOFS)]

    def text(self, condition: str) -> str:
        """What stands in the place of `old`, with the fault there when a condition holds."""
        return self.new.replace(_MARK, condition) if self.new else f"if (!{condition}) {{\n{self.old}\n}}\n"


def faults() -> list[Fault]:
    """All faults of faults.toml, numbered from 1."""
    listed = tomllib.loads((ROOT / "contracts/scripts/faults.toml").read_text())["fault"]
    return [
        Fault(number, one["name"], Path(one["file"]), one["old"], one.get("new", ""), tuple(one["found_by"]))
        for number, one in enumerate(listed, 1)
    ]


def keccak_library(root: Path) -> None:
    """Write the RFC 6962 library of `root` with keccak256 in the place of sha256, for the proofs about it.

    Of keccak256 alone halmos assumes that no two inputs meet; the proofs need nothing else of a hash.
    """
    source = (root / "contracts/lib/Rfc6962.sol").read_text()
    target = root / "build/halmos/Rfc6962.sol"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source.replace("sha256(", "keccak256("))


def copy_with_switches(every: Iterable[Fault], workshop: Path) -> Path:
    """A project with all faults that tests should find, each there while JIULIAN_FAULT is its number.

    Raises FaultNotPlanted when the sources have changed.
    """
    asked = [fault for fault in every if fault.tests]
    _copy(workshop, {contract for fault in asked for contract in fault.tests})
    (workshop / "contracts/lib/Switch.sol").write_text(_SWITCH)
    for fault in asked:
        _plant(workshop, fault, f"Switch.isOn({fault.number})")
    for file in {fault.file for fault in asked}:
        beside = "./Switch.sol" if file.parent.name == "lib" else "./lib/Switch.sol"
        source = workshop / file
        source.write_text(source.read_text().replace(_PRAGMA, f'{_PRAGMA}\nimport {{Switch}} from "{beside}";\n', 1))
    settings = workshop / "foundry.toml"
    text = settings.read_text()
    for old, new in _SETTINGS:
        text = text.replace(old, new)
    settings.write_text(text)
    return workshop


def copy_with(fault: Fault, proof: str, workshop: Path) -> Path:
    """A project with one fault, and one contract of proofs. Raises FaultNotPlanted when the sources have changed."""
    _copy(workshop, {proof})
    _plant(workshop, fault, "true")
    keccak_library(workshop)
    return workshop


def _plant(workshop: Path, fault: Fault, condition: str) -> None:
    source = workshop / fault.file
    text = source.read_text()
    if text.count(fault.old) != 1:
        raise FaultNotPlanted(fault.name, text.count(fault.old))
    source.write_text(text.replace(fault.old, fault.text(condition)))


def _copy(workshop: Path, contracts: Collection[str]) -> None:
    """The contracts, and of tests or proofs only the files that hold these contracts, to compile no more."""
    shutil.rmtree(workshop, ignore_errors=True)
    shutil.copytree(ROOT / "contracts", workshop / "contracts", ignore=shutil.ignore_patterns("__pycache__"))
    (workshop / "foundry.toml").write_text((ROOT / "foundry.toml").read_text().replace(*_SETTINGS[0]))
    (workshop / "node_modules").symlink_to(ROOT / "node_modules")
    tests = [path for path in (ROOT / TESTS).rglob("*.t.sol") if _holds_any(path.read_text(), contracts)]
    for path in [*tests, *(path for path in (ROOT / TESTS).rglob("*.sol") if not path.name.endswith(".t.sol"))]:
        target = workshop / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def _holds_any(text: str, contracts: Collection[str]) -> bool:
    return any(f"contract {each} " in text for each in contracts)
