"""The books beside the mirror of a real chain: nothing differs, until a row is edited behind the service's back."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.anchoring.rules import territory_of
from backend.app import create_app
from backend.cli import index
from backend.clock import now
from backend.db.engine import make_engine, make_sessions, snapshot, transaction
from backend.errors import Unavailable
from backend.identity import service as identity
from backend.identity import store as identity_store
from backend.identity.rules import Device
from backend.reconciliation import service, store
from backend.reconciliation.rules import Difference, Names, Pair, Report, Run
from backend.settings import Settings, get_settings
from ledger_indexer.rows import tables
from scanner.device import events, signing
from scanner.device.events import Lot, Parties
from scanner.device.names import party_id
from tests.databases import fresh_database
from tests.kit.house import House, open_house
from tests.kit.people import BRAND, DEALER, LIQUOR, NOW, OTHER_DEALER, STORE, admit, enrol, key, register_of, sscc
from tests.kit.reconciled import assert_reconciled
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
CASE = events.case_uri(sscc(99_000_000))


@dataclass
class Books:
    """A little trade, on chain as a whole."""

    house: House
    shipped: bytes
    received: bytes

    @contextmanager
    def tampered(self, *statements: str) -> Iterator[Session]:
        """One snapshot with rows edited behind the service's back; taken back afterwards."""
        with self.house.sessions() as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            session.execute(text("set local session_replication_role = replica"))  # no trigger stands in the way
            for statement in statements:
                values = {"shipped": self.shipped, "received": self.received}
                done = session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
                assert done.rowcount, f"nothing edited by {statement}"  # type: ignore[attr-defined]
            yield session
            session.rollback()

    def compare(self, *statements: str) -> Report:
        with self.tampered(*statements) as session:
            return service.reconcile(session)


def domain_of(house: House) -> signing.Domain:
    deployment = house.deployment
    return signing.Domain(deployment.chain_id, bytes.fromhex(deployment.batch_ledger[2:]))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory, postgres_server: str, template_database: str) -> Iterator[Books]:
    with fresh_database(postgres_server, template_database) as url:
        engine = make_engine(url)
        with open_house(tmp_path_factory.mktemp("house"), url, make_sessions(engine)) as house:
            with transaction(house.sessions) as session:
                enrol(session, register=register_of(house.deployment))
                trade = Trade(session, domain=domain_of(house))
                for batch in ("B1", "B2", "B3"):
                    trade.bottle(batch, 100)
                trade.codes("B2", 100)
                shipped = trade.ship(60, to=DEALER)
                received = trade.receive(40, shipped, by=DEALER)
                back = events.return_(trade.place(DEALER), Lot(LIQUOR, "B1", 5), Parties(DEALER, BRAND), shipped)
                trade.submit(back, by=DEALER)
                trade.move(10, to=STORE, by=DEALER)
                trade.submit(events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 3)), by=STORE)
                wrong = events.ship(trade.place(BRAND), Lot(LIQUOR, "B3", 7), Parties(BRAND, DEALER))
                trade.submit(wrong, by=BRAND)
                trade.submit(events.declared_wrong(wrong, trade.place(BRAND).time), by=BRAND)
                trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B2", 0)), by=BRAND)
                trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B1", 6), [CASE]), by=BRAND)
            house.settle()
            yield Books(house, shipped, received)
        engine.dispose()


def only(report: Report, what: str, field: str) -> Difference:
    found = [each for each in report.differences if (each.what, each.field) == (what, field)]
    assert len(found) == 1, [each.sentence for each in report.differences]
    return found[0]


def test_books_and_chain_say_the_same_of_everything(books: Books) -> None:
    report = assert_reconciled(books.house.sessions)
    assert report.waiting == 0
    assert report.compared > 30


def test_a_holding_off_by_one(books: Books) -> None:
    report = books.compare(f"update holding set held = held + 1 where batch = 'B1' and party = '{DEALER}'")
    found = only(report, "holding", "held")
    assert (found.books, found.chain, found.names.party, found.names.batch) == (31, 30, DEALER, "B1")
    assert found.capture is None
    assert "every capture of it is the same in both" in found.sentence
    assert report.count == 1


