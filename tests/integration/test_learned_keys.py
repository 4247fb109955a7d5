"""What the chain says of keys past our desk counts in the books, and what a rewind takes back counts no more."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import calls, jobs
from backend.anchoring.rules import Call, Fee
from backend.db.engine import transaction
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Device, RevokedDevice
from scanner.device.signing import address_of
from tests.fakes.relay import DEPLOYMENT, FakeRelay
from tests.integration.test_anchoring_crashes import WRITING, Office
from tests.kit.people import BRAND, DEALER, NOW, enrol, key, signer
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
FOREIGN = b"\x77" * 20


@pytest.fixture
def office(sessions: sessionmaker[Session]) -> Office:
    with transaction(sessions) as session:
        enrol(session)
        Trade(session).bottle()
    office = Office(sessions)
    office.until_final()
    return office


def past_our_desk(office: Office, call: Call) -> None:
    """Somebody else's relayer tells the contract, in a block of its own."""
    relay = FakeRelay(office.node, FOREIGN)
    office.node.send(relay.sign(call, relay.confirmed_nonce(), Fee(99, 9)).raw)
    office.mine()


def learn(office: Office) -> None:
    with transaction(office.sessions) as session:
        jobs.learn(session, finality_depth=2, now=office.now)


def later(office: Office, blocks: int) -> None:
    """Blocks of which none says anything new."""
    for _ in range(blocks):
        office.now += timedelta(seconds=10)
        office.mine()
        learn(office)


def device(office: Office, of: bytes) -> Device | None:
    with office.sessions() as session:
        return identity.find_device(session, of)


def is_silenced(office: Office, of: bytes) -> bool:
    found = device(office, of)
    assert found is not None
    return found.silenced_by is not None


def test_a_revocation_past_our_desk_counts_at_once_and_no_more_when_a_rewind_takes_it_back(office: Office) -> None:
    past_our_desk(office, calls.revoke_device(DEPLOYMENT, signer(DEALER)))
    learn(office)
    assert is_silenced(office, signer(DEALER)), "the contract refuses the key already"
    office.node.rewind(1, forget=True)
    learn(office)
    assert is_silenced(office, signer(DEALER)), "it may be in the very next block again"
    later(office, 5)
    assert not is_silenced(office, signer(DEALER))
    with transaction(office.sessions) as session:
        Trade(session, at=NOW - timedelta(days=100)).move(5, to=DEALER)
    office.until_final()
    assert dict(office.effects())["refused"] == 0, "what it says is taken by both"


def test_a_revocation_that_is_mined_again_after_the_rewind_stays(office: Office) -> None:
    past_our_desk(office, calls.revoke_device(DEPLOYMENT, signer(DEALER)))
    learn(office)
    office.node.rewind(1, forget=False)
    later(office, 6)
    assert is_silenced(office, signer(DEALER))
    with pytest.raises(RevokedDevice), transaction(office.sessions) as session:
        Trade(session, at=NOW - timedelta(days=100)).move(5, to=BRAND, by=DEALER)


def test_our_own_revocation_is_no_rewinds_to_take_back(office: Office) -> None:
    with transaction(office.sessions) as session:
        keys.revoke(session, signer(DEALER), now=office.now)
    office.run(*WRITING, jobs.sanction, jobs.send)
    office.mine()
    learn(office)
    office.node.rewind(1, forget=True)
    later(office, 6)
    assert is_silenced(office, signer(DEALER))


def test_a_mirror_that_is_filled_anew_revives_no_key(office: Office) -> None:
    past_our_desk(office, calls.revoke_device(DEPLOYMENT, signer(DEALER)))
    learn(office)
    later(office, 4)
    blocks, times = list(office.node.blocks), list(office.node.times)
    for upto in range(1, len(blocks) + 1):
        office.node.blocks, office.node.times = blocks[:upto], times[:upto]
        office.node.time = times[upto - 1]
        office.node.show()
        learn(office)
        assert is_silenced(office, signer(DEALER)), f"the mirror has come to block {upto}"


def test_a_key_that_joined_past_our_desk_counts_once_no_rewind_takes_it_back(office: Office) -> None:
    planted = address_of(key("planted"))
    past_our_desk(office, calls.admit(DEPLOYMENT, planted, b"", signer(DEALER), b""))
    learn(office)
    assert device(office, planted) is None, "the chain may still forget it"
    office.node.rewind(1, forget=True)
    later(office, 4)
    assert device(office, planted) is None
    past_our_desk(office, calls.admit(DEPLOYMENT, planted, b"", signer(DEALER), b""))
    later(office, 3)
    assert device(office, planted) is not None


def test_an_idle_chain_takes_nothing_back(office: Office) -> None:
    planted = address_of(key("planted"))
    past_our_desk(office, calls.admit(DEPLOYMENT, planted, b"", signer(DEALER), b""))
    office.now += timedelta(seconds=30)
    learn(office)
    assert device(office, planted) is not None
    assert datetime.fromtimestamp(office.node.time, UTC) < office.now
