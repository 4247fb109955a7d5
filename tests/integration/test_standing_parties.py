"""Whose standing a step asks for waits for no one else: every step of the trade, with every party suspended and
reinstated around it. Books, fake chain and the order between them follow one table (`asked_for`), which
tests/contract/test_standing.py plays against the contract itself."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import jobs
from backend.anchoring import service as anchoring
from backend.capture.rules import Receipt
from backend.capture.rules_standing import Whose, asked_for
from backend.custody.refusals import PartyNotActive
from backend.db.engine import transaction
from backend.errors import JiulianError
from backend.identity import service
from ledger_indexer.mirror import queries
from scanner.device import events
from scanner.device.capture import Step
from scanner.device.events import At, Lot, Parties
from scanner.device.names import party_id
from tests.integration.test_anchoring_crashes import WRITING, Office
from tests.kit.people import BRAND, DEALER, LIQUOR, NOW, OTHER_DEALER, STORE, WAREHOUSE, enrol
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
Told = dict[str, Any]


@dataclass(frozen=True)
class Dealt:
    """What a step finds of its batch: a consignment of 20 under way from WAREHOUSE to DEALER, each holding 20 more; a
    shipment and a receipt that can be declared errors."""

    lot: Lot
    sent: bytes
    unsent: Told
    received: Told


class Stage:
    """A batch for each step, dealt between BRAND, WAREHOUSE and DEALER, all of it final."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.office = Office(sessions, lanes=3)
        self.at = NOW - timedelta(days=290)
        self.taken: dict[str, bytes] = {}
        with transaction(sessions) as session:
            enrol(session)
            trade = Trade(session, at=self.at)
            self.dealt = {step: _deal(trade, f"B{number}") for number, step in enumerate(_STEPS)}
            self.at = trade.at
        self.office.until_final()
        self.captured = dict(self.office.effects())["captured"]

    def said(self, session: Session, step: str) -> Receipt:
        trade = Trade(session, at=self.at)
        _, by, make = _STEPS[step]
        taken = trade.submit(make(self.dealt[step], trade.place(by)), by=by)
        self.at = trade.at
        return taken

    def stand(self, gln: str, standing: str) -> None:
        with transaction(self.office.sessions) as session:
            service.set_standing(session, gln, standing)

    def standing_on_chain(self, gln: str) -> int:
        with self.office.sessions() as session:
            found = queries.party(session.connection(), party_id(gln))
        assert found is not None
        return found.standing

    def rounds(self, *steps: Callable[..., bool], count: int = 8) -> None:
        """Rounds of a worker that can do these steps only."""
        for _ in range(count):
            self.office.now += timedelta(seconds=10)
            self.office.run(*steps, jobs.send)
            self.office.mine()

    def ended(self, told: int) -> None:
        """All of it is on chain, nothing was refused, books and chain agree."""
        self.rounds(*WRITING, jobs.sanction, count=12)
        with self.office.sessions() as session:
            voided = session.execute(text("select count(*) from mirror.capture_voided")).scalar_one()
        effects = dict(self.office.effects())
        assert (effects["captured"] + voided - self.captured, effects["refused"]) == (told, 0)
        assert not self.office.node.reverted


def _deal(trade: Trade, batch: str) -> Dealt:
    lot, way = Lot(LIQUOR, batch, 10), Parties(WAREHOUSE, DEALER)
    trade.bottle(batch, 200)
    trade.move(90, to=WAREHOUSE, batch=batch)
    sent = trade.ship(50, by=WAREHOUSE, to=DEALER, batch=batch)
    trade.receive(20, sent, by=DEALER, frm=WAREHOUSE, batch=batch)
    unsent = events.ship(trade.place(WAREHOUSE), lot, way)
    received = events.receive(trade.place(DEALER), lot, way, sent)
    trade.submit(unsent, by=WAREHOUSE)
    trade.submit(received, by=DEALER)
    return Dealt(lot, sent, unsent, received)


