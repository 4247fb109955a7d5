"""Packings are leaves of the evidence log, and whoever checks a bottle's way asks that their device was in force when
their head came: a revocation comes after the head, and the head after the device."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import jobs, store_tree
from backend.anchoring.rules import LOG
from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.db.engine import transaction
from backend.identity import keys
from ledger_indexer.mirror import queries
from scanner.device import events
from scanner.device.events import At, case_uri
from scanner.device.session import signed_message
from scanner.device.signing import address_of, device_id
from tests.integration.test_anchoring_crashes import WRITING, Office, Step
from tests.kit.people import BRAND, DOMAIN, NOW, OTHER_DEALER, admit, enrol, key, signer
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
_EVER = (2**62, 2**30)


@pytest.fixture
def office(sessions: sessionmaker[Session]) -> Office:
    """A batch in cases, all of it on chain for good."""
    with transaction(sessions) as session:
        enrol(session)
        trade = Trade(session, at=NOW - timedelta(days=300))
        trade.bottle(quantity=18)
        cases = trade.codes(quantity=18).cases
        trade.move(6, to=OTHER_DEALER, epcs=[case_uri(cases[2].sscc)])
    office = Office(sessions)
    office.until_final()
    return office


def unpack(office: Office, case: int, by: bytes = key(BRAND)) -> bytes:
    """A case is unpacked by who holds it, the first two BRAND, the third OTHER_DEALER: a leaf, signed by a device."""
    with transaction(office.sessions) as session:
        cases = session.execute(text("select unit from unit_custody where unit like '%/00/%' order by unit")).scalars()
        event = events.unpack(
            At(NOW - timedelta(days=200 - case), OTHER_DEALER if case == 2 else BRAND), list(cases)[case][-18:]
        )
        said = json.loads(signed_message(event, by, DOMAIN)[1])
        return capture.submit(session, said, domain=DOMAIN, now=office.now, reactions=REACTIONS, late_days=999).evidence


def revoke(office: Office) -> None:
    with transaction(office.sessions) as session:
        keys.revoke(session, signer(BRAND), now=office.now)


def rounds(office: Office, *steps: Step, count: int = 8) -> None:
    for _ in range(count):
        office.now += timedelta(seconds=10)
        office.run(*steps, jobs.send)
        office.mine()


def place_of_head(session: Session, leaf: bytes) -> tuple[int, int] | None:
    """Block and place of the first head that covers a leaf; None while there is none."""
    index = store_tree.find_index(session, leaf)
    found = index is not None and queries.first_head(session.connection(), LOG, index + 1)
    return (found.block_number, found.log_index) if found else None


def places(office: Office, leaf: bytes, of: bytes) -> tuple[tuple[int, int] | None, ...]:
    """Where on chain a device was enrolled, a leaf got its head, and the device was revoked."""
    with office.sessions() as session:
        enrolled, revoked = queries.enrolment(session.connection(), device_id(of), _EVER)
        return enrolled, place_of_head(session, leaf), revoked


def count_revocations(office: Office) -> int:
    with office.sessions() as session:
        return int(session.execute(text("select count(*) from intent where key like 'revoke:%'")).scalar_one())


@pytest.mark.parametrize("taken_back", [0, 1], ids=["", "a block is taken back"])
def test_a_revocation_comes_after_the_head_over_what_its_device_packed_before(office: Office, taken_back: int) -> None:
    first = unpack(office, 0)
    office.run(jobs.bundle_leaves, jobs.send)  # a head is under way already,
    leaf = unpack(office, 1)  # so this one waits for the next
    revoke(office)
    rounds(office, jobs.enrol, jobs.bundle_records, jobs.sanction)
    assert count_revocations(office) == 0, "it waits for the leaf, which nobody has written yet"
    rounds(office, jobs.bundle_leaves, jobs.sanction, count=1)
    if taken_back:
        office.node.rewind(1, forget=True)
        office.settle()
        assert count_revocations(office) == 0, "a head that stands is one that nothing takes back"
    rounds(office, *WRITING, jobs.sanction)
    for each in (first, leaf):
        enrolled, head, revoked = places(office, each, signer(BRAND))
        assert enrolled is not None
        assert head is not None
        assert revoked is not None
        assert enrolled < head < revoked


def test_leaves_of_others_and_leaves_taken_afterwards_hold_up_no_revocation(office: Office) -> None:
    revoke(office)
    leaf = unpack(office, 2, by=key(OTHER_DEALER))
    rounds(office, jobs.enrol, jobs.bundle_records, jobs.sanction)
    assert count_revocations(office) == 1
    assert places(office, leaf, signer(BRAND))[1] is None


def test_a_head_that_died_is_waited_for_still_and_heads_that_are_refused_are_not(office: Office) -> None:
    unpack(office, 0)
    revoke(office)
    died = text("update intent set state = 'reverted' where id = (select max(id) from intent where kind = 'head')")
    for death in range(3):
        assert count_revocations(office) == 0, f"{death} heads were refused"
        office.run(jobs.bundle_leaves)
        with transaction(office.sessions) as session:
            session.execute(died)
        if death < 2:
            office.run(jobs.sanction)
    office.run(jobs.sanction)
    assert count_revocations(office) == 1, "a stolen key is revoked, whatever becomes of the log"


def test_a_leaf_waits_for_a_device_whose_joining_waits_and_holds_up_no_other_leaf(office: Office) -> None:
    """The second device joins after a revocation of its party, which waits for leaves; its own leaf waits for it."""
    before = unpack(office, 0)
    second = key("second")
    with transaction(office.sessions) as session:
        admit(session, BRAND, key("third"), by=key(BRAND), now=office.now)
    rounds(office, jobs.enrol)
    revoke(office)
    with transaction(office.sessions) as session:
        admit(session, BRAND, second, by=key("third"), now=office.now)
    leaf = unpack(office, 1, by=second)
    office.run(jobs.enrol)
    rounds(office, jobs.bundle_leaves, count=3)
    with office.sessions() as session:
        assert place_of_head(session, before) is not None
        assert place_of_head(session, leaf) is None, "the chain does not know its device yet"
    rounds(office, *WRITING, jobs.sanction, count=12)
    enrolled, head, _ = places(office, leaf, address_of(second))
    assert enrolled is not None
    assert head is not None
    assert enrolled < head
