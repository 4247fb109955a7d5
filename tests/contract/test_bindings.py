"""What is committed for running the product is what the sources compile to; a difference is named.

`make check` compiles all of them and compares; here the smallest is compiled, the others stand as they are committed.
"""

import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = [pytest.mark.contract, pytest.mark.slow, pytest.mark.forge]


def test_a_binding_that_differs_from_its_source_is_named(
    check_abi: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = check_abi.compile_all([check_abi.ROOT / "contracts/EvidenceLog.sol"])
    for name, source in json.loads((check_abi.SCRIPTS / "exported.json").read_text()).items():
        said = json.loads((check_abi.COMMITTED / f"{name}.json").read_text())
        code = {"bytecode": {"object": said["bytecode"].removeprefix("0x")}}
        compiled.setdefault(source, {}).setdefault(name, {"abi": said["abi"], "evm": code})
    monkeypatch.setattr(check_abi, "compile_all", lambda _: compiled)
    assert check_abi.differences() == []

    copies = shutil.copytree(check_abi.COMMITTED, tmp_path / "abi")
    monkeypatch.setattr(check_abi, "COMMITTED", copies)
    log = json.loads((copies / "EvidenceLog.json").read_text())
    (copies / "EvidenceLog.json").write_text(json.dumps(log | {"bytecode": log["bytecode"][:-2] + "00"}))
    (copies / "Participants.json").unlink()
    (copies / "Forgotten.json").write_text("{}")
    assert check_abi.differences() == [
        "Forgotten: no source exports it",
        "Participants: not exported",
        "EvidenceLog: bytecode differs from contracts/EvidenceLog.sol",
    ]
