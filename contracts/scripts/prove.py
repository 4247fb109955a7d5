"""`make prove` for contracts: fuzzing, invariants, branch coverage, proofs, static analysis, gas, planted faults.

Run as `python contracts/scripts/prove.py [STEP ...]`. Stops at the first step that fails, prints its output and
exits 1. Tools that are not Node's are installed into .prove-venv from prove-requirements.txt.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from planted import PROOFS, ROOT, VARIABLE, copy_with, copy_with_switches, faults, keccak_library
from rich.console import Console
from rich.table import Table
from sides import copy_with_both_sides

VENV = ROOT / ".prove-venv"
PINS = ROOT / "contracts/scripts/prove-requirements.txt"
# The binary itself: npm's wrapper around it ends with 0 whatever forge says.
FORGE = next((ROOT / "node_modules/@foundry-rs").glob("forge-*/bin/forge"), ROOT / "no forge")
BUILD = ROOT / "build/prove"
LONG = {"FOUNDRY_FUZZ_RUNS": "5000", "FOUNDRY_INVARIANT_RUNS": "96", "FOUNDRY_INVARIANT_DEPTH": "150"}
SHORT = {"FOUNDRY_FUZZ_RUNS": "64", "FOUNDRY_INVARIANT_RUNS": "16"}
NOT_WHOLE = "paths have not been fully explored"
console = Console(soft_wrap=True)


class StepFailed(Exception):
    """A step of the proof did not hold; the message is what there is to see."""


def run(command: list[str | Path], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> tuple[bool, str]:
    """Whether a command ended well, and all it printed."""
    path = os.pathsep.join([str(FORGE.parent), str(VENV / "bin"), os.environ["PATH"]])
    ran = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PATH": path} | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.returncode == 0, ran.stdout


def must(command: list[str | Path], *, env: dict[str, str] | None = None) -> str:
    """What a command printed; StepFailed when it ended badly."""
    well, printed = run(command, env=env)
    if not well:
        raise StepFailed(printed[-6000:])
    return printed


def install() -> str:
    """The tools, as pinned: halmos with its solver, and slither."""
    if not FORGE.exists():
        raise StepFailed("forge is not installed; run `npm ci`")
    pins = hashlib.sha256(PINS.read_bytes()).hexdigest()
    stamp = VENV / ".pins"
    if not stamp.is_file() or stamp.read_text() != pins:
        shutil.rmtree(VENV, ignore_errors=True)
        must([sys.executable, "-m", "venv", VENV])
        must([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", PINS])
        stamp.write_text(pins)
    return ", ".join(line for line in PINS.read_text().splitlines() if not line.startswith("#"))


def fuzz() -> str:
    """Fuzz tests and stateful invariants, much longer than in `make test`."""
    printed = must([FORGE, "test"], env=LONG)
    passed = re.search(r"(\d+) tests passed, 0 failed, 0 skipped \(\d+ total", printed)
    if passed is None:
        raise StepFailed(printed[-6000:])
    return f"{passed[1]} tests, {LONG['FOUNDRY_FUZZ_RUNS']} runs each; invariants {LONG['FOUNDRY_INVARIANT_RUNS']} runs"


def coverage() -> str:
    """Both sides of every decision of every contract are taken by a test in Solidity."""
    workshop, report = BUILD / "sides", BUILD / "lcov.info"
    asked = {(one.file, one.line): one.original for one in copy_with_both_sides(ROOT, workshop)}
    command: list[str | Path] = [FORGE, "coverage", "--ir-minimum", "--report", "lcov", "--report-file", report]
    well, printed = run(command, cwd=workshop, env=SHORT)
    if not well:
        raise StepFailed(printed[-6000:])
    file, taken = "", Counter[tuple[str, int, str]]()
    for line in report.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            file = value
        elif key == "BRDA":
            where, _, side, times = value.split(",")
            taken[file, int(where), side] += 0 if times == "-" else int(times)
    missing = [
        f"{place[0]}:{original}, where the condition {said}"
        for place, original in asked.items()
        for side, said in (("0", "holds"), ("1", "does not hold"))
        if not taken[*place, side]
    ]
    if missing or not asked:
        raise StepFailed(f"{len(missing)} of {2 * len(asked)} branches that no test takes:\n" + "\n".join(missing))
    return f"{2 * len(asked)} of {2 * len(asked)} branches"


def builds(root: Path, profile: str) -> None:
    """Compile a copy of the project; StepFailed when it does not."""
    compiled, printed = run([FORGE, "build"], cwd=root, env={"FOUNDRY_PROFILE": profile})
    if not compiled:
        raise StepFailed(printed[-3000:])


def holds(root: Path, contract: str, fault: int) -> bool:
    """Whether the tests or proofs of one contract hold in a copy of the project; StepFailed when they cannot tell."""
    if contract.endswith(PROOFS):
        held, printed = _halmos(root, contract)
    else:
        command: list[str | Path] = [FORGE, "test", "--match-contract", f"^{contract}$"]
        held, printed = run(command, cwd=root, env=SHORT | {VARIABLE: str(fault)})
    if not held and "Counterexample" not in printed and "[FAIL" not in printed:
        raise StepFailed(printed[-3000:])
    return held


def _halmos(root: Path, contract: str) -> tuple[bool, str]:
    command: list[str | Path] = [VENV / "bin/halmos", "--root", root, "--forge-build-out", "build/halmos/out"]
    command += ["--solver-command", str(VENV / "bin/yices-smt2"), "--solver-timeout-assertion", "10m"]
    command += ["--loop", "64", "--early-exit", "--no-status", "--contract", contract]
    held, printed = run(command, cwd=root, env={"FOUNDRY_PROFILE": "halmos"})
    return held and NOT_WHOLE not in printed, printed


def proofs() -> str:
    """Proofs by halmos, for all states and inputs within the bounds that tests/contract/halmos names."""
    keccak_library(ROOT)
    proved = 0
    for path in sorted((ROOT / "tests/contract/halmos").glob("*.t.sol")):
        held, printed = _halmos(ROOT, f"{path.name.removesuffix('.t.sol')}{PROOFS}")
        passed = re.search(r"(\d+) passed; 0 failed", printed)
        if not held or passed is None or passed[1] == "0":
            raise StepFailed(printed[-6000:])
        console.print("\n".join(f"    {line[1]}" for line in re.finditer(r"PASS\S* (\w+)\(", printed)), style="dim")
        proved += int(passed[1])
    return f"{proved} proofs"


def static() -> str:
    """Slither finds nothing of high or medium weight."""
    must([FORGE, "clean"])
    must([FORGE, "build", "--force"])
    report = BUILD / "slither.json"
    report.unlink(missing_ok=True)
    _, printed = run([VENV / "bin/slither", ".", "--json", report])
    if not report.is_file() or not json.loads(report.read_text())["success"]:
        raise StepFailed(printed[-6000:])
    found = json.loads(report.read_text())["results"].get("detectors", [])
    heavy = [one for one in found if one["impact"] in {"High", "Medium"}]
    if heavy:
        raise StepFailed("\n".join(one["description"] for one in heavy))
    return f"no high, no medium; {len(found)} low"


def gas() -> str:
    """What a capture costs is what the table in git says."""
    must([sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/contract/test_gas.py"])
    table = Table("capture", "gas", box=None)
    for name, cost in json.loads((ROOT / "contracts/gas.json").read_text()).items():
        table.add_row(f"    {name.replace('_', ' ')}", f"{cost:,}")
    console.print(table)
    return "as written in contracts/gas.json"


def planted() -> str:
    """Proofs and tests find the faults that are planted for them."""
    every = faults()
    switched = copy_with_switches(every, BUILD / "switched")
    builds(switched, "default")
    for contract in sorted({contract for fault in every for contract in fault.tests}):
        if not holds(switched, contract, 0):
            raise StepFailed(f"{contract} fails without a fault")
    for fault in every:
        console.print(f"    {fault.number}/{len(every)} {fault.name}", style="dim")
        blind = [contract for contract in fault.tests if holds(switched, contract, fault.number)]
        for proof in fault.proofs:
            copied = copy_with(fault, proof, BUILD / "fault")
            builds(copied, "halmos")
            blind += [proof] * holds(copied, proof, fault.number)
        if blind:
            raise StepFailed(f"{fault.name}: not found by {', '.join(blind)}")
    return f"{len(every)} of {len(every)} found"


STEPS: dict[str, Callable[[], str]] = {
    "install": install,
    "fuzz": fuzz,
    "coverage": coverage,
    "proofs": proofs,
    "static": static,
    "gas": gas,
    "planted": planted,
}


def main(asked: list[str]) -> int:
    """Run the steps that are asked for, or all."""
    unknown = set(asked) - STEPS.keys()
    if unknown:
        console.print(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}", style="red")
        return 2
    BUILD.mkdir(parents=True, exist_ok=True)
    for name, step in STEPS.items():
        if asked and name not in asked:
            continue
        began = time.monotonic()
        summary = (step.__doc__ or "").splitlines()[0]
        console.print(f"[bold]{name}[/bold]  {summary}")
        try:
            said = step()
        except StepFailed as failure:
            console.print(str(failure), markup=False, highlight=False)
            console.print(f"[red]{name} failed[/red]")
            return 1
        console.print(f"  [green]holds[/green]: {said} ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
