"""What a capture costs, kept in git: a change that costs more must say so by writing contracts/gas.json anew.

Each figure is the gas of one transaction divided by its 100 captures, signatures included. Set `WRITE_GAS=1` to write.
"""

import json
import os
from pathlib import Path

import pytest

from scanner.evidence.proof import consistency_path
from scanner.evidence.tree import Tree, leaf_hash
from tests.contract.world import (
    BRAND,
    DEALER,
    PRODUCER,
    STORE,
    Said,
    Step,
    World,
    browser_key,
    named,
)

pytestmark = pytest.mark.contract

TABLE = Path(__file__).resolve().parents[2] / "contracts" / "gas.json"
MANY = 100
SIZE = 199_999
"""Leaves of the log whose growth from half as many is proved, with 19 hashes; a million leaves take three more."""
TOLERANCE = 0.01
GOALS = {
    "inspect": 45_000,
    "ship": 70_000,
    "receive": 70_000,
    "return": 70_000,
    "ship_each_another_batch": 70_000,
    "receive_each_another_batch": 70_000,
    "next_head": 120_000,
}


def measured(world: World) -> dict[str, int]:
    """Gas for each capture, by step."""
    brand = world.enrol("brand", BRAND | PRODUCER)
    dealer = world.enrol("dealer", DEALER)
    store = world.enrol("store", STORE, browser_key(world.verifier.address, "phone"))
    place = named("place")
    batches = [named(f"batch {number}") for number in range(MANY)]
    gas: dict[str, int] = {}

    def relay(name: str, captures: list[Said]) -> list[Said]:
        answer = world.record(*captures)
        assert len(answer.recorded) == len(captures), answer.refused
        gas[name] = answer.gas // len(captures)
        return captures

    relay("harvest", [world.says(brand, Step.HARVEST, batch, 5_000_000, location=place) for batch in batches])
    main = batches[0]
    made = [
        world.says(
            brand, Step.BOTTLE, named(f"made {number}"), 9_000, location=place, inputs=[{"batch": batch, "quantity": 5}]
        )
        for number, batch in enumerate(batches)
    ]
    relay("bottle", made)
    relay("inspect", [world.says(brand, Step.INSPECT, main, location=place) for _ in batches])
    units = named("units")
    sent = [
        world.says(brand, Step.SHIP, main, 600, counterparty=dealer.id, location=place, units=units, ref=named("order"))
        for _ in batches
    ]
    relay("ship", sent)
    relay(
        "receive",
        [
            world.says(
                dealer, Step.RECEIVE, main, 500, counterparty=brand.id, location=place, units=units, ref=one.evidence
            )
            for one in sent
        ],
    )
    relay(
        "return",
        [world.says(dealer, Step.RETURN, main, 50, location=place, units=units, ref=one.evidence) for one in sent],
    )
    relay("write_off_in_transit", [world.says(dealer, Step.WRITE_OFF, main, 1, ref=one.evidence) for one in sent])
    spread = [
        world.says(
            brand, Step.SHIP, batch, 600, counterparty=dealer.id, location=place, units=units, ref=named("order")
        )
        for batch in batches
    ]
    relay("ship_each_another_batch", spread)
    relay(
        "receive_each_another_batch",
        [
            world.says(
                dealer, Step.RECEIVE, batch, 600, counterparty=brand.id, location=place, units=units, ref=one.evidence
            )
            for batch, one in zip(batches, spread, strict=True)
        ],
    )
    (onward,) = relay("ship_alone", [world.says(dealer, Step.SHIP, main, 600, counterparty=store.id)])
    relay("receive_alone_p256", [world.says(store, Step.RECEIVE, main, 600, ref=onward.evidence)])
    relay("sell_p256", [world.says(store, Step.SELL, main, 2, location=place) for _ in batches])
    refused = world.record(*[world.says(brand, Step.SHIP, main, 2**100, counterparty=dealer.id) for _ in batches])
    gas["refusal"] = refused.gas // len(refused.refused)
    tree = Tree(leaf_hash(number.to_bytes(4, "big")) for number in range(SIZE))
    append = world.log.functions.append
    first = world.send(append(named("log"), SIZE // 2, tree.root(SIZE // 2), []), world.publisher)
    path = consistency_path(SIZE // 2, SIZE, tree.node)
    grown = world.send(append(named("log"), SIZE, tree.root(), path), world.publisher)
    gas["first_head"], gas["next_head"] = int(first["gasUsed"]), int(grown["gasUsed"])
    return gas


def test_a_capture_costs_what_the_table_says(world: World) -> None:
    gas = measured(world)
    if os.environ.get("WRITE_GAS"):
        TABLE.write_text(json.dumps(gas, indent=2) + "\n")
    table = json.loads(TABLE.read_text())
    assert gas.keys() == table.keys()
    changed = {
        name: (table[name], cost) for name, cost in gas.items() if abs(cost - table[name]) > table[name] * TOLERANCE
    }
    assert not changed


def test_the_table_keeps_to_its_goals() -> None:
    table = json.loads(TABLE.read_text())
    assert {name: table[name] for name, goal in GOALS.items() if table[name] > goal} == {}