_WAY, _BACK = Parties(WAREHOUSE, DEALER), Parties(DEALER, WAREHOUSE)
# Step, who says it, and how.
_STEPS: dict[str, tuple[Step, str, Callable[[Dealt, At], Told]]] = {
    "ships": (Step.SHIP, WAREHOUSE, lambda dealt, at: events.ship(at, dealt.lot, _WAY)),
    "receives": (Step.RECEIVE, DEALER, lambda dealt, at: events.receive(at, dealt.lot, _WAY, dealt.sent)),
    "returns": (Step.RETURN, DEALER, lambda dealt, at: events.return_(at, dealt.lot, _BACK, dealt.sent)),
    "loses on the way, as sender": (
        Step.WRITE_OFF,
        WAREHOUSE,
        lambda dealt, at: events.write_off(at, dealt.lot, consignment=dealt.sent),
    ),
    "loses on the way, as addressee": (
        Step.WRITE_OFF,
        DEALER,
        lambda dealt, at: events.write_off(at, dealt.lot, consignment=dealt.sent),
    ),
    "loses": (Step.WRITE_OFF, WAREHOUSE, lambda dealt, at: events.write_off(at, dealt.lot)),
    "sells": (Step.SELL, DEALER, lambda dealt, at: events.sell(at, dealt.lot)),
    "inspects": (Step.INSPECT, WAREHOUSE, lambda dealt, at: events.inspect(at, dealt.lot)),
    "recalls": (Step.RECALL, BRAND, lambda dealt, at: events.recall(at, Lot(LIQUOR, dealt.lot.batch, 0))),
    "declares a shipment an error": (
        Step.SHIP,
        WAREHOUSE,
        lambda dealt, at: events.declared_wrong(dealt.unsent, at.time),
    ),
    "declares a receipt an error": (
        Step.RECEIVE,
        DEALER,
        lambda dealt, at: events.declared_wrong(dealt.received, at.time),
    ),
}


def asked(step: str, gln: str) -> bool:
    """Whether the table says that a step asks for this party's standing."""
    kind, by, _ = _STEPS[step]
    whose = asked_for(kind, declares=step.startswith("declares"))
    part = {by: Whose.SPEAKER, **({DEALER: Whose.ADDRESSEE} if by == WAREHOUSE else {WAREHOUSE: Whose.SENDER})}
    return part.get(gln) in whose


@pytest.fixture
def stage(sessions: sessionmaker[Session]) -> Stage:
    return Stage(sessions)


@pytest.mark.parametrize(
    ("step", "gln", "waits"),
    [
        ("ships", DEALER, True),
        ("receives", WAREHOUSE, True),
        ("returns", WAREHOUSE, True),
        ("sells", DEALER, True),
        ("loses on the way, as sender", DEALER, False),
        ("loses on the way, as addressee", WAREHOUSE, False),
        ("declares a shipment an error", DEALER, False),
        ("declares a receipt an error", WAREHOUSE, False),
        ("ships", BRAND, False),
    ],
)
def test_what_was_said_before_a_suspension_is_on_chain_before_it_if_it_asks_for_it(
    stage: Stage, step: str, gln: str, waits: bool
) -> None:
    with transaction(stage.office.sessions) as session:
        stage.said(session, step)
    stage.stand(gln, "suspended")
    stage.rounds(jobs.enrol, jobs.sanction)  # captures are not bundled meanwhile
    assert stage.standing_on_chain(gln) == (1 if waits else 2)
    stage.ended(told=1)
    assert stage.standing_on_chain(gln) == 2


@pytest.mark.parametrize("gln", [BRAND, WAREHOUSE, DEALER], ids=["brand", "warehouse", "dealer"])
def test_what_is_said_after_a_reinstatement_waits_for_it_if_it_asks_for_it(stage: Stage, gln: str) -> None:
    stage.stand(gln, "suspended")
    stage.rounds(*WRITING, jobs.sanction)
    for step in (step for step in _STEPS if asked(step, gln)):
        with pytest.raises(PartyNotActive), transaction(stage.office.sessions) as session:
            stage.said(session, step)
    stage.stand(gln, "active")
    for step in _STEPS:  # those that wait hold no others up: each is of a batch of its own
        with transaction(stage.office.sessions) as session:
            stage.taken[step] = stage.said(session, step).evidence
    stage.rounds(*WRITING)  # nobody tells the chain of the reinstatement meanwhile
    with stage.office.sessions() as session:
        states = anchoring.states(session, list(stage.taken.values()))
    found = {step: states[evidence].state for step, evidence in stage.taken.items()}
    assert found == {step: "captured" if asked(step, gln) else "final" for step in _STEPS}
    stage.ended(told=len(_STEPS))


COMPANY = (BRAND, WAREHOUSE, DEALER, OTHER_DEALER, STORE)