def test_a_holding_given_to_another_party(books: Books) -> None:
    report = books.compare(f"update holding set party = '{OTHER_DEALER}' where batch = 'B1' and party = '{DEALER}'")
    found = {(each.names.party, each.books, each.chain) for each in report.differences}
    assert (OTHER_DEALER, 30, None) in found
    assert {(books_, chain) for _, books_, chain in found} == {(30, None), (None, 30)}


def test_bottles_called_lost_that_were_sold(books: Books) -> None:
    report = books.compare("update batch_account set sold = sold - 1, lost = lost + 1 where batch = 'B1'")
    assert (only(report, "account", "sold").books, only(report, "account", "sold").chain) == (2, 3)
    assert (only(report, "account", "lost").books, only(report, "account", "lost").chain) == (1, 0)


def test_a_consignment_addressed_to_another(books: Books) -> None:
    report = books.compare(f"update consignment set addressee = '{OTHER_DEALER}' where evidence = :shipped")
    found = only(report, "consignment", "addressee")
    assert found.consignment == books.shipped
    assert found.books != found.chain


def test_a_consignment_with_less_under_way_than_there_is(books: Books) -> None:
    report = books.compare("update consignment set received = received + 1 where evidence = :shipped")
    assert (only(report, "consignment", "received").books, only(report, "consignment", "received").chain) == (41, 40)


@pytest.mark.parametrize(("batch", "said"), [("B1", True), ("B2", False)])
def test_a_recall_that_nobody_signed_or_that_was_forgotten(books: Books, batch: str, said: bool) -> None:
    report = books.compare(f"update batch_account set recalled = {said} where batch = '{batch}'")
    found = only(report, "mark", "recalled")
    assert (found.books, found.chain, found.names.batch) == (said, not said, batch)


def test_units_that_are_no_longer_called_recalled(books: Books) -> None:
    found = only(books.compare("delete from recall where units is not null"), "recalled_units", "quantity")
    assert (found.books, found.chain) == (0, 6)


def test_a_code_run_with_another_root(books: Books) -> None:
    only(books.compare("update batch_account set units = '\\xff' where units is not null"), "mark", "codes")


def test_a_batch_that_is_missing(books: Books) -> None:
    report = books.compare("delete from batch_account where batch = 'B3'", "delete from holding where batch = 'B3'")
    assert {(each.what, each.field, each.books, each.chain) for each in report.differences} == {
        ("account", "born", None, 100),
        ("account", "held", None, 100),
        ("holding", "held", None, 100),
    }


def test_a_batch_that_nobody_bore(books: Books) -> None:
    report = books.compare(
        f"insert into batch_account (gtin, batch, born, held) values ('{LIQUOR}', 'B9', 7, 7)",
        f"insert into holding values ('{LIQUOR}', 'B9', '{BRAND}', 7)",
    )
    assert report.count == 3
    assert {(each.names.batch, each.books, each.chain) for each in report.differences} == {("B9", 7, None)}


def test_a_capture_that_the_contract_refused(books: Books) -> None:
    report = books.compare(
        "delete from mirror.captured where evidence = :received",
        "update mirror.consignment set received = received - 40 where evidence = :shipped",
        "update mirror.batch_total set held = held - 40, in_transit = in_transit + 40 where batch ="
        " (select batch from mirror.consignment where evidence = :shipped)",
        "update mirror.holding set held = held - 40 where held = 30",
        "update anchor set state = 'refused', refusal = '{\"kind\": \"HoldsLess\"}' where evidence = :received",
    )
    first = report.differences[0]
    assert (first.capture, first.chain) == (books.received, "refused")
    assert "the contract refused it: HoldsLess" in first.sentence
    assert {each.capture for each in report.differences} == {books.received}, "each names the capture they part at"
    assert only(report, "consignment", "received").chain == 0


def test_a_movement_booked_twice(books: Books) -> None:
    report = books.compare(
        "insert into movement select decode(repeat('ab', 32), 'hex'), line, step, gtin, batch, quantity, party,"
        " counterparty, location, ref, at, 1000000, taken_at, late from movement where evidence = :received",
    )
    assert (report.count, report.differences[0].capture) == (1, b"\xab" * 32)
    assert "the chain has no such record" in report.differences[0].sentence


