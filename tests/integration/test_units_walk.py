"""Honest parties and cheats side by side, at random: units never contradict the balances, and the record can be made
anew from the captures at any time."""

import os
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.custody import rebuilding
from backend.custody import service as custody
from backend.errors import JiulianError
from backend.reconciliation.comparing_units import compare_units
from backend.units import service as units
from backend.units import store
from scanner.device import events
from scanner.device.capture import Step
from scanner.device.events import Lot, Parties, case_uri
from tests.builders import BRAND, DEALER, LIQUOR, OTHER_DEALER, STORE, WAREHOUSE, Bottle, Trade, bottle_of, enrol, sscc

pytestmark = pytest.mark.integration
STEPS = 2_000 if os.environ.get("JIULIAN_PROVE") else 250
KINDS = ("ship",) * 3 + ("close",) * 3 + ("sell", "pack", "unpack", "undo", "undo", "arrive", "answer")
PARTIES = (BRAND, WAREHOUSE, DEALER, OTHER_DEALER, STORE)


class Walk:
    """A random trade over two batches; most steps are made of what is there, some of what is not."""

    def __init__(self, session: Session, seed: int) -> None:
        self.chance, self.trade = Random(seed), Trade(session)
        self.names: dict[str, list[str]] = {}
        self.bottles: list[Bottle] = []
        for batch in ("B1", "B2"):
            self.trade.bottle(batch, 60)
            run = self.trade.codes(batch, 60)
            cases = [case_uri(each.sscc) for each in run.cases]
            self.names[batch] = cases + [bottle_of(run, n).uri for n in range(60)]
            self.bottles += [bottle_of(run, n) for n in range(60)]
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.taken = self.refused = 0
        self.asked: dict[datetime, dict[int, tuple[str | None, bool]]] = {}
        self.took: list[tuple[datetime, str]] = []
        """Who took something upon himself by declaring his own word about others an error, and when."""

    def step(self) -> None:
        batch, by = self.chance.choice(("B1", "B2")), self.chance.choice(PARTIES)
        event = self._event(batch, by)
        by = self._speaker(event, by)
        self.trade.at += timedelta(minutes=1)
        try:
            with self.trade.db.begin_nested():
                self.trade.submit(event, by=by)
            self.taken += 1
            self.said.append((by, event))
            if event.get("bizStep") == "arriving" and "errorDeclaration" in event:
                self.took.append((self.trade.at, by))
        except JiulianError:
            self.refused += 1

    def _event(self, batch: str, by: str) -> dict[str, Any]:
        kind = self.chance.choice(KINDS)
        if kind == "undo" and self.said:
            return events.declared_wrong(self.chance.choice(self.said[-8:])[1], self.trade.place(by).time)
        if kind == "answer" and (given_back := self._given_back()):
            return self._answering(*given_back)
        if kind in ("close", "arrive"):
            return self._closing(by, arrives=kind == "arrive")
        if kind in ("pack", "unpack"):
            return self._packing(kind, batch, by)
        named = self._own(batch, by) if self.chance.random() < 0.8 else self._any(batch)
        lot = Lot(LIQUOR, batch, self._count(named) + self.chance.choice((0,) * 9 + (1,)))
        if kind == "sell":
            return events.sell(self.trade.place(by), lot, named if self.chance.random() < 0.7 else ())
        to = self.chance.choice([each for each in PARTIES if each != by])
        return events.ship(self.trade.place(by), lot, Parties(by, to), named)

    def _speaker(self, event: dict[str, Any], by: str) -> str:
        """Most declarations are made by who may, and most words about a consignment come from its sender."""
        if self.chance.random() < 0.2:
            return by
        if "errorDeclaration" in event:
            own = {key: value for key, value in event.items() if key != "errorDeclaration"}
            return next((who for who, said in self.said if said == own), by)
        return by

    def _given_back(self) -> tuple[str, str, bytes, list[str]] | None:
        """Something that an addressee gave back: its sender, he, the evidence of the return or shipment, some units."""
        steps = [Step.RETURN, Step.WRITE_OFF]
        found = [each for line, each in custody.list_movements(self.trade.db, steps=steps) if each.ref is not None]
        if not found:
            return None
        word = self.chance.choice(found[-4:])
        sent = custody.find_consignment(self.trade.db, word.ref or b"")
        assert sent is not None
        named = [each.unit for each in units.list_steps(self.trade.db, evidence=word.evidence) if not each.inside]
        confirms = word.step is Step.RETURN and self.chance.random() < 0.4
        ref = word.evidence if confirms else sent.evidence
        pair = (sent.addressee, sent.sender) if confirms else (sent.sender, sent.addressee)
        return (*pair, ref, named[: self.chance.randint(1, 2)])

    def _answering(self, frm: str, to: str, ref: bytes, named: list[str]) -> dict[str, Any]:
        record = store.load(self.trade.db, named)
        batch = next((record[key].batch for key in named if key in record), None) or "B1"
        lot = Lot(LIQUOR, batch, self._count(named))
        return events.arrive(self.trade.place(frm), lot, Parties(frm, to), ref, named)

    def ask(self) -> None:
        """Who answers for some bottles at this moment, by what was told until now."""
        self.asked[self.trade.at] = {n: self.who(n, self.trade.at) for n in self.chance.sample(range(120), 4)}

    def who(self, number: int, at: datetime) -> tuple[str | None, bool]:
        bottle = self.bottles[number]
        told = custody.answer_at(self.trade.db, bottle, at)
        return custody.holder_at(self.trade.db, bottle, at), told is None or told.signed

    def _closing(self, by: str, *, arrives: bool) -> dict[str, Any]:
        found = custody.list_consignments(self.trade.db, open=True)
        mine = [each for each in found if (each.sender if arrives else each.addressee) == by] or found
        if not mine:
            return events.inspect(self.trade.place(by), Lot(LIQUOR, "B1", 1))
        each = self.chance.choice(mine)
        under_way = [unit.unit for unit in units.list_under_way(self.trade.db, each.evidence)]
        named = under_way[: self.chance.randint(0, len(under_way))]
        lot = Lot(LIQUOR, each.batch.batch, self._count(named) or each.open)
        if arrives:
            return events.arrive(self.trade.place(by), lot, Parties(by, each.addressee), each.evidence, named)
        if self.chance.random() < 0.25:
            back = Parties(by, each.sender)
            return events.return_(self.trade.place(by), lot, back, each.evidence, named)
        return events.receive(self.trade.place(by), lot, Parties(each.sender, by), each.evidence, named)

    def _packing(self, kind: str, batch: str, by: str) -> dict[str, Any]:
        named = self._own(batch, by) if self.chance.random() < 0.7 else self._any(batch)
        known = self.chance.choice(self.names[batch][:10])[-18:]
        package = self.chance.choice([*(sscc(9_000 + n) for n in range(6)), known])
        if kind == "pack":
            return events.pack(self.trade.place(by), package, named)
        return events.unpack(self.trade.place(by), package, named if self.chance.random() < 0.5 else ())

    def _own(self, batch: str, by: str) -> list[str]:
        held = [each.unit for each in units.list_held(self.trade.db, by, LIQUOR, batch)]
        return self.chance.sample(held, min(len(held), self.chance.randint(1, 3))) or self._any(batch)

    def _any(self, batch: str) -> list[str]:
        return self.chance.sample(self.names[batch], self.chance.randint(1, 2))

    def _count(self, named: list[str]) -> int:
        record = store.load(self.trade.db, named)
        return sum(record[key].bottles for key in named if key in record) or 1


