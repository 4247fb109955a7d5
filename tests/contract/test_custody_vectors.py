"""One table of steps and balances, one result: contract, service, mirror and stock mean the same by every step."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from scanner.device.capture import Step
from tests.contract.custody_vectors import PLACES, Play, cases, refusals
from tests.contract.world import World

pytestmark = [pytest.mark.contract, pytest.mark.integration]
CASES = cases()


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_contract_service_mirror_and_stock_keep_the_same_books(
    world: World, session: Session, case: dict[str, Any]
) -> None:
    words, _ = refusals()
    play = Play(world, session)
    for number, step in enumerate(case["steps"]):
        why = step.get("refused")
        assert play.take(step) == (why, words[why] if why else None), f"step {number}: {step}"
    after = case["after"] | {
        "accounts": {b: {p: said.get(p, 0) for p in PLACES} for b, said in case["after"]["accounts"].items()}
    }
    assert play.by_contract(after) == after
    assert play.by_service(after) == after
    assert play.by_mirror(after) == {name: after[name] for name in ("accounts", "held", "open")}
    assert play.by_stock(after) == {"held": after["held"]}


def test_every_step_is_taken_and_every_refusal_is_met(deployed: World) -> None:
    steps = [step for _, case in CASES for step in case["steps"]]
    taken = {step["step"] for step in steps if "step" in step and "refused" not in step}
    assert taken == {step.name.lower() for step in Step} - {"none"}
    words, unreached = refusals()
    assert {step["refused"] for step in steps if "refused" in step} == words.keys()
    declared = {entry["name"] for entry in deployed.ledger.abi if entry["type"] == "error"}
    assert declared - words.keys() - unreached.keys() <= LIBRARIES


LIBRARIES = {"InvalidShortString", "StringTooLong", "SafeCastOverflowedUintDowncast"}
"""Errors of libraries the contract is built with; none is a refusal."""
