"""Whoever it concerns sees what went back by one word alone, that it is disputed, and what was declared an error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.capture import service as capture
from backend.custody import service as custody
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.settings import Settings
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.events import Lot, Parties
from tests.builders import DEALER, LIQUOR, OTHER_DEALER, Trade, bottle_of, enrol
from tests.units_stage import case

pytestmark = pytest.mark.integration
PASSWORD = "quite-a-secret"
LOT = Lot(LIQUOR, "B1", 6)


@pytest.fixture
def web(tmp_path: Path, sessions: sessionmaker[Session], database_url: str) -> Iterator[TestClient]:
    with transaction(sessions) as session:
        enrol(session)
        identity.add_user(session, "auditor", PASSWORD, ["auditor"])
        identity.add_user(session, "sender", PASSWORD, ["dealer"], DEALER)
        identity.add_user(session, "addressee", PASSWORD, ["dealer"], OTHER_DEALER)
    with TestClient(create_app(Settings(home=tmp_path, database_url=database_url), sessions)) as made:
        yield made


def returned(session: Session) -> tuple[Trade, CodeRun, bytes]:
    """A case goes from a dealer to another, who sends it back on paper."""
    trade = Trade(session, domain=capture.NO_CHAIN)
    trade.bottle(quantity=60)
    run = trade.codes(quantity=60)
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    sent = trade.ship(6, by=DEALER, to=OTHER_DEALER, epcs=[case(run, 0)])
    back = events.return_(trade.place(OTHER_DEALER), LOT, Parties(OTHER_DEALER, DEALER), sent, [case(run, 0)])
    trade.submit(back, by=OTHER_DEALER)
    return trade, run, sent


def read(web: TestClient, who: str | None, path: str, language: str) -> str:
    headers = {"Accept": "text/html", "Accept-Language": language}
    if who:
        token = web.post("/login", data={"name": who, "password": PASSWORD}).json()["token"]
        headers["Authorization"] = f"Bearer {token}"
    answer = web.get(path, headers=headers)
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


def test_the_sender_has_a_list_of_what_he_has_not_confirmed_and_objects(
    web: TestClient, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        trade, run, sent = returned(session)
        at = trade.at
    bottle = bottle_of(run, 0)
    public = f"/01/{bottle.gtin}/10/{bottle.batch}/21/{bottle.serial}"
    batch = f"/batches/{LIQUOR}/B1"
    for language, mark, claim in (
        ("zh-CN", "发货方未确认", "由您负责"), ("en", "Not confirmed by the sender", "you answer for them"),
    ):  # fmt: skip
        page = read(web, "sender", f"/stock/{DEALER}", language)
        assert mark in page
        assert claim in page
        page = read(web, "addressee", f"/stock/{OTHER_DEALER}", language)
        assert mark in page
        assert claim not in page
        assert mark in read(web, "auditor", batch, language)
    assert "发货方未确认" in read(web, None, public, "zh-CN")
    with transaction(sessions) as session:
        trade = Trade(session, at, domain=capture.NO_CHAIN)
        told = events.arrive(trade.place(DEALER), LOT, Parties(DEALER, OTHER_DEALER), sent, [case(run, 0)])
        trade.submit(told, by=DEALER)
        (line,) = custody.list_unconfirmed(session, gln=DEALER)
        assert (line.bottles, line.disputed) == (0, 6)
    for who, gln in (("sender", DEALER), ("addressee", OTHER_DEALER)):
        page = read(web, who, f"/stock/{gln}", "en")
        assert "Disputed" in page
        assert "6 bottles have not come back" in page
    for reader, path in (("auditor", batch), (None, public)):
        assert "发货方说没有退到" in read(web, reader, path, "zh-CN")


def test_what_the_sender_confirmed_is_on_no_list(web: TestClient, sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        trade, run, _ = returned(session)
        (line,) = custody.list_unconfirmed(session, gln=DEALER)
        word = line.movement.evidence
        told = events.arrive(trade.place(DEALER), LOT, Parties(OTHER_DEALER, DEALER), word, [case(run, 0)])
        trade.submit(told, by=DEALER)
        assert custody.list_unconfirmed(session, gln=DEALER) == []
    assert 'id="given-back"' not in read(web, "sender", f"/stock/{DEALER}", "en")


def test_a_suspended_addressee_is_told_that_his_silence_is_not_held_against_him(
    web: TestClient, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        trade = Trade(session, domain=capture.NO_CHAIN)
        trade.bottle(quantity=60)
        run = trade.codes(quantity=60)
        trade.move(6, to=DEALER, epcs=[case(run, 0)])
        sent = trade.ship(6, by=DEALER, to=OTHER_DEALER, epcs=[case(run, 0)])
        told = events.arrive(trade.place(DEALER), LOT, Parties(DEALER, OTHER_DEALER), sent, [case(run, 0)])
        trade.submit(told, by=DEALER)
    words = "不能算作他的过错"
    assert words not in read(web, "auditor", f"/stock/{OTHER_DEALER}", "zh-CN")
    with transaction(sessions) as session:
        identity.set_standing(session, OTHER_DEALER, "suspended")
    assert words in read(web, "auditor", f"/stock/{OTHER_DEALER}", "zh-CN")