@pytest.mark.parametrize("seed", [1, 7])
def test_units_and_balances_say_the_same_whatever_anybody_tries(session: Session, seed: int) -> None:
    print(f"seed {seed}, {STEPS} steps")
    enrol(session)
    walk = Walk(session, seed)
    for number in range(STEPS):
        walk.step()
        if number % 3 == 0:
            walk.ask()
        if number % 25 == 0 or number == STEPS - 1:
            sums = units.sums(session)
            accounts, holdings = custody.list_accounts(session), custody.list_holdings(session)
            assert list(compare_units(sums, accounts, holdings)) == []
    print(f"{walk.taken} taken, {walk.refused} refused")
    assert min(walk.taken, walk.refused) > STEPS / 8, "a walk in which nothing happens shows nothing"
    twice = "select unit from unit_custody where parent is null and bottles > 0 group by unit having count(*) > 1"
    assert session.execute(text(twice)).all() == []
    assert rebuilding.compare(session) is None
    assert session.execute(text("select count(*) from delivery")).scalar_one() > 0
    for batch in ("B1", "B2"):
        check_answers(session, walk.names[batch])
    check_words(session)
    check_past(walk)


def check_past(walk: Walk) -> None:
    """Who answered at a time, by what was told then, answers for it still: unless one took it upon himself since.

    He does by signing for what he was said to have got, or by declaring his own word about another an error.
    """
    for at, asked in walk.asked.items():
        for number, before in asked.items():
            now = walk.who(number, at)
            signed_since = now[0] == before[0] and now[1]
            taken_over = any(when > at and by == now[0] for when, by in walk.took)
            assert now == before or signed_since or taken_over, (at, walk.bottles[number].uri, before, now)


def check_answers(session: Session, names: list[str]) -> None:
    """Whoever has not signed for a unit is the addressee of a consignment in which it still travels."""
    record = store.load(session, names)
    found = custody.answers(session, names)
    open_now = {each.evidence: each for each in custody.list_consignments(session, open=True)}
    for unit, answers in found.items():
        assert [each.since for each in answers] == sorted(each.since for each in answers)
        last = answers[-1]
        if last.delivery is not None and not last.disputed:
            outer = record.outermost(unit)
            assert outer.consignment == last.delivery.consignment
            assert open_now[last.delivery.consignment].addressee == last.gln


def check_words(session: Session) -> None:
    """Each bottle stands under one word at most, and is told to be delivered once."""
    for each in custody.list_unconfirmed(session, gtin=LIQUOR):
        assert min(each.bottles, each.disputed) >= 0
        assert each.bottles + each.disputed <= each.movement.quantity
        assert (each.objection is not None) is (each.disputed > 0)
        assert each.objection is None or each.objection.objects_to(each.movement.evidence) > 0
    open_now = {each.evidence: each.open for each in custody.list_consignments(session, open=True)}
    for told in custody.list_unsigned(session, list(open_now)):
        assert 0 < told.quantity <= open_now[told.consignment]


def test_a_record_that_was_tampered_with_is_found_and_made_anew(session: Session) -> None:
    enrol(session)
    trade = Trade(session)
    trade.bottle(quantity=60)
    run = trade.codes(quantity=60)
    trade.move(6, to=DEALER, epcs=[case_uri(run.cases[0].sscc)])
    assert rebuilding.compare(session) is None
    session.execute(
        text("update unit_custody set holder = :o where unit = :u"),
        {"o": OTHER_DEALER, "u": case_uri(run.cases[0].sscc)},
    )
    found = rebuilding.compare(session)
    assert found is not None
    assert (found.table, found.live) == ("unit_custody", True)
    assert OTHER_DEALER in found.sentence
    rebuilding.rebuild(session)
    assert rebuilding.compare(session) is None
    assert custody.holder_at(session, bottle_of(run, 0), trade.at) == DEALER
    trade.move(6, by=DEALER, to=STORE, epcs=[case_uri(run.cases[0].sscc)])
