"""Sanctions on their way to the chain: announced, waited for, carried out; killed at each step; on a real chain too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend import clock
from backend.anchoring import deploying, jobs
from backend.anchoring.relayer import Chain
from backend.anchoring.rules import Carrier
from backend.db.engine import transaction
from backend.errors import Unavailable
from backend.identity import sanctions, service, store
from backend.identity.rules import Principal
from backend.identity.rules_sanctions import Wish
from ledger_indexer.mirror import queries
from scanner.device.names import party_id
from tests.fakes.relay import DEPLOYMENT, Died, FakeNode, FakeRelay
from tests.kit.house import House, open_house
from tests.kit.people import BRAND, DEALER, NOW, STORE, enrol, register_of
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
DAY = timedelta(days=1)
SANCTIONER = bytes([0x55]) * 20


class Office:
    """A worker over a fake node whose contracts want a delay. Every round takes an hour of everybody's time."""

    def __init__(self, sessions: sessionmaker[Session], delay: timedelta = DAY) -> None:
        self.sessions = sessions
        self.node = FakeNode(sessions, sanction_delay=int(delay.total_seconds()))
        deployment = replace(DEPLOYMENT, sanctioner="0x" + SANCTIONER.hex(), sanction_delay_s=self.node.sanction_delay)
        lanes = (FakeRelay(self.node), FakeRelay(self.node, bytes([0x22]) * 20))
        self.carrier = Carrier(lanes, deployment, sanctioner=FakeRelay(self.node, SANCTIONER))
        self.now: datetime = NOW
        self.steps = [
            jobs.enrol,
            jobs.bundle_records,
            jobs.announce_sanctions,
            jobs.put_in_force,
            jobs.sanction,
            jobs.send,
        ]
        with transaction(sessions) as session:
            enrol(session)
            for name in ("wang", "li"):
                store.add_user(session, name, "no password fits", ["compliance"], None)
            found = {name: store.find_password_hash(session, name) for name in ("wang", "li")}
        self.people = {n: Principal(row[0], n, frozenset({"compliance"}), None) for n, row in found.items() if row}

    def round(self) -> None:
        self.now += timedelta(hours=1)
        for step in self.steps:
            try:
                with transaction(self.sessions) as session:
                    step(session, self.carrier, now=self.now)
            except Died:
                return
        self.mine()

    def mine(self) -> None:
        self.node.time = int(self.now.timestamp())
        self.node.mine()
        with transaction(self.sessions) as session:
            jobs.settle(session, finality_depth=2)

    def rounds(self, count: int) -> None:
        for _ in range(count):
            self.round()

    def decide(self, standing: str, *, party: str = DEALER) -> UUID:
        id = uuid4()
        with transaction(self.sessions) as session:
            sanctions.propose(session, Wish(id, party, standing, "why"), by=self.people["wang"], now=self.now)
            sanctions.confirm(session, id, by=self.people["li"], delay=DAY, now=self.now)
        return id

    def withdraw(self, id: UUID) -> None:
        with transaction(self.sessions) as session:
            sanctions.withdraw(session, id, by=self.people["wang"], now=self.now)

    def standings(self, party: str = DEALER) -> tuple[str, int]:
        """In our books and on chain."""
        with self.sessions() as session:
            found = queries.party(session.connection(), party_id(party))
            return service.get_party(session, party).standing, found.standing if found else 0

    def said(self) -> list[str]:
        """Live sanctions of the chain's line, in order."""
        with self.sessions() as session:
            rows = session.execute(text("select key from intent where kind = 'sanction' order by id")).scalars()
            return [":".join(key.split(":")[0:3:2]) for key in rows]


@pytest.fixture
def office(sessions: sessionmaker[Session]) -> Office:
    made = Office(sessions)
    made.rounds(2)
    return made