class Market:
    """Everybody ships to everybody, at random; what the books refuse did not happen."""

    def __init__(self, sessions: sessionmaker[Session], dice: random.Random) -> None:
        self.sessions, self.dice = sessions, dice
        self.at = NOW - timedelta(days=280)
        self.sent: list[tuple[str, str, str, bytes]] = []
        self.told: list[tuple[str, Told]] = []
        self.taken = self.refused = 0

    def step(self) -> None:
        event, by, shipped_to = self._event()
        try:
            with transaction(self.sessions) as session:
                evidence = Trade(session, at=self.at).submit(event, by=by).evidence
        except JiulianError:
            self.refused += 1
            return
        self.taken += 1
        if shipped_to is not None:
            self.sent.append((by, *shipped_to, evidence))
        if "errorDeclaration" not in event:
            self.told.append((by, event))

    def _event(self) -> tuple[Told, str, tuple[str, str] | None]:
        self.at += timedelta(hours=1)
        lot = Lot(LIQUOR, self.dice.choice(("B1", "B2", "B3")), self.dice.randint(1, 4))
        by, to = self.dice.sample(COMPANY, 2)
        kind = self.dice.choice(("ship", "ship", "receive", "receive", "return", "lost", "lose", "declare"))
        if kind == "declare" and self.told:
            by, event = self.dice.choice(self.told)
            return events.declared_wrong(event, self.at), by, None
        if kind in ("receive", "return", "lost") and self.sent:
            sender, addressee, batch, ref = self.dice.choice(self.sent)
            return self._close(kind, Lot(LIQUOR, batch, lot.quantity), Parties(sender, addressee), ref)
        at = At(self.at, by)
        if kind == "lose":
            return events.write_off(at, lot), by, None
        return events.ship(at, lot, Parties(by, to)), by, (to, lot.batch)

    def _close(self, kind: str, lot: Lot, way: Parties, ref: bytes) -> tuple[Told, str, None]:
        sender, addressee = way.sender, way.receiver
        at = At(self.at, addressee)
        if kind == "receive":
            return events.receive(at, lot, way, ref), addressee, None
        if kind == "return":
            return events.return_(at, lot, Parties(addressee, sender), ref), addressee, None
        by = self.dice.choice((sender, addressee))
        return events.write_off(At(self.at, by), lot, consignment=ref), by, None


@pytest.mark.parametrize("seed", range(3))
def test_a_market_of_parties_suspended_and_reinstated_ends_alike_in_books_and_on_chain(
    sessions: sessionmaker[Session], seed: int
) -> None:
    print(f"seed {seed}")
    dice, office = random.Random(seed), Office(sessions, lanes=3)
    with transaction(sessions) as session:
        enrol(session)
        trade = Trade(session, at=NOW - timedelta(days=300))
        for batch in ("B1", "B2", "B3"):
            trade.bottle(batch, 200)
            for gln in COMPANY[1:]:
                trade.move(40, to=gln, batch=batch)
    office.until_final()
    begun, market = dict(office.effects())["captured"], Market(sessions, dice)
    senders, suspended = [relay.relayer for relay in office.relays], set[str]()
    for _ in range(30):
        if dice.random() < 0.6:
            gln = dice.choice(sorted(suspended) if len(suspended) > 1 else COMPANY)
            suspended ^= {gln}
            with transaction(sessions) as session:
                service.set_standing(session, gln, "suspended" if gln in suspended else "active")
        for _ in range(dice.randrange(8)):
            market.step()
        office.now += timedelta(seconds=6)
        steps = [jobs.enrol, jobs.bundle_records, jobs.sanction]
        office.run(*dice.sample(steps, dice.randint(1, 3)), jobs.send)
        office.node.time = int(office.now.timestamp())
        office.node.mine(senders=dice.sample(senders, dice.randrange(4)))
        office.settle()
    for _ in range(60):
        office.now += timedelta(seconds=10)
        office.run(*WRITING, jobs.sanction, jobs.send)
        office.mine()
        if office.states() <= {"final", "refused"}:
            break
    assert market.taken > 20
    assert market.refused > 5
    with sessions() as session:
        voided = session.execute(text("select count(*) from mirror.capture_voided")).scalar_one()
    effects = dict(office.effects())
    assert (effects["captured"] - begun + voided, effects["refused"]) == (market.taken, 0)
    assert not office.node.reverted
