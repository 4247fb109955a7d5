"""A party with a relayer of its own tells the contract what it does not tell us, and us what contradicts it."""

from datetime import timedelta
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import calls, jobs
from backend.anchoring.rules import Fee, SignedCapture
from backend.app import create_app
from backend.capture import service as capture
from backend.capture.service import capture_for
from backend.clock import now
from backend.db.engine import snapshot, transaction
from backend.identity import service as identity
from backend.reconciliation import service
from backend.reconciliation.rules import Report
from backend.settings import Settings
from scanner.device import events, signing
from scanner.device.events import Lot, Parties
from tests.fakes.relay import DEPLOYMENT, FakeRelay
from tests.integration.test_anchoring_crashes import WRITING, Office
from tests.kit.people import BRAND, DEALER, DOMAIN, LIQUOR, NOW, OTHER_DEALER, enrol, key, signer
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
LOT = Lot(LIQUOR, "B1", 30)


@pytest.fixture
def office(sessions: sessionmaker[Session]) -> Office:
    """DEALER holds thirty bottles, in books and on chain."""
    with transaction(sessions) as session:
        enrol(session)
        trade = Trade(session, at=NOW - timedelta(days=200))
        trade.bottle()
        trade.move(30, to=DEALER)
    office = Office(sessions)
    office.until_final()
    return office


def past_our_desk(office: Office, event: dict[str, object], by: str = DEALER) -> bytes:
    """A party's own relayer carries what its device signed."""
    said = capture_for(event, has_roles=True)
    signed = SignedCapture(said, signer(by), signing.sign(said, key(by), DOMAIN))
    relay = FakeRelay(office.node, b"\x77" * 20)
    office.node.send(relay.sign(calls.record(DEPLOYMENT, [signed]), relay.confirmed_nonce(), Fee(99, 9)).raw)
    office.mine()
    return said.evidence


def settle(office: Office) -> None:
    for _ in range(6):
        office.now += timedelta(seconds=10)
        office.run(*WRITING, jobs.send)
        office.mine()


def compared(office: Office) -> Report:
    with snapshot(office.sessions) as session:
        return service.run(session, now=now())


def pages(office: Office, tmp_path: Path) -> TestClient:
    with transaction(office.sessions) as session:
        identity.add_user(session, "reader", "a long password", ["compliance"])
        token = identity.log_in(session, "reader", "a long password", now=now())
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    return TestClient(create_app(Settings(home=tmp_path), office.sessions), headers=headers)


def shipment() -> dict[str, object]:
    """What DEALER tells the contract alone."""
    return events.ship(events.At(NOW - timedelta(days=9), DEALER), LOT, Parties(DEALER, OTHER_DEALER))


@pytest.fixture
def cheated(office: Office) -> tuple[Office, bytes, bytes]:
    """DEALER ships all of it to a friend on chain, and sells all of it in our books; the chain refuses the sale."""
    told = past_our_desk(office, shipment())
    with transaction(office.sessions) as session:
        sold = Trade(session, at=NOW - timedelta(days=8)).sell(30, by=DEALER)
    office.node.refuse = {sold: holds_less()}
    settle(office)
    return office, told, sold


def holds_less() -> bytes:
    """HoldsLess(batch, party, 0, 30), as the contract gives it."""
    types = ["bytes32", "bytes32", "uint128", "uint256"]
    return keccak(b"HoldsLess(bytes32,bytes32,uint128,uint256)")[:4] + encode(types, [bytes(32), bytes(32), 0, 30])


def test_the_comparison_names_batch_and_party_and_why_the_chain_refused(cheated: tuple[Office, bytes, bytes]) -> None:
    office, told, sold = cheated
    report = compared(office)
    found = {each.capture: each for each in report.differences if each.what == "capture"}
    assert list(found) == [told, sold], "first what the other was refused for"
    assert {each.capture for each in report.differences if each.what != "capture"} == {told}, "so they part there"
    past = found[told].sentence
    assert f"batch B1 of {LIQUOR}" in past
    assert f"capture {told.hex()} of party {DEALER}" in past
    assert "we were never given it: its party told the contract itself" in past
    refused = found[sold].sentence
    assert f"capture {sold.hex()} of party {DEALER}: the contract refused it: HoldsLess, held 0, asked 30" in refused
    assert "never given" not in refused
    assert not [each.sentence for each in report.differences if "batch 0x" in each.sentence or not each.names.batch]
    holdings = {(each.names.party, each.books, each.chain) for each in report.differences if each.what == "holding"}
    assert holdings == set() or all(party for party, _, _ in holdings)


