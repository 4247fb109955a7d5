"""Fail when a committed ABI or bytecode differs from what the sources compile to.

Run as `python contracts/scripts/check_abi.py`; exit code 0 when all agree, else 1, naming each that differs.
"""

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import solcx

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "contracts" / "scripts"
CACHE = ROOT / "cache" / "compiled"
COMMITTED = ROOT / "ledger_indexer" / "bindings" / "abi"
IMPORT = re.compile(r'^import\s[^"]*"([^"]+)";', re.MULTILINE)


def sources(start: list[Path], root: Path = ROOT) -> dict[str, dict[str, str]]:
    """All files that `start` reaches by import, by the name the compiler knows them by."""
    found: dict[str, dict[str, str]] = {}
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        name = _source_name(path, root)
        if name in found:
            continue
        content = path.read_text()
        found[name] = {"content": content}
        for target in IMPORT.findall(content):
            relative = target.startswith(".")
            waiting.append((path.parent / target if relative else root / "node_modules" / target).resolve())
    return dict(sorted(found.items()))


def _source_name(path: Path, root: Path) -> str:
    packages = (root / "node_modules").resolve()
    base = packages if path.is_relative_to(packages) else root
    return path.relative_to(base).as_posix()


def compile_all(start: list[Path], root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """The compiler's `contracts` output with our settings: source name -> contract name -> artifact.

    The compiler takes half a minute and says the same to the same question, so its answers are kept in `cache`.
    """
    settings = json.loads((SCRIPTS / "solc-settings.json").read_text())
    question = {
        "language": "Solidity",
        "sources": sources(start, root),
        "settings": settings | {"outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}}},
    }
    kept = CACHE / f"{_digest(question)}.json"
    if kept.is_file():
        answer: dict[str, dict[str, Any]] = json.loads(kept.read_text())
        return answer
    output = solcx.compile_standard(question, solc_binary=SCRIPTS / "solc", allow_empty=True)
    compiled: dict[str, dict[str, Any]] = output["contracts"]
    _keep(kept, compiled)
    return compiled


def _digest(question: dict[str, Any]) -> str:
    """Of all that an answer depends on: the question and the compiler itself."""
    package = ROOT / "node_modules" / "solc"
    digest = hashlib.sha256(json.dumps(question, sort_keys=True).encode())
    for part in (SCRIPTS / "solc", package / "package.json", package / "soljson.js"):
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _keep(at: Path, compiled: dict[str, dict[str, Any]]) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    unfinished = at.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(compiled))
    unfinished.replace(at)


def differences() -> list[str]:
    """One line for each contract whose committed file is not what its source compiles to."""
    compiled = compile_all(sorted((ROOT / "contracts").rglob("*.sol")))
    exported: dict[str, str] = json.loads((SCRIPTS / "exported.json").read_text())
    found = [f"{path.stem}: no source exports it" for path in COMMITTED.glob("*.json") if path.stem not in exported]
    for name, source in exported.items():
        path = COMMITTED / f"{name}.json"
        if not path.is_file():
            found.append(f"{name}: not exported")
            continue
        committed = json.loads(path.read_text())
        artifact = compiled[source][name]
        if committed["abi"] != artifact["abi"]:
            found.append(f"{name}: ABI differs from {source}")
        if committed["bytecode"] != "0x" + artifact["evm"]["bytecode"]["object"]:
            found.append(f"{name}: bytecode differs from {source}")
    return found


def main() -> int:
    """Print what differs."""
    found = differences()
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("run `npm run compile` and commit ledger_indexer/bindings/abi", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
