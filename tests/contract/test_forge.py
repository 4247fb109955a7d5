"""Fuzz tests and stateful invariants in Solidity, run by forge with the pinned compiler."""

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.contract, pytest.mark.slow, pytest.mark.forge]

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    "invariant_whatIsBornIsSomewhere()",
    "invariant_partiesTogetherHoldWhatIsHeld()",
    "invariant_consignmentsTogetherAreInTransit()",
    "invariant_aSuspendedPartyNeverHoldsMore()",
    "invariant_whatIsRecalledOnlyGoesBack()",
    "testFuzz_everythingIsGivenBack(uint8,uint8,uint8,uint8)",
    "invariant_aLogNeitherShrinksNorForks()",
}


def test_fuzz_tests_and_invariants_hold_for_any_sequence_of_captures() -> None:
    # The binary itself: npm's wrapper around it ends with 0 whatever forge says.
    forge = next((ROOT / "node_modules/@foundry-rs").glob("forge-*/bin/forge"), None)
    if forge is None:
        pytest.skip("forge is not installed; run `npm ci`")
    quick = os.environ | {"FOUNDRY_PROFILE": "quick"}
    ran = subprocess.run(
        [forge, "test", "--json"], cwd=ROOT, env=quick, capture_output=True, text=True, timeout=900, check=False
    )
    assert ran.stdout.startswith("{"), (ran.stdout + ran.stderr)[-4000:]
    results = {
        name: result for suite in json.loads(ran.stdout).values() for name, result in suite["test_results"].items()
    }
    assert {name: result for name, result in results.items() if result["status"] != "Success"} == {}
    assert results.keys() >= EXPECTED
    assert ran.returncode == 0
