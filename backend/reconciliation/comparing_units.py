"""The record of units against the balances of their batches. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from backend.custody.rules import Account, Holding
from backend.reconciliation.rules import Difference, Names
from backend.units.rules import State
from scanner.device.names import batch_id, party_id

UnitSum = tuple[str, str, str, str, int]
"""GTIN, batch, GLN of the holder, state, and how many bottles, as `backend.units.service.sums` gives them."""


def compare_units(
    sums: Iterable[UnitSum], accounts: Iterable[Account], holdings: Iterable[Holding]
) -> Iterator[Difference]:
    """Bottles by the record of units against the balances of their batches: held by each party, and by place.

    A batch without units moves by quantity. Bottles that got no code stay with their maker. Each sum and holding is
    looked at once, however many batches there are: this runs in the worker's only thread.
    """
    places: dict[tuple[str, str], Counter[str]] = {}
    held: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for gtin, batch, holder, state, bottles in sums:
        places.setdefault((gtin, batch), Counter())[state] += bottles
        if state == State.HELD:
            held[gtin, batch][holder] += bottles
    balances: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for each in holdings:
        balances[each.batch.gtin, each.batch.batch][each.party] = each.held
    for account in accounts:
        key = (account.batch.gtin, account.batch.batch)
        if (found := places.get(key)) is None:
            continue
        uncoded = account.born - found.total()
        for state in (State.IN_TRANSIT, State.SOLD, State.LOST, State.CONSUMED):
            if found[state] != getattr(account, state):
                yield _of_units(key, None, state, found[state], getattr(account, state))
        counts, balance = held[key], balances[key]
        for party in sorted({*counts, *balance}):
            counted = counts[party] + (uncoded if party == account.maker else 0)
            if counted != balance.get(party, 0):
                yield _of_units(key, party, State.HELD, counted, balance.get(party, 0))


def _of_units(key: tuple[str, str], party: str | None, state: str, counted: int, balance: int) -> Difference:
    gtin, batch = key
    names = Names(gtin, batch, party)
    return Difference(
        "units",
        batch_id(gtin, batch),
        f"{state} by the record of units",
        counted,
        balance,
        names,
        party_id(party) if party else None,
    )
