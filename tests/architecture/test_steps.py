"""The contract's steps stand where they are read: the device's code and the indexer know nothing of each other."""

import re
from enum import IntEnum
from pathlib import Path

import pytest

from ledger_indexer.rows import movements
from scanner.device import event_values

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"


def steps_of_the_contract() -> dict[str, int]:
    (found,) = [
        match[1]
        for path in sorted(CONTRACTS.rglob("*.sol"))
        if (match := re.search(r"\benum Step \{([^}]*)\}", path.read_text(encoding="utf-8")))
    ]
    names = [re.sub(r"//.*", "", line).strip() for line in found.replace(",", ",\n").splitlines()]
    words = [name.rstrip(",") for name in names if name]
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", word).upper(): number for number, word in enumerate(words)}


@pytest.mark.parametrize("steps", [event_values.Step, movements.Step], ids=["device", "indexer"])
def test_a_step_has_one_number_everywhere(steps: type[IntEnum]) -> None:
    assert {each.name: each.value for each in steps} == steps_of_the_contract()
