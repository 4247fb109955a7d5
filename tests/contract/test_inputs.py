"""What a batch is made of: as many inputs as a device may sign, and no more, so that every capture fits on chain."""

from typing import Any

import pytest

from scanner.device.reading import INPUTS_MAX
from tests.contract.world import BRAND, Member, Said, Step, World, named

pytestmark = pytest.mark.contract
MADE = named("made of many")
TRANSACTION_MAX = 2**24
"""Gas of one transaction (EIP-7825)."""


@pytest.fixture
def brand(world: World) -> Member:
    return world.enrol("brand", BRAND)


def grains(world: World, brand: Member, count: int) -> list[dict[str, Any]]:
    batches = [named(f"grain {number}") for number in range(count)]
    assert not world.record(*(world.says(brand, Step.HARVEST, batch, 10) for batch in batches)).refused
    return [{"batch": batch, "quantity": 3} for batch in batches]


def blend(world: World, brand: Member, inputs: list[dict[str, Any]]) -> Said:
    return world.says(brand, Step.BLEND, MADE, 5, inputs=inputs)


def test_the_most_inputs_that_a_device_signs_take_a_quarter_of_a_transaction(world: World, brand: Member) -> None:
    answer = world.record(blend(world, brand, grains(world, brand, INPUTS_MAX)))
    assert not answer.refused
    assert answer.gas < TRANSACTION_MAX / 4


def test_one_input_more_is_refused(world: World, brand: Member) -> None:
    answer = world.record(blend(world, brand, grains(world, brand, INPUTS_MAX + 1)))
    assert list(answer.refused.values()) == [("InputsTooMany", (MADE, INPUTS_MAX + 1, INPUTS_MAX))]


def test_the_same_tank_many_times_counts_by_the_sum(world: World, brand: Member) -> None:
    (tank,) = grains(world, brand, 1)
    answer = world.record(blend(world, brand, [tank | {"quantity": 1}] * 11))
    assert answer.reason == "HoldsLess"
    assert not world.record(blend(world, brand, [tank | {"quantity": 1}] * 10)).refused
