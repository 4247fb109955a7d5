"""A worker killed between any two durable steps, a node that forgets, a chain that rewinds: the same end each time."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import calls, jobs, service
from backend.anchoring.jobs.carriers import open_carrier
from backend.anchoring.rules import LOG, Call, Carrier, Delivery, Fee, TransactionsKeepFailing
from backend.capabilities import JOBS
from backend.db.engine import make_engine, make_sessions, transaction
from backend.errors import Unavailable
from backend.settings import Reconciliation, Risk, Settings
from backend.working import Work
from ledger_indexer.mirror import queries
from scanner.device import events
from scanner.device.events import Lot
from tests.databases import Once, fresh_database
from tests.fakes.relay import DEPLOYMENT, Died, FakeNode, FakeRelay
from tests.kit.people import BRAND, DEALER, LIQUOR, NOW, enrol
from tests.kit.reconciled import assert_reconciled
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
Step = Callable[..., bool]
WRITING: tuple[Step, ...] = (jobs.enrol, jobs.bundle_records, jobs.bundle_leaves)


class Office:
    """A worker over a fake node. `now` moves by ten seconds with every round, so that nothing waits for the clock."""

    def __init__(self, sessions: sessionmaker[Session], lanes: int = 1) -> None:
        self.sessions = sessions
        self.node = FakeNode(sessions)
        self.relays = tuple(FakeRelay(self.node, bytes([0x11 + lane]) * 20) for lane in range(lanes))
        self.carrier = Carrier(self.relays, DEPLOYMENT)
        self.now: datetime = NOW

    def evidences(self) -> list[bytes]:
        """Of the captures with a step, in their order."""
        with self.sessions() as session:
            found = session.execute(text("select evidence from anchor where kind = 'record' order by seq"))
            return list(found.scalars())

    def run(self, *steps: Step) -> None:
        for step in steps:
            with transaction(self.sessions) as session:
                step(session, self.carrier, now=self.now)

    def settle(self) -> None:
        with transaction(self.sessions) as session:
            jobs.settle(session, finality_depth=2)

    def round(self) -> None:
        """One round of a worker; a kill ends it, and the next one begins anew."""
        self.now += timedelta(seconds=10)
        try:
            self.run(*WRITING, jobs.send)
        except Died:
            return
        self.mine()
        self.run(jobs.bump, jobs.examine)

    def mine(self) -> None:
        """A block of now, seen by the mirror and by the worker."""
        self.node.time = int(self.now.timestamp())
        self.node.mine()
        self.settle()

    def until_final(self, rounds: int = 30) -> int:
        """Rounds until everything is final."""
        for number in range(rounds):
            if self.states() <= {"final"}:
                return number
            self.round()
        raise AssertionError(f"not final after {rounds} rounds: {self.counts()}")

    def counts(self) -> dict[tuple[str, str], int]:
        with self.sessions() as session:
            return service.count_states(session)

    def states(self) -> set[str]:
        return {state for _, state in self.counts()}

    def effects(self) -> list[tuple[str, int]]:
        """What the chain came to: recorded captures, refusals, the log's size; books and chain agree."""
        assert_reconciled(self.sessions)
        with self.sessions() as session:
            head = queries.head(session.connection(), LOG)
            captured = session.execute(text("select count(*) from mirror.captured")).scalar_one()
            refused = session.execute(text("select count(*) from mirror.capture_refused")).scalar_one()
            return [("captured", captured), ("refused", refused), ("leaves", head.size if head else 0)]


def tell_waiting(sessions: sessionmaker[Session]) -> None:
    """Six records and five leaves wait for the chain."""
    with transaction(sessions) as session:
        enrol(session)
        trade = Trade(session)
        trade.bottle(quantity=100)
        trade.move(60, to=DEALER)
        trade.ship(10, to=DEALER)
        for number in range(5):
            service.add_leaf(session, "scan", {"number": number}, now=NOW)


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    return once(tell_waiting)[0]