def test_an_input_that_was_never_used_up(books: Books) -> None:
    report = books.compare(
        "insert into movement select evidence, 1, step, gtin, batch, 1, party, counterparty, location, ref, at,"
        " 1000001, taken_at, late from movement where evidence = :received",
    )
    found = only(report, "input", "used_up")
    assert (found.capture, found.books, found.chain) == (books.received, 1, None)


def test_a_movement_with_another_quantity_party_or_consignment(books: Books) -> None:
    for change, field in (
        ("quantity = 39", "quantity"),
        (f"party = '{STORE}'", "party"),
        ("ref = '\\x00'", "ref"),
        ("step = 11", "step"),
        (f"counterparty = '{STORE}'", "counterparty"),
    ):
        report = books.compare(f"update movement set {change} where evidence = :received")
        assert only(report, "capture", field).capture == books.received


def test_a_movement_that_was_struck_out(books: Books) -> None:
    report = books.compare("delete from movement where evidence = :received")
    assert "the books have no such movement" in only(report, "capture", "capture").sentence


def taken(books: Books, session: Session) -> Trade:
    """More captures in an open transaction, which the chain cannot know of."""
    trade = Trade(session, at=NOW - timedelta(days=9), domain=domain_of(books.house))
    trade.bottle("B7", 50)
    shipped = trade.ship(20, to=DEALER, batch="B7")
    trade.receive(5, shipped, by=DEALER, batch="B7")
    back = events.return_(trade.place(DEALER), Lot(LIQUOR, "B7", 4), Parties(DEALER, BRAND), shipped)
    trade.submit(back, by=DEALER)
    trade.receive(2, books.shipped, by=DEALER)
    trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B3", 0)), by=BRAND)
    return trade


def test_what_the_chain_cannot_know_yet_is_waited_for_and_not_a_difference(books: Books) -> None:
    with books.tampered() as session:
        taken(books, session)
        report = service.reconcile(session)
    assert [each.sentence for each in report.differences] == []
    assert report.waiting == 8


def test_a_declaration_of_error_that_is_on_its_way_is_no_difference(books: Books) -> None:
    with books.tampered() as session:
        trade = Trade(session, domain=domain_of(books.house), at=NOW)
        sale = events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 2))
        trade.submit(sale, by=STORE)
        trade.submit(events.declared_wrong(sale, trade.place(STORE).time), by=STORE)
        lost = events.ship(trade.place(BRAND), Lot(LIQUOR, "B3", 9), Parties(BRAND, DEALER))
        trade.submit(lost, by=BRAND)
        trade.submit(events.declared_wrong(lost, trade.place(BRAND).time), by=BRAND)
        report = service.reconcile(session)
    assert [each.sentence for each in report.differences] == []


def test_what_waits_for_the_chain_too_long_is_told(books: Books) -> None:
    with books.tampered() as session:
        trade = taken(books, session)
        seen = {**events.pack(trade.place(DEALER), sscc(1), [events.case_uri(sscc(2))]), "action": "OBSERVE"}
        trade.submit(seen, by=DEALER)
        session.execute(text("update anchor set queued_at = now() - interval '31 minutes' where state = 'captured'"))
        report = service.reconcile(session)
        assert service.reconcile(session, patience=timedelta(minutes=32)).count == 0
    assert [(each.what, each.names.party) for each in report.differences][-2:] == [
        ("waiting", BRAND),
        ("waiting", DEALER),
    ]
    assert {each.field for each in report.differences} == {"under_way_since"}
    assert report.count == 9, "eight movements, and what the dealer saw in a case"
    assert "it is on its way to the chain since" in report.differences[0].sentence