def test_compliance_sees_who_it_was(cheated: tuple[Office, bytes, bytes], tmp_path: Path) -> None:
    office, told, sold = cheated
    compared(office)
    client = pages(office, tmp_path)
    page = client.get("/reconciliations").text
    assert f"party {DEALER}" in page
    assert "B1" in page
    assert "。这一笔没有交给我们，是签名方绕过本系统直接上链的。" in page
    assert f'href="/captures/{told.hex()}"' not in page, "there is no such page"
    listed = client.get("/findings").text
    assert "绕过本系统直接上链" in listed
    assert f"party {DEALER}" in listed
    assert f'href="/captures/{sold.hex()}"' in listed, "the capture of ours that was refused for it"
    assert "Told the chain past our desk" in client.get("/findings?lang=en").text
    assert "its party told the contract itself" in client.get("/reconciliations?lang=en").text
    (finding,) = client.get("/findings", headers={"Accept": "application/json"}).json()
    assert (finding["kind"], finding["party"], finding["evidence"]) == ("PastOurDesk", DEALER, told.hex())
    assert (finding["unit"], finding["against"]) == (events.class_uri(LIQUOR, "B1"), sold.hex())


def test_the_page_says_why_the_contract_refused_what_comes_first(office: Office, tmp_path: Path) -> None:
    with transaction(office.sessions) as session:
        sold = Trade(session, at=NOW - timedelta(days=8)).sell(30, by=DEALER)
    office.node.refuse = {sold: holds_less()}
    settle(office)
    compared(office)
    page = pages(office, tmp_path).get("/reconciliations").text
    assert f"party {DEALER}。合约拒绝了它：" in page
    assert "HoldsLess, held 0, asked 30" in page
    assert "<b>已采集</b>，链上 <b>被合约拒绝</b>" in page


def test_a_capture_that_is_given_to_us_after_all_is_none_against_its_party(office: Office, tmp_path: Path) -> None:
    event = events.sell(events.At(NOW - timedelta(days=9), DEALER), LOT)
    past_our_desk(office, event)
    client = pages(office, tmp_path)
    assert len(client.get("/findings", headers={"Accept": "application/json"}).json()) == 1
    with transaction(office.sessions) as session:
        Trade(session, at=NOW - timedelta(days=9)).submit(event, by=DEALER)
    assert client.get("/findings", headers={"Accept": "application/json"}).json() == []


def test_who_takes_back_what_contradicts_and_gives_us_the_rest_ends_the_alarm(
    cheated: tuple[Office, bytes, bytes], tmp_path: Path
) -> None:
    """The honest way out: the sale that the contract refused is declared an error, and the shipment is handed in."""
    office, told, sold = cheated
    with transaction(office.sessions) as session:
        (sale,) = capture.list_by_evidence(session, [sold])
        trade = Trade(session, at=NOW - timedelta(days=7))
        trade.submit(events.declared_wrong(sale.event, trade.at), by=DEALER)
    settle(office)
    assert {each.capture for each in compared(office).differences} == {told}, "the sale is on neither side now"
    with transaction(office.sessions) as session:
        Trade(session, at=NOW - timedelta(days=7)).submit(shipment(), by=DEALER)
    settle(office)
    assert compared(office).differences == []
    assert pages(office, tmp_path).get("/findings", headers={"Accept": "application/json"}).json() == []


def test_a_declaration_of_error_past_our_desk_is_told_as_one(office: Office) -> None:
    event = shipment()
    with transaction(office.sessions) as session:
        Trade(session, at=NOW - timedelta(days=9)).submit(event, by=DEALER)
    settle(office)
    declared = past_our_desk(office, events.declared_wrong(event, NOW - timedelta(days=8)))
    report = compared(office)
    first = report.differences[0]
    assert (first.what, first.capture, first.speaker, first.past_us) == ("declaration", declared, DEALER, True)
    assert "it declares an error on the chain, and in the books what it declares stands" in first.sentence
    assert f"batch B1 of {LIQUOR}" in first.sentence
    assert not [each.sentence for each in report.differences if "a row was changed without one" in each.sentence]


def test_a_batch_or_a_party_that_the_books_do_not_know_keeps_its_id(office: Office, tmp_path: Path) -> None:
    told = past_our_desk(office, events.harvest(events.At(NOW - timedelta(days=9), BRAND), Lot(LIQUOR, "X", 5)), BRAND)
    report = compared(office)
    first = next(each for each in report.differences if each.capture == told)
    assert (first.names.batch, first.speaker) == (None, BRAND)
    assert f"batch {first.batch_id.hex()}" in first.sentence
    assert pages(office, tmp_path).get("/reconciliations").status_code == 200
    with office.sessions() as session:
        assert session.execute(text("select count(*) from capture where evidence = :e"), {"e": told}).scalar() == 0
