"""Balances with declarations: those of what was never voided, however the rows come to be added up."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_indexer.rows.balance_changes import AccountChanges, Changes, fold, send_back
from ledger_indexer.rows.movements import NOTHING, Step

PARTIES = (b"maker", b"dealer", b"store")
Row = tuple[Any, ...]


@dataclass
class Story:
    """An honest trade in one batch and its spirit, in which some of what was said is declared not to have happened."""

    chance: Random
    captures: list[Row] = field(default_factory=list)
    inputs: list[Row] = field(default_factory=list)
    voided: list[Row] = field(default_factory=list)
    restored: list[Row] = field(default_factory=list)
    stands: dict[bytes, Row] = field(default_factory=dict)
    told: int = 0

    def place(self) -> Row:
        self.told += 1
        return (self.told // 3, self.told % 3, b"tx", 0)

    def say(self, step: Step, quantity: int, by: bytes, *, to: bytes = NOTHING, ref: bytes = NOTHING) -> bytes:
        evidence = b"e%d" % self.told
        row = (*self.place(), evidence, b"wine", by, step, quantity, to, NOTHING, 0, NOTHING, ref, b"device")
        self.captures.append(row)
        self.stands[evidence] = row
        if step == Step.BOTTLE:
            self.inputs.append((*self.place(), evidence, b"spirit", quantity // 2))
        return evidence

    def declare(self, evidence: bytes) -> None:
        said = self.stands.pop(evidence)
        declaration = b"d%d" % self.told
        self.voided.append((*self.place(), declaration, *said[5:7], evidence, *said[7:12], *said[13:]))
        if said[7] == Step.BOTTLE:
            self.restored.append((*self.place(), declaration, b"spirit", said[8] // 2))

    def something(self) -> None:
        chance = self.chance
        by, quantity = chance.choice(PARTIES), chance.randint(1, 9)
        shipments = [row for row in self.stands.values() if row[7] == Step.SHIP]
        step = chance.choice([Step.BOTTLE, Step.SHIP, Step.RECEIVE, Step.RETURN, Step.SELL, Step.WRITE_OFF])
        if step == Step.SHIP:
            self.say(step, quantity, by, to=chance.choice(PARTIES))
        elif step in {Step.BOTTLE, Step.SELL} or not shipments:
            self.say(Step.SELL if step != Step.BOTTLE else step, quantity, by)
        else:
            shipment = chance.choice(shipments)
            self.say(step, quantity, shipment[9], ref=shipment[4] if step != Step.WRITE_OFF or by > b"m" else NOTHING)

    def voidable(self) -> list[bytes]:
        """A shipment is voided once nothing that names it stands."""
        named = {row[13] for row in self.stands.values()}
        return [evidence for evidence in self.stands if evidence not in named]


def told(seed: int, steps: int) -> Story:
    story = Story(Random(seed))
    for _ in range(steps):
        if story.voidable() and story.chance.random() < 0.35:
            story.declare(story.chance.choice(story.voidable()))
        else:
            story.something()
    return story


def plain(changes: Changes) -> tuple[dict[Any, int], dict[bytes, AccountChanges], dict[bytes, tuple[int, ...]]]:
    """What is not nothing."""
    parcels = {e: (p.shipped, p.received, p.returned, p.lost) for e, p in changes.consignments.items()}
    return (
        {key: held for key, held in changes.holdings.items() if held},
        {batch: account for batch, account in changes.accounts.items() if account != AccountChanges()},
        {evidence: numbers for evidence, numbers in parcels.items() if any(numbers)},
    )


def whole(story: Story) -> Changes:
    return fold(story.captures, story.inputs, voided=story.voided, restored=story.restored)


@given(st.integers(0, 2**32), st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_what_was_voided_counts_for_nothing(seed: int, steps: int) -> None:
    story = told(seed, steps)
    inputs = [row for row in story.inputs if row[4] in story.stands]
    assert plain(whole(story)) == plain(fold(list(story.stands.values()), inputs))


@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_ranges_of_blocks_add_up_to_the_whole(seed: int, steps: int, size: int) -> None:
    story = told(seed, steps)
    senders = {row[4]: row[6] for row in story.captures if row[7] == Step.SHIP}
    holdings: Counter[Any] = Counter()
    accounts: dict[bytes, Counter[str]] = {}
    parcels: dict[bytes, Counter[str]] = {}
    for first in range(0, story.told // 3 + 1, size):
        kinds = (story.captures, story.inputs, story.voided, story.restored)
        captures, inputs, voided, restored = ([row for row in rows if first <= row[0] < first + size] for rows in kinds)
        said = {row[4]: row[6] for row in (*story.captures, *story.voided)}
        part = fold(captures, inputs, said, voided=voided, restored=restored)
        send_back(part, senders)
        for key, held in part.holdings.items():
            holdings[key] += held
        names = ("born", "held", "in_transit", "sold", "lost", "consumed")
        _add(accounts, names, part.accounts)
        _add(parcels, ("shipped", "received", "returned", "lost"), part.consignments)
    everything = whole(story)
    assert {key: held for key, held in holdings.items() if held} == plain(everything)[0]
    assert _nonzero(accounts) == _nonzero(_add({}, names, everything.accounts))
    assert _nonzero(parcels) == _nonzero(_add({}, ("shipped", "received", "returned", "lost"), everything.consignments))


def _add(sums: dict[bytes, Counter[str]], names: tuple[str, ...], parts: dict[bytes, Any]) -> dict[bytes, Counter[str]]:
    for key, part in parts.items():
        total = sums.setdefault(key, Counter())
        for name in names:
            total[name] += getattr(part, name)
    return sums


def _nonzero(sums: dict[bytes, Counter[str]]) -> dict[bytes, dict[str, int]]:
    found = {key: {name: number for name, number in total.items() if number} for key, total in sums.items()}
    return {key: numbers for key, numbers in found.items() if numbers}
