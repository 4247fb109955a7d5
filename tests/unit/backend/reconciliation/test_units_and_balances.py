"""Bottles by the record of units against balances: what differs is told, and the work grows as the stock does."""

from typing import Any

import pytest

from backend.capture.rules import BatchKey
from backend.custody.rules import Account, Holding
from backend.reconciliation.comparing_units import UnitSum, compare_units

GTIN, MAKER, DEALER, STORE = "06901234000016", "6901234000009", "6901234000108", "6901234000207"


def account(batch: str, born: int, held: int, **places: int) -> Account:
    empty = {"in_transit": 0, "sold": 0, "lost": 0, "consumed": 0}
    return Account(BatchKey(GTIN, batch), born, held, **{**empty, **places}, units=None, recalled=False, maker=MAKER)


def told(sums: list[UnitSum], accounts: list[Account], holdings: list[Holding]) -> list[tuple[Any, ...]]:
    found = compare_units(sums, accounts, holdings)
    return [(each.names.batch, each.names.party, each.field, each.books, each.chain) for each in found]


def test_each_batch_is_compared_with_its_own_holders_alone() -> None:
    sums = [
        (GTIN, "B1", MAKER, "held", 4),
        (GTIN, "B1", DEALER, "held", 6),
        (GTIN, "B2", DEALER, "held", 3),
        (GTIN, "B2", DEALER, "sold", 2),
    ]
    accounts = [account("B1", 12, 12), account("B2", 5, 3, sold=2), account("B3", 9, 9)]
    b1, b2, b3 = (each.batch for each in accounts)
    right = [Holding(b1, MAKER, 6), Holding(b1, DEALER, 6), Holding(b2, DEALER, 3), Holding(b3, STORE, 9)]
    assert told(sums, accounts, right) == [], "uncoded bottles are their maker's; B3 moves by quantity"
    wrong = [Holding(b1, MAKER, 6), Holding(b1, DEALER, 5), Holding(b2, DEALER, 3), Holding(b2, STORE, 1)]
    field = "held by the record of units"
    assert told(sums, accounts, wrong) == [("B1", DEALER, field, 6, 5), ("B2", STORE, field, 0, 1)]
    assert told(sums, [account("B2", 5, 4, sold=1)], wrong[2:3]) == [("B2", None, "sold by the record of units", 2, 1)]


class Batch(str):
    """A batch number that counts how often anybody looks at it."""

    __slots__ = ()
    looks = 0

    def __hash__(self) -> int:
        Batch.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        Batch.looks += 1
        return super().__eq__(other)


def looks_for(batches: int, holders: int) -> int:
    sums, accounts, holdings = [], [], []
    for number in range(batches):
        name = f"B{number}"
        accounts.append(account(Batch(name), 6 * holders, 6 * holders))
        for party in map(str, range(holders)):
            holdings.append(Holding(BatchKey(GTIN, Batch(name)), party, 6))
            sums.append((GTIN, Batch(name), party, "held", 6))
    Batch.looks = 0
    assert list(compare_units(sums, accounts, holdings)) == []
    return Batch.looks


@pytest.mark.parametrize("holders", [1, 30])
def test_four_times_the_batches_are_four_times_the_work(holders: int) -> None:
    few, many = looks_for(25, holders), looks_for(100, holders)
    print(f"{few} looks at batch numbers for 25 batches, {many} for 100")
    assert 0 < many <= 5 * few