def test_a_sanction_is_announced_at_once_and_in_force_when_the_delay_has_passed(office: Office) -> None:
    office.decide("suspended")
    office.rounds(3)
    assert office.said() == ["announce:suspended"]
    assert office.standings() == ("active", 1), "the party trades on while it waits"
    office.rounds(20)
    assert office.standings() == ("active", 1)
    office.rounds(4)
    assert office.standings() == ("suspended", 2)
    assert office.said() == ["announce:suspended", "standing:suspended"]
    assert not office.node.reverted


def test_the_page_tells_the_chains_own_time_once_it_is_known(office: Office) -> None:
    id = office.decide("suspended")
    office.rounds(3)
    with office.sessions() as session:
        (found,) = sanctions.list_sanctions(session, party_gln=DEALER)
    assert found.id == id
    announced = found.effective_from
    assert announced is not None
    assert announced.timestamp() in {time + 86_400 for time in office.node.times}


def test_what_is_withdrawn_while_it_waits_is_taken_back_on_chain_and_may_be_decided_anew(office: Office) -> None:
    office.withdraw(office.decide("suspended"))
    office.rounds(2)
    assert office.said() == [], "what was never announced is not taken back"
    id = office.decide("suspended")
    office.rounds(3)
    office.withdraw(id)
    office.decide("suspended")
    office.rounds(40)
    assert office.said() == ["announce:suspended", "withdraw:suspended", "announce:suspended", "standing:suspended"]
    assert office.standings() == ("suspended", 2)
    assert not office.node.reverted


def test_withdrawn_at_the_last_moment_it_never_takes_effect(office: Office) -> None:
    id = office.decide("revoked")
    office.rounds(20)
    office.withdraw(id)
    office.rounds(30)
    assert office.standings() == ("active", 1)


def test_a_party_is_suspended_reinstated_and_revoked(office: Office) -> None:
    for standing, number in (("suspended", 2), ("active", 1), ("suspended", 2), ("revoked", 3)):
        office.decide(standing)
        office.rounds(32)
        assert office.standings() == (standing, number)
    assert not office.node.reverted


def test_several_parties_wait_side_by_side(office: Office) -> None:
    office.decide("suspended")
    office.decide("revoked", party=STORE)
    office.rounds(32)
    assert (office.standings(), office.standings(STORE)) == (("suspended", 2), ("revoked", 3))


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("at", range(4))
def test_a_kill_at_any_hand_over_ends_in_the_same_world(office: Office, fault: str, at: int) -> None:
    office.decide("suspended")
    office.node.faults = [""] * at + [fault]
    office.rounds(36)
    assert office.standings() == ("suspended", 2)
    assert office.said() == ["announce:suspended", "standing:suspended"]
    assert not office.node.reverted


@pytest.mark.parametrize("step", ["announce_sanctions", "put_in_force", "sanction"])
def test_a_kill_before_a_step_is_committed_leaves_it_to_be_done(office: Office, step: str) -> None:
    office.decide("suspended")
    real, killed = getattr(jobs, step), []

    def dies_once(session: Session, carrier: Carrier, *, now: datetime) -> bool:
        if real(session, carrier, now=now) and not killed:
            killed.append(now)
            raise Died
        return False

    office.steps[office.steps.index(real)] = dies_once
    office.rounds(36)
    assert killed
    assert office.standings() == ("suspended", 2)
    assert office.said() == ["announce:suspended", "standing:suspended"]
    assert not office.node.reverted


def test_an_announcement_that_the_chain_forgot_is_made_again(office: Office) -> None:
    office.decide("suspended")
    office.rounds(3)
    office.now += timedelta(days=8)  # the worker was away
    with transaction(office.sessions) as session:
        jobs.put_in_force(session, office.carrier, now=office.now)
    assert office.standings() == ("active", 1), "our books wait for the chain"
    with transaction(office.sessions) as session:
        assert jobs.announce_sanctions(session, office.carrier, now=office.now)
    assert office.said() == ["announce:suspended"] * 2


def test_a_rewind_that_takes_the_announcement_back_only_costs_time(office: Office) -> None:
    office.decide("suspended")
    office.rounds(1)
    office.node.rewind(1, forget=True)
    office.rounds(36)
    assert office.standings() == ("suspended", 2)