@pytest.fixture
def untold(postgres_server: str, schema: str) -> Iterator[sessionmaker[Session]]:
    """A database of which nothing was told."""
    with fresh_database(postgres_server, schema) as url:
        engine = make_engine(url)
        yield make_sessions(engine)
        engine.dispose()


@pytest.fixture(params=[1, 3], ids=["one lane", "three lanes"])
def office(request: pytest.FixtureRequest, sessions: sessionmaker[Session]) -> Office:
    """A worker for what waits."""
    return Office(sessions, lanes=request.param)


DONE = [("captured", 6), ("refused", 0), ("leaves", 5)]


def test_without_a_mishap_everything_is_final_in_a_few_rounds(office: Office) -> None:
    office.until_final(rounds=5)
    assert office.effects() == DONE


@pytest.mark.parametrize("fault", ["before", "after", "away"])
@pytest.mark.parametrize("at", range(0, 12, 1 if os.environ.get("JIULIAN_PROVE") else 3))
def test_a_kill_at_any_hand_over_ends_in_the_same_world(office: Office, fault: str, at: int) -> None:
    office.node.faults = [""] * at + [fault]
    with suppress(Unavailable):
        office.until_final()
    office.until_final()
    assert office.effects() == DONE
    assert not office.node.reverted, "nothing reached the chain twice"


@pytest.mark.parametrize("step", range(3))
def test_a_kill_before_an_intent_is_committed_leaves_the_evidence_waiting(office: Office, step: int) -> None:
    office.run(*WRITING[:step])
    with pytest.raises(Died), transaction(office.sessions) as session:  # noqa: PT012
        WRITING[step](session, office.carrier, now=office.now)
        raise Died
    office.until_final()
    assert office.effects() == DONE


def test_a_kill_after_an_intent_is_committed_sends_those_very_bytes(office: Office) -> None:
    office.run(*WRITING)
    with office.sessions() as session:
        written = set(session.execute(text("select raw from intent")).scalars())
    again = Office(office.sessions, lanes=len(office.relays))  # a new process over the same database
    again.run(*WRITING, jobs.send)
    assert set(again.node.pool.values()) == written
    again.until_final()
    assert again.effects() == DONE


def test_what_a_node_took_before_it_had_enough_is_not_handed_over_again(office: Office) -> None:
    office.run(*WRITING)
    office.node.faults += ["", "away"] * len(office.relays)
    for _ in range(20):
        with suppress(Unavailable):
            office.run(jobs.send)
    given = office.node.given
    assert given, "nothing was written"
    assert len(given) == len(set(given)), "a transaction was handed over twice"
    assert set(given) == set(office.node.pool.values())


def test_a_node_is_asked_nothing_while_nothing_waits(office: Office) -> None:
    with pytest.raises(Unavailable, match="down"):  # noqa: PT012
        office.run(*WRITING)
        office.node.is_down = True
        office.run(jobs.send)
    office.node.is_down = False
    office.until_final()
    office.node.is_down = True
    office.now += timedelta(hours=1)
    office.run(*WRITING, jobs.send, jobs.bump, jobs.examine)


def test_what_a_rewind_below_the_final_took_back_is_handed_over_again(office: Office, tmp_path: Path) -> None:
    office.until_final()
    office.node.rewind(len(office.node.blocks), forget=True)
    office.now += timedelta(minutes=1)
    settings = Settings(home=tmp_path, risk=Risk(every_hours=0), reconciliation=Reconciliation(every_minutes=0))
    work = Work(settings, office.sessions)
    work.keep_at_node(open_carrier, office.carrier)
    for _, step, _ in JOBS:  # as the worker does it by itself
        step(work)
    office.mine()
    office.until_final()
    assert office.effects() == DONE


def test_a_node_that_forgets_its_pool_is_told_again(office: Office) -> None:
    office.run(*WRITING, jobs.send)
    office.node.pool.clear()
    office.until_final()
    assert office.effects() == DONE


@pytest.mark.parametrize("forget", [True, False])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_rewind_takes_anchored_back_to_bundled_and_then_on_to_final(office: Office, depth: int, forget: bool) -> None:
    office.round()
    office.round()
    assert "bundled" not in office.states()
    office.node.rewind(depth, forget=forget)
    office.settle()
    if depth == 2:
        assert office.states() == {"bundled"}
    office.until_final()
    assert office.effects() == DONE


