"""A company finds its own receipts, shipments and returns, also when it holds nothing."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.capture import service as capture
from backend.db.engine import transaction
from scanner.device import events
from scanner.device.events import Parties
from tests.integration.test_given_back_pages import LOT, read, returned, web
from tests.kit.people import DEALER, LIQUOR, OTHER_DEALER
from tests.kit.trade import Trade

__all__ = ["web"]
pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("language", "waits"), [("zh-CN", "1 笔退回等本单位确认"), ("en", "1 return waits")])
def test_who_must_answer_is_told_where_he_works(
    web: TestClient, sessions: sessionmaker[Session], language: str, waits: str
) -> None:
    with transaction(sessions) as session:
        returned(session)
    for who, gln in (("sender", DEALER), ("addressee", OTHER_DEALER)):
        page = read(web, who, "/stock", language)
        assert f'href="/stock/{gln}"' in page
        assert (waits in page) is (who == "sender")


def test_a_batch_shows_what_was_declared_an_error_and_by_what(web: TestClient, sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        trade = Trade(session, domain=capture.NO_CHAIN)
        trade.bottle(quantity=60)
        trade.move(6, to=DEALER)
        sent = trade.ship(6, by=DEALER, to=OTHER_DEALER)
        event = events.return_(trade.place(OTHER_DEALER), LOT, Parties(OTHER_DEALER, DEALER), sent, [])
        trade.submit(event, by=OTHER_DEALER)
        wrong = events.declared_wrong(event, trade.place(OTHER_DEALER).time)
        declaration = trade.submit(wrong, by=OTHER_DEALER).evidence
    for language, words in (("zh-CN", "声明有误"), ("en", "Declared an error")):
        page = read(web, "auditor", f"/batches/{LIQUOR}/B1", language)
        assert words in page
        assert f"/captures/{declaration.hex()}" in page