def test_a_device_that_was_written_into_the_database_is_told_with_all_it_signed(books: Books) -> None:
    with books.tampered() as session:
        forged = Device(signing.address_of(key("nobody")), DEALER, "handheld", way="invitation")
        identity_store.add_device(session, forged, NOW)
        trade = Trade(session, at=NOW - timedelta(days=9), domain=domain_of(books.house))
        received = events.receive(trade.place(DEALER), Lot(LIQUOR, "B1", 15), Parties(BRAND, DEALER), books.shipped)
        seen = {**events.pack(trade.place(DEALER), sscc(1), [events.case_uri(sscc(2))]), "action": "OBSERVE"}
        for event in (received, seen):
            trade.submit(event, by="nobody")
        session.execute(text("update anchor set state = 'final' where kind = 'leaf'"))
        report = service.reconcile(session)
        session.execute(text("delete from device where signer = :signer"), {"signer": forged.signer})
        hidden = service.reconcile(session)
    assert [(each.what, each.names.party, each.books) for each in report.differences] == [
        ("signer", DEALER, forged.signer),
        ("signer", DEALER, forged.signer),
    ]
    assert "the chain knows no device" in report.differences[0].sentence
    assert [each.capture for each in hidden.differences] == [report.differences[0].capture], "though its row is gone"


def test_a_device_of_which_the_chain_is_being_told_may_sign_already(books: Books) -> None:
    with books.tampered() as session:
        admit(session, DEALER, key("second"), by=key(DEALER), register=register_of(books.house.deployment))
        trade = Trade(session, at=NOW - timedelta(days=9), domain=domain_of(books.house))
        received = events.receive(trade.place(DEALER), Lot(LIQUOR, "B1", 15), Parties(BRAND, DEALER), books.shipped)
        trade.submit(received, by="second")
        assert service.reconcile(session).count == 0


@pytest.mark.parametrize(
    ("tampering", "what", "field"),
    [
        (f"update holding set held = held + 1 where batch = 'B7' and party = '{DEALER}'", "holding", "held"),
        (f"update holding set held = held - 2 where batch = 'B1' and party = '{DEALER}'", "holding", "held"),
        ("delete from holding where batch = 'B7' and held = 34", "holding", "held"),
        ("update consignment set addressee = 'nobody' where batch = 'B7'", "consignment", "addressee"),
        ("update consignment set lost = lost + 1 where batch = 'B7'", "consignment", "lost"),
        ("update batch_account set sold = 1, held = held - 1 where batch = 'B7'", "account", "sold"),
    ],
)
def test_a_batch_that_never_rests_is_compared_too(books: Books, tampering: str, what: str, field: str) -> None:
    with books.tampered() as session:
        taken(books, session)
        assert session.execute(text(tampering)).rowcount == 1  # type: ignore[attr-defined]
        report = service.reconcile(session)
    assert (what, field) in {(each.what, each.field) for each in report.differences}


def test_a_mirror_that_is_built_anew_meanwhile_gives_no_false_alarm(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = store.pair_captures

    def swapping(session: Session) -> Iterator[Pair]:
        with books.house.sessions.begin() as other:
            other.execute(text("alter schema mirror rename to mirror_old"))
            other.execute(text("create schema mirror"))
            for table in tables.metadata.tables.values():
                name = table.name
                other.execute(text(f"create table mirror.{name} (like mirror_old.{name})"))
        return compare(session)

    monkeypatch.setattr(store, "pair_captures", swapping)
    try:
        with snapshot(books.house.sessions) as session, pytest.raises(Unavailable, match="built anew"):
            service.reconcile(session)
    finally:
        with books.house.sessions.begin() as other:
            other.execute(text("drop schema mirror cascade"))
            other.execute(text("alter schema mirror_old rename to mirror"))


def test_without_a_mirror_nothing_is_compared(session: Session) -> None:
    assert service.run(session, now=NOW) == Report(None)
    assert service.list_runs(session, 10) == []


@pytest.fixture
def command(books: Books, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[int, str]]]:
    monkeypatch.setenv("JIULIAN_DATABASE_URL", str(books.house.settings.database_url))
    get_settings.cache_clear()

    def call(*options: str) -> tuple[int, str]:
        ran = CliRunner().invoke(index.app, ["reconcile", *options])
        return ran.exit_code, ran.output

    yield call
    get_settings.cache_clear()