def test_a_declaration_stands_and_falls_with_its_block_like_any_capture(office: Office) -> None:
    with transaction(office.sessions) as session:
        trade = Trade(session, at=NOW - timedelta(days=290))  # after the batch was born
        event = events.inspect(trade.place(BRAND), Lot(LIQUOR, "B1", 3))
        looked = trade.submit(event, by=BRAND).evidence
        declared = trade.submit(events.declared_wrong(event, trade.at), by=BRAND).evidence

    def state() -> str:
        with office.sessions() as session:
            return service.states(session, [declared])[declared].state

    office.round()
    office.round()
    assert state() in {"anchored", "final"}
    office.node.rewind(2, forget=True)
    office.settle()
    assert state() == "bundled"
    office.until_final()
    with office.sessions() as session:
        assert queries.voided_by(session.connection(), [looked, declared]) == {looked: declared}


def test_a_transaction_that_blocks_pass_by_is_signed_again_with_a_higher_fee_and_the_same_nonce(
    office: Office,
) -> None:
    office.run(*WRITING, jobs.send)
    stuck = dict(office.node.pool)
    office.node.pool.clear()
    office.now += timedelta(minutes=2)
    office.mine()
    office.node.pool = dict(stuck)
    office.node.fee = Fee(50, 5)
    office.run(jobs.bump, jobs.send)
    first = min(stuck)
    assert office.node.pool[first] != stuck[first]
    assert set(office.node.pool) == set(stuck)
    office.until_final()
    assert office.effects() == DONE


def test_a_chain_that_is_down_for_an_hour_costs_nothing_but_time(office: Office) -> None:
    office.run(*WRITING, jobs.send)
    office.mine()
    with transaction(office.sessions) as session:
        Trade(session, at=NOW - timedelta(days=100)).bottle("B2")
    office.run(*WRITING, jobs.send)  # sent, and the chain is gone before a block has it
    with transaction(office.sessions) as session:
        Trade(session, at=NOW - timedelta(days=50)).bottle("B3")
    office.run(*WRITING)  # written, and not even sent
    office.node.is_down = True
    for minute in range(60):
        office.now += timedelta(minutes=1)
        for step in (*WRITING, jobs.send, jobs.bump, jobs.examine):
            with suppress(Unavailable):
                office.run(step)
        with transaction(office.sessions) as session:
            service.add_leaf(session, "scan", {"minute": minute}, now=office.now)
    office.node.is_down = False
    office.node.fee = Fee(99, 9)
    office.run(jobs.bump)
    office.until_final()
    assert office.effects() == [("captured", 12), ("refused", 0), ("leaves", 65)]
    assert not office.node.reverted
    with office.sessions() as session:
        signed = session.execute(text("select max(cardinality(hashes)), count(*) from intent")).one()
    assert signed[0] == 1, "nobody paid more for the wait"
    assert signed[1] == sum(len(block) for block in office.node.blocks), "every transaction is one that was meant"


def test_a_nonce_that_somebody_else_used_is_not_waited_for(office: Office) -> None:
    office.run(*WRITING)
    foreign = office.relays[0].sign(_nothing(), 0, Fee(99, 9)).raw
    office.node.send(foreign)
    office.node.mine(show=False)
    office.now += timedelta(minutes=2)
    office.until_final()
    assert dict(office.effects())["captured"] == 6


def _nothing() -> Call:
    return calls.enrol_party(DEPLOYMENT, bytes(31) + b"\1", 1, bytes(32))


def test_a_capture_of_a_device_the_chain_does_not_know_waits_with_its_batch(untold: sessionmaker[Session]) -> None:
    sessions = untold
    with transaction(sessions) as session:
        enrol(session)
        Trade(session).bottle(quantity=100)
    office = Office(sessions)
    office.run(jobs.bundle_records)
    assert office.counts() == {("record", "captured"): 3}
    office.until_final()


