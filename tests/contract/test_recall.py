"""A recall stops a batch, or names the units of it that are recalled; both can be lifted."""

import pytest

from tests.contract.world import BRAND, STORE, Said, Step, named
from tests.kit.chain_trade import BATCH, ChainTrade

pytestmark = pytest.mark.contract

CASE, OTHER = named("the units of a case"), named("the units of another")


def test_a_recalled_batch_is_neither_shipped_onward_sold_nor_received(trade: ChainTrade) -> None:
    trade.stocked(trade.store, 10)
    consignment = trade.shipped(trade.brand, trade.dealer, 20)
    trade.recall()
    assert trade.world.ledger.functions.recalled(BATCH).call()
    assert trade.refused(trade.ship(trade.store, trade.dealer, 1)) == "BatchRecalled"
    assert trade.refused(trade.world.says(trade.store, Step.SELL, BATCH, 1)) == "BatchRecalled"
    assert trade.refused(trade.world.says(trade.store, Step.WRITE_OFF, BATCH, 1)) == "BatchRecalled"
    assert trade.refused(trade.receive(trade.dealer, consignment, 20)) == "BatchRecalled"


def test_a_recalled_batch_goes_back_to_its_maker(trade: ChainTrade) -> None:
    trade.stocked(trade.store, 10)
    under_way = trade.shipped(trade.brand, trade.dealer, 20)
    trade.recall()
    back = trade.shipped(trade.store, trade.brand, 10)
    received = trade.receive(trade.brand, back, 10)
    returned = trade.receive(trade.dealer, under_way, 20, Step.RETURN)
    destroyed = trade.world.says(trade.brand, Step.WRITE_OFF, BATCH, 100)
    assert not trade.world.record(received, returned, destroyed).refused
    assert trade.world.totals(BATCH)["lost"] == 100


def test_a_maker_that_also_sells_does_not_sell_a_recalled_batch(trade: ChainTrade) -> None:
    maker = trade.world.enrol("a maker with a shop", BRAND | STORE)
    trade.stocked(maker, 5)
    trade.recall()
    assert trade.refused(trade.world.says(maker, Step.SELL, BATCH, 1)) == "BatchRecalled"


def test_a_lifted_recall_frees_the_batch(trade: ChainTrade) -> None:
    trade.recall()
    assert trade.refused(trade.world.says(trade.brand, Step.RECALL, BATCH)) == "BatchRecalled"
    assert not trade.world.record(trade.world.says(trade.brand, Step.LIFT, BATCH)).refused
    assert trade.refused(trade.world.says(trade.brand, Step.LIFT, BATCH)) == "BatchNotRecalled"
    trade.shipped(trade.brand, trade.dealer, 1)


# Of some units


def units(trade: ChainTrade, step: Step, root: bytes, quantity: int) -> Said:
    return trade.world.says(trade.brand, step, BATCH, quantity, units=root)


def recalled_units(trade: ChainTrade, root: bytes) -> int:
    return int(trade.world.ledger.functions.recalledUnits(BATCH, root).call())


def is_recalled(trade: ChainTrade) -> bool:
    return bool(trade.world.ledger.functions.recalled(BATCH).call())


def test_a_recall_of_some_units_is_kept_and_lets_the_rest_of_the_batch_go_on(trade: ChainTrade) -> None:
    trade.stocked(trade.store, 10)
    assert not trade.world.record(units(trade, Step.RECALL, CASE, 6)).refused
    assert (recalled_units(trade, CASE), recalled_units(trade, OTHER)) == (6, 0)
    assert not is_recalled(trade)
    assert not trade.world.record(trade.world.says(trade.store, Step.SELL, BATCH, 4)).refused
    assert not trade.world.record(trade.ship(trade.brand, trade.dealer, 4)).refused


def test_the_units_of_a_recall_are_recalled_once_and_freed_once(trade: ChainTrade) -> None:
    assert trade.refused(units(trade, Step.LIFT, CASE, 6)) == "BatchNotRecalled"
    trade.world.record(units(trade, Step.RECALL, CASE, 6), units(trade, Step.RECALL, OTHER, 12))
    assert trade.refused(units(trade, Step.RECALL, CASE, 6)) == "BatchRecalled"
    assert not trade.world.record(units(trade, Step.LIFT, CASE, 6)).refused
    assert (recalled_units(trade, CASE), recalled_units(trade, OTHER)) == (0, 12)
    assert trade.refused(units(trade, Step.LIFT, CASE, 6)) == "BatchNotRecalled"


@pytest.mark.parametrize("quantity", [0, 6, 100, 101])
def test_a_recall_that_names_nothing_is_of_the_whole_batch(trade: ChainTrade, quantity: int) -> None:
    assert not trade.world.record(units(trade, Step.RECALL, bytes(32), quantity)).refused
    assert is_recalled(trade)
    assert trade.refused(trade.ship(trade.brand, trade.dealer, 1)) == "BatchRecalled"


@pytest.mark.parametrize(("quantity", "why"), [(0, "QuantityMissing"), (101, "QuantityTooLarge")])
def test_a_recall_of_units_in_a_number_that_cannot_be_stops_nothing(trade: ChainTrade, quantity: int, why: str) -> None:
    assert trade.refused(units(trade, Step.RECALL, CASE, quantity)) == why
    assert (is_recalled(trade), recalled_units(trade, CASE)) == (False, 0)


def test_a_recall_of_every_unit_by_name_is_of_those_units(trade: ChainTrade) -> None:
    assert not trade.world.record(units(trade, Step.RECALL, CASE, 100)).refused
    assert (is_recalled(trade), recalled_units(trade, CASE)) == (False, 100)


def test_units_are_freed_in_the_number_in_which_they_were_recalled(trade: ChainTrade) -> None:
    assert not trade.world.record(units(trade, Step.RECALL, CASE, 6)).refused
    assert trade.refused(units(trade, Step.LIFT, CASE, 5)) == "BatchNotRecalled"
    assert recalled_units(trade, CASE) == 6


def test_a_recall_is_narrowed_to_some_units_without_a_gap(trade: ChainTrade) -> None:
    trade.recall()
    assert not trade.world.record(units(trade, Step.RECALL, CASE, 6)).refused
    assert is_recalled(trade)
    assert not trade.world.record(trade.world.says(trade.brand, Step.LIFT, BATCH)).refused
    assert (is_recalled(trade), recalled_units(trade, CASE)) == (False, 6)


def test_a_lift_of_units_does_not_free_the_whole_batch(trade: ChainTrade) -> None:
    trade.recall()
    assert trade.refused(units(trade, Step.LIFT, CASE, 6)) == "BatchNotRecalled"
    assert is_recalled(trade)


def test_only_the_brand_recalls_units(trade: ChainTrade) -> None:
    said = trade.world.says(trade.dealer, Step.RECALL, BATCH, 6, units=CASE)
    assert trade.refused(said) == "StepNotAllowed"
