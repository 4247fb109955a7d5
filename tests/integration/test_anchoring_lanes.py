"""Several keys carry captures side by side: whatever order their transactions are mined in, no batch is overtaken."""

import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import jobs, service
from backend.anchoring.rules import Quote, SignedCapture
from backend.capture import service as capture
from backend.db.engine import transaction
from backend.errors import Unavailable
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Party
from scanner.device.capture import capture_of
from scanner.device.events import Lot
from tests.fakes.relay import FakeRelay
from tests.integration.test_anchoring_crashes import WRITING, Office
from tests.kit.people import BRAND, GRAIN, NOW, OTHER_DEALER, OUTSIDER, SPIRIT, STORE, enrol, signer
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration


@pytest.fixture
def office(sessions: sessionmaker[Session]) -> Office:
    """Three lanes; the company is enrolled, and the chain knows it for good."""
    office = Office(sessions, lanes=3)
    with transaction(sessions) as session:
        enrol(session)
    for _ in range(4):
        office.round()
    return office


def as_said(office: Office) -> list[SignedCapture]:
    """All records in the order in which they were captured."""
    with office.sessions() as session:
        told = list(session.execute(text("select evidence from anchor where kind = 'record' order by seq")).scalars())
        stored = {each.evidence: each for each in capture.list_by_evidence(session, told)}
    return [SignedCapture(capture_of(stored[key].event), stored[key].signer, b"") for key in told]


def as_mined(office: Office) -> list[bytes]:
    """Evidence of records in the order of the chain."""
    with office.sessions() as session:
        rows = session.execute(text("select evidence from mirror.captured order by block_number, log_index"))
        return [bytes(evidence) for evidence in rows.scalars()]


def assert_no_batch_was_overtaken(office: Office) -> None:
    said = as_said(office)
    place = {evidence: at for at, evidence in enumerate(as_mined(office))}
    for batch in set[bytes]().union(*(each.batches for each in said)):
        places = [place[each.capture.evidence] for each in said if batch in each.batches]
        assert places == sorted(places)


def keys_used(office: Office) -> set[bytes]:
    with office.sessions() as session:
        return set(session.execute(text("select relayer from intent where kind = 'record'")).scalars())


def distil(trade: Trade, name: str) -> None:
    """Grain and spirit of a name."""
    trade.harvest(f"G{name}")
    trade.make("distil", [Lot(GRAIN, f"G{name}", 1_000, "KGM")], Lot(SPIRIT, name, 1_000, "LTR"))