def test_without_the_sanctioners_key_our_books_wait_too(office: Office) -> None:
    office.decide("suspended")
    office.carrier = replace(office.carrier, sanctioner=None)
    for step in (jobs.announce_sanctions, jobs.put_in_force):
        with pytest.raises(Unavailable, match="SANCTIONER_KEY"), transaction(office.sessions) as session:
            step(session, office.carrier, now=office.now + 2 * DAY)
    assert office.standings() == ("active", 1)


def test_what_the_party_said_before_stands_on_chain_before_it_is_silenced(office: Office) -> None:
    with transaction(office.sessions) as session:
        trade = Trade(session)
        trade.bottle(quantity=100)
        trade.move(60, to=DEALER)
    office.decide("suspended")
    office.steps.remove(jobs.bundle_records)
    office.rounds(30)
    assert office.standings()[1] == 1, "captures wait"
    office.steps.insert(0, jobs.bundle_records)
    office.rounds(4)
    assert office.standings() == ("suspended", 2)


# On a real chain


@pytest.fixture
def house(tmp_path: Path, database_url: str, sessions: sessionmaker[Session]) -> Iterator[House]:
    """Contracts that want three seconds."""
    with open_house(tmp_path, database_url, sessions, sanction_delay=timedelta(seconds=3)) as opened:
        with sessions.begin() as session:
            enrol(session, register=register_of(opened.deployment))
        yield opened


def test_the_contract_holds_a_sanction_back_for_its_delay(house: House) -> None:
    with house.sessions.begin() as session:
        for name in ("wang", "li"):
            store.add_user(session, name, "no password fits", ["compliance"], BRAND)
        people = {n: store.find_password_hash(session, n) for n in ("wang", "li")}
    wang, li = (Principal(row[0], n, frozenset({"compliance"}), BRAND) for n, row in people.items() if row)

    def is_said(number: int) -> bool:
        def look(session: Session) -> bool:
            found = queries.party(session.connection(), party_id(DEALER))
            return found is not None and found.standing == number

        house.until(look)
        return True

    assert is_said(1)
    for standing, number in (("suspended", 2), ("active", 1), ("revoked", 3)):
        id, began = uuid4(), clock.now()
        with house.sessions.begin() as session:
            sanctions.propose(session, Wish(id, DEALER, standing, "why"), by=wang, now=began)
            sanctions.confirm(session, id, by=li, delay=timedelta(seconds=3), now=began)
        assert is_said(number)
        assert clock.now() - began > timedelta(seconds=2), "a block's time is in whole seconds"
        with house.sessions() as session:
            assert service.get_party(session, DEALER).standing == standing
            dead = session.execute(text("select key from intent where state in ('reverted', 'lost')")).scalars().all()
            assert dead == []


def test_who_enrols_cannot_sanction_on_the_chain_that_we_deploy(house: House) -> None:
    from eth_account import Account

    from backend.anchoring import calls
    from ledger_indexer.node.keys import relayer_keys

    keys = relayer_keys(house.settings.home / "chain")
    enroller = Chain(house.node, keys[0])
    assert house.deployment.sanctioner != Account.from_key(keys[0]).address.lower()
    house.until(lambda session: queries.party(session.connection(), party_id(DEALER)) is not None)
    call = calls.set_standing(house.deployment, party_id(DEALER), "suspended")
    quote = enroller.quote()
    signed = enroller.sign(call, quote.nonce, quote.fee)
    enroller.send(signed.raw)
    outcome = None
    while outcome is None:
        outcome = enroller.outcome(signed.hash)
    assert outcome is False


def test_a_deployment_with_one_key_for_both_duties_is_refused(tmp_path: Path) -> None:
    key = bytes([7]) * 32
    with pytest.raises(deploying.SameKey):
        deploying.deploy("http://127.0.0.1:9", key, sanctioner=Chain("http://127.0.0.1:9", key).relayer)
