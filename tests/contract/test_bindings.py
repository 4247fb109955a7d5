"""What is committed for running the product is what the sources compile to; a difference is named."""

import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = [pytest.mark.contract, pytest.mark.slow]


def test_a_binding_that_differs_from_its_source_is_named(
    check_abi: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = check_abi.compile_all(sorted((check_abi.ROOT / "contracts").rglob("*.sol")))
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