def test_the_command_and_the_worker_say_it_and_keep_it(
    books: Books, command: Callable[..., tuple[int, str]], caplog: pytest.LogCaptureFixture
) -> None:
    assert command()[0] == 0
    change = "update holding set held = held + {} where batch = 'B1'"
    with transaction(books.house.sessions) as session:
        session.execute(text(change.format(1)))
    try:
        code, told = command()
        assert code == 1
        assert told.count("DIFFERENCE") == 1
        assert "and 2 more; --all shows them" in told
        assert command("--all")[1].count("DIFFERENCE") == 3
        code, told = command("--all", "--json")
        loaded = json.loads(told.splitlines()[-1])
        assert (code, loaded["differences"], len(loaded["listed"])) == (1, 3, 3)
        with caplog.at_level(logging.ERROR), snapshot(books.house.sessions) as session:
            service.run(session, now=now())
        assert "books and chain differ in 3 places" in caplog.text
        with snapshot(books.house.sessions) as session:
            newest, *_ = service.list_runs(session, 1)
        assert newest.differences == 3
        assert newest.first is not None
        assert newest.first["batch_id"] == loaded["listed"][0]["batch_id"]
    finally:
        with transaction(books.house.sessions) as session:
            session.execute(text(change.format(-1)))


def test_the_worker_compares_by_itself(books: Books) -> None:
    with snapshot(books.house.sessions) as session:
        assert service.list_runs(session, 1), "the jobs have run"


def test_the_page_says_what_differs_first_and_raises_an_alarm(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    first = Difference(
        "holding", b"\1" * 32, "held", 45, 57, Names(LIQUOR, "B1", DEALER), capture=b"\2" * 32, why="gone"
    )
    with transaction(sessions) as session:
        identity.add_user(session, "auditor", "a long password", ["auditor"])
        store.add_run(session, Run(NOW, 7, 1200, 3, 2, first.as_json()))
        token = identity.log_in(session, "auditor", "a long password", now=now())
    client = TestClient(create_app(Settings(home=tmp_path), sessions), headers={"Authorization": f"Bearer {token}"})
    chinese = client.get("/reconciliations", headers={"Accept": "text/html"}).text
    assert "账与链有 2 处不一致" in chinese
    english = client.get("/reconciliations?lang=en", headers={"Accept": "text/html"}).text
    assert "Differences of books and chain: 2" in english
    assert 'role="alert"' in english
    assert f'href="/captures/{"02" * 32}"' in english
    (told,) = client.get("/reconciliations").json()
    assert (told["differences"], told["first"]["names"]["party"], told["first"]["books"]) == (2, DEALER, 45)


@pytest.mark.parametrize(
    ("field", "books", "chain", "chinese", "english"),
    [
        ("roles", 40, 8, "角色：账上 <b>经销商、检验方</b>，链上 <b>经销商</b>", "<b>Dealer"),
        ("standing", 1, 2, "资格：账上 <b>正常</b>，链上 <b>暂停</b>", "<b>Suspended"),
        (
            "territory",
            territory_of("510100"),
            territory_of("440600"),
            "区域：账上 <b>成都市</b>，链上 <b>佛山市</b>",
            "<b>佛山市",
        ),
    ],
)
def test_the_page_says_in_words_what_a_party_may_do(
    sessions: sessionmaker[Session], tmp_path: Path, field: str, books: Any, chain: Any, chinese: str, english: str
) -> None:
    first = Difference("party", b"", field, books, chain, Names(party=DEALER), party_id(DEALER))
    with transaction(sessions) as session:
        enrol(session, DEALER)
        identity.add_user(session, "auditor", "a long password", ["auditor"])
        store.add_run(session, Run(NOW, 7, 1200, 3, 1, first.as_json()))
        token = identity.log_in(session, "auditor", "a long password", now=now())
    client = TestClient(create_app(Settings(home=tmp_path), sessions), headers={"Authorization": f"Bearer {token}"})
    page = client.get("/reconciliations", headers={"Accept": "text/html"}).text
    assert f"<p>party {DEALER} · {chinese}" in page
    assert english in client.get("/reconciliations?lang=en", headers={"Accept": "text/html"}).text