def test_two_workers_do_not_write_the_same_evidence_twice(office: Office) -> None:
    with transaction(office.sessions) as session:
        assert jobs.enrol(session, office.carrier, now=office.now)
        with transaction(office.sessions) as other:
            assert not jobs.enrol(other, office.carrier, now=office.now)
    office.until_final()
    assert office.effects() == DONE


def test_what_the_contract_refuses_is_kept_with_its_reason_and_numbers(office: Office) -> None:
    with office.sessions() as session:
        (last,) = session.execute(text("select evidence from anchor where kind = 'record' order by seq desc limit 1"))
    reason = keccak(b"HoldsLess(bytes32,bytes32,uint128,uint256)")[:4]
    reason += encode(["bytes32", "bytes32", "uint128", "uint256"], [b"\1" * 32, b"\2" * 32, 3, 4])
    office.node.refuse = {last.evidence: reason}
    for _ in range(5):
        office.round()
    with office.sessions() as session:
        state = service.find_state(session, last.evidence)
    assert state is not None
    assert state.state == "refused"
    assert state.refusal is not None
    assert (state.refusal["kind"], state.refusal["held"], state.refusal["asked"]) == ("HoldsLess", "3", "4")


def test_evidence_sent_once_more_stays_final(office: Office) -> None:
    office.until_final()
    with transaction(office.sessions) as session:
        session.execute(
            text("update anchor set state = 'captured', intent = null where seq = (select min(seq) from anchor)")
        )
    office.round()
    assert dict(office.effects())["refused"] == 1, "the ledger had it already"
    office.until_final()
    assert dict(office.effects())["captured"] == 6


def test_a_head_that_is_refused_again_and_again_stops_the_line(office: Office) -> None:
    office.run(*WRITING, jobs.send)
    with transaction(office.sessions) as session:
        session.execute(text("update intent set state = 'reverted', key = 'head:5' where kind <> 'record'"))
        session.execute(text("delete from head"))
    with pytest.raises(TransactionsKeepFailing):
        office.run(jobs.bundle_leaves)


def test_a_capture_with_which_transactions_revert_is_given_up_and_holds_up_no_other(office: Office) -> None:
    evidences = office.evidences()
    office.node.poison = {evidences[-1]}
    for _ in range(40):
        office.round()
    with office.sessions() as session:
        states = service.states(session, evidences)
        bad = states[evidences[-1]]
    assert (bad.state, bad.refusal) == ("refused", {"kind": "TransactionsReverted", "transactions": "4"})
    assert {states[each].state for each in evidences[:-1]} == {"final"}


def test_a_capture_that_no_block_has_room_for_is_given_up_before_a_transaction_is_made(office: Office) -> None:
    office.node.block_gas = 100_000
    office.run(*WRITING)
    with office.sessions() as session:
        states = service.states(session, office.evidences())
    assert {each.refusal and each.refusal["kind"] for each in states.values()} == {"BlockTooSmall"}
    assert not office.node.pool


@dataclass
class Rationed(FakeRelay):
    """A relayer at a node that answers so many questions, and then "too often"."""

    left: int = 0

    def _ask(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unavailable("too often", retry_after_s=1.0)

    def confirmed_nonce(self) -> int:
        self._ask()
        return super().confirmed_nonce()

    def send(self, raw: bytes) -> Delivery:
        self._ask()
        return super().send(raw)


def test_a_node_that_answers_one_question_a_round_is_handed_everything(office: Office) -> None:
    """A quota that a question of ours would use up takes nothing from what waits to be handed over."""
    office.run(*WRITING)
    rationed = tuple(Rationed(office.node, each.relayer) for each in office.relays)
    office.carrier = Carrier(rationed, DEPLOYMENT)
    for _ in range(60):
        for each in rationed:
            each.left = 1
        with suppress(Unavailable):
            office.run(jobs.send)
    assert len(set(office.node.given)) == len(office.node.pool) > 0
    with office.sessions() as session:
        assert session.execute(text("select count(*) from intent where sent_at is null")).scalar_one() == 0