@pytest.mark.parametrize("seed", range(6))
def test_no_batch_is_overtaken_in_whatever_order_senders_are_mined(
    office: Office, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.anchoring.jobs.bundling.CAPTURES_MAX", 3)
    print(f"seed {seed}")
    dice, made = random.Random(seed), list[str]()
    senders = [relay.relayer for relay in office.relays]
    highest, trade_at = 0, NOW - timedelta(days=300)
    for _ in range(25):
        with transaction(office.sessions) as session:
            trade = Trade(session, at=trade_at)
            for _ in range(dice.randrange(6)):
                made.append(f"S{len(made)}")
                if len(made) > 3 and dice.random() < 0.5:
                    inputs = [Lot(SPIRIT, name, 1, "LTR") for name in dice.sample(made[:-1], 2)]
                    trade.make("blend", inputs, Lot(SPIRIT, made[-1], 100, "LTR"))
                else:
                    distil(trade, made[-1])
            trade_at = trade.at
        office.now += timedelta(seconds=6)
        office.run(*WRITING, jobs.send)
        office.node.mine(senders=dice.sample(senders, dice.randrange(4)))
        highest = max(highest, len(office.node.blocks))
        if dice.random() < 0.3 and (depth := len(office.node.blocks) - (highest - 2)) > 0:
            office.node.rewind(dice.randint(1, depth), forget=True)  # never what was final
        office.settle()
    office.until_final(rounds=60)
    assert dict(office.effects())["captured"] == len(as_said(office))
    assert dict(office.effects())["refused"] == 0
    assert not office.node.reverted
    assert keys_used(office) == set(senders), "every key had work"
    assert_no_batch_was_overtaken(office)


def test_few_captures_wait_for_company_and_share_a_transaction(office: Office) -> None:
    office.carrier = replace(office.carrier, patience=timedelta(minutes=1))
    heads = "select count(*) from intent where kind = 'head'"
    for number in range(3):
        office.now = NOW + timedelta(seconds=20 * number)
        with transaction(office.sessions) as session:
            distil(Trade(session, at=NOW - timedelta(hours=20 + number), told_at=office.now), f"S{number}")
            service.add_leaf(session, "scan", {"number": number}, now=NOW)
        office.run(*WRITING)
    with office.sessions() as session:
        assert session.execute(text(heads)).scalar_one() == 1, "the first head has nobody to wait for"
    assert keys_used(office) == set()
    office.now = NOW + timedelta(minutes=1)
    office.run(*WRITING)
    with office.sessions() as session:
        assert session.execute(text("select count(*) from intent where kind = 'record'")).scalar_one() == 1
    office.carrier = replace(office.carrier, patience=timedelta(0))
    office.until_final()
    assert office.effects() == [("captured", 6), ("refused", 0), ("leaves", 3)]


def test_a_full_transaction_waits_for_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.anchoring.jobs.bundling.CAPTURES_MAX", 2)
    office.carrier = replace(office.carrier, patience=timedelta(hours=1))
    office.now = NOW
    with transaction(office.sessions) as session:
        distil(Trade(session), "S1")
    office.run(*WRITING)
    assert len(keys_used(office)) == 1


def turn(office: Office) -> None:
    """A round of the worker, whose other jobs go on when one must wait."""
    office.now += timedelta(seconds=10)
    office.run(*WRITING)
    with suppress(Unavailable):
        office.run(jobs.send)
    office.node.mine()
    office.settle()


def test_a_key_without_funds_holds_up_its_own_batches_only(office: Office) -> None:
    poor = office.relays[0].relayer
    office.node.without_funds = {poor}
    with transaction(office.sessions) as session:
        distil(Trade(session), "first")
    turn(office)
    assert keys_used(office) == {poor}
    with transaction(office.sessions) as session:
        trade = Trade(session)
        distil(trade, "other")
        trade.make("distil", [Lot(GRAIN, "Gfirst", 1_000, "KGM")], Lot(SPIRIT, "second", 1_000, "LTR"))
    for _ in range(5):
        turn(office)
    assert office.counts() == {("record", "bundled"): 2, ("record", "final"): 2, ("record", "captured"): 1}
    office.node.without_funds = set()
    office.until_final()
    assert dict(office.effects())["captured"] == 5
    assert_no_batch_was_overtaken(office)


def test_the_worker_hears_of_it_when_no_key_has_funds(office: Office) -> None:
    office.node.without_funds = {relay.relayer for relay in office.relays}
    with transaction(office.sessions) as session:
        distil(Trade(session), "first")
    office.run(*WRITING)
    with pytest.raises(Unavailable, match="insufficient funds"):
        office.run(jobs.send)


def test_a_device_is_silenced_after_all_that_it_said_in_any_lane(office: Office) -> None:
    """The last lane is mined last; the revocation, which the first one carries, comes after it nevertheless."""
    first, *_, last = senders = [relay.relayer for relay in office.relays]
    for number in range(3):
        with transaction(office.sessions) as session:
            distil(Trade(session, at=NOW - timedelta(days=200 - number)), f"S{number}")
        office.run(jobs.bundle_records)
    assert keys_used(office) == set(senders)
    with transaction(office.sessions) as session:
        distil(Trade(session), "S3")
        keys.revoke(session, signer(BRAND), now=office.now)
    for _ in range(4):
        office.now += timedelta(seconds=10)
        office.run(*WRITING, jobs.sanction, jobs.send)
        office.node.mine(senders=senders[:2])
        office.settle()
        assert sanctions(office) == 0
    assert written_by(office, last) == 1, "no lane but the first is given more while somebody is to be silenced"
    assert written_by(office, first) == 2
    office.node.mine()
    office.settle()
    office.run(jobs.sanction)
    assert sanctions(office) == 1


def test_a_party_is_enrolled_once_whatever_its_row_is_made_to_say_afterwards(office: Office) -> None:
    def enrolments() -> list[str]:
        with office.sessions() as session:
            keys = session.execute(text("select key from intent where kind = 'enrol' order by id")).scalars()
            return [key for key in keys if key.startswith(f"party:{STORE}:")]

    office.run(jobs.enrol, jobs.enrol)
    assert enrolments() == [f"party:{STORE}:16:510100"]
    for change in ("roles = '{dealer,store}'", "adcode = '520100'"):
        with transaction(office.sessions) as session:
            session.execute(text(f"update party set {change} where gln = :gln"), {"gln": STORE})
            identity.enrol_party(session, Party(OUTSIDER, "a witness", frozenset(), "510100"), now=NOW)
        office.run(jobs.enrol, jobs.enrol)
    assert enrolments() == [f"party:{STORE}:16:510100"], "the contract would refuse another"


def written_by(office: Office, relayer: bytes) -> int:
    """How many transactions of captures a key was given."""
    with office.sessions() as session:
        query = text("select count(*) from intent where kind = 'record' and relayer = :relayer")
        return int(session.execute(query, {"relayer": relayer}).scalar_one())


def sanctions(office: Office) -> int:
    with office.sessions() as session:
        return int(session.execute(text("select count(*) from intent where kind = 'sanction'")).scalar_one())


@dataclass
class SlowRelay(FakeRelay):
    """A node so slow to quote its fee that a dealer is taken on while a round of enrolments is being written."""

    asked: int = 0

    def quote(self) -> Quote:
        self.asked += 1
        if self.asked == 1:
            with transaction(self.node.sessions) as session:
                enrol(session, OTHER_DEALER)
        return super().quote()


def test_a_dealer_taken_on_while_others_are_being_enrolled_is_enrolled_before_his_keys(
    sessions: sessionmaker[Session],
) -> None:
    office = Office(sessions)
    office.relays = (SlowRelay(office.node),)
    office.carrier = replace(office.carrier, lanes=office.relays)
    with transaction(sessions) as session:
        enrol(session, BRAND)
    for _ in range(4):
        office.round()
    assert not office.node.reverted
    with sessions() as session:
        joined = session.execute(text("select count(*) from mirror.device_enrolled")).scalar_one()
    assert joined == 2
