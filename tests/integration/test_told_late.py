"""A delivery that its sender told of days afterwards: whoever reads where goods were, or who had them, sees that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.capture import service as capture
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.settings import Settings
from scanner.device import events
from scanner.device.events import Lot, Parties, case_uri
from tests.kit.people import BRAND, DEALER, LIQUOR, NOW, OTHER_DEALER, enrol
from tests.kit.trade import Bottle, Trade, bottle_of

pytestmark = pytest.mark.integration
PASSWORD = "quite-a-secret"


@dataclass
class Desk:
    """The pages as people read them; one dealer's delivery was told in time, the other's three days late."""

    client: TestClient
    bottles: dict[str, Bottle]
    spare: Bottle

    def get(self, path: str, name: str, *, html: bool = True) -> Any:
        token = self.client.post("/login", data={"name": name, "password": PASSWORD}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"} | ({"accept": "text/html"} if html else {})
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text[:300]
        return answer.text if html else answer.json()


@pytest.fixture
def desk(tmp_path: Path, sessions: sessionmaker[Session], database_url: str) -> Iterator[Desk]:
    with transaction(sessions) as session:
        enrol(session)
        identity.add_user(session, "auditor", PASSWORD, ["auditor"])
        trade = Trade(session, at=NOW - timedelta(days=9), domain=capture.NO_CHAIN)
        trade.bottle(quantity=60)
        run = trade.codes(quantity=60)
        for number, dealer in enumerate((DEALER, OTHER_DEALER)):
            identity.add_user(session, dealer, PASSWORD, ["dealer"], dealer)
            names = [case_uri(run.cases[number].sscc)]
            sent = trade.ship(6, to=dealer, epcs=names)
            lot, move = Lot(LIQUOR, "B1", 6), Parties(BRAND, dealer)
            event = events.arrive(trade.place(BRAND), lot, move, sent, names)
            trade.told_at = trade.at + timedelta(days=3) if dealer == OTHER_DEALER else None
            trade.submit(event, by=BRAND)
        bottles = {DEALER: bottle_of(run, 0), OTHER_DEALER: bottle_of(run, 6)}
    with TestClient(create_app(Settings(home=tmp_path, database_url=database_url), sessions)) as made:
        yield Desk(made, bottles, bottle_of(run, 12))


def test_a_batch_marks_the_late_delivery_and_no_other(desk: Desk) -> None:
    page = desk.get(f"/batches/{LIQUOR}/B1", "auditor")
    assert (page.count("收货方未签收"), page.count(">补报<")) == (2, 1)
    told = desk.get(f"/batches/{LIQUOR}/B1", "auditor", html=False)
    assert {each["late"] for each in told["steps"]} == {False}
    delivered = {each["addressee"]: each["delivered"] for each in told["under_way"]}
    assert {dealer: each["late"] for dealer, each in delivered.items()} == {DEALER: False, OTHER_DEALER: True}
    assert delivered[DEALER]["since"] == delivered[DEALER]["at"]
    assert delivered[OTHER_DEALER]["since"] > delivered[OTHER_DEALER]["at"]


def test_the_stock_page_says_from_when_the_addressee_answers(desk: Desk) -> None:
    in_time, late = (desk.get(f"/stock/{dealer}", dealer) for dealer in (DEALER, OTHER_DEALER))
    assert ("从那天起由收货方负责" in in_time, "补报" in in_time) == (True, False)
    assert ("从那天起由收货方负责" in late, "补报" in late) == (False, True)
    shown = re.search(r"说 (\S+) \S+ 已送达.*所以从报上来的 (\S+) \S+ 起由收货方负责", late, re.S)
    assert shown is not None
    first, second = (int(each.rpartition("/")[2]) for each in shown.groups())
    assert second - first == 3, "three days after the day that its sender names"
    english = desk.get(f"/stock/{OTHER_DEALER}?lang=en", OTHER_DEALER)
    assert "since it was told" in english
    assert "From that day" not in english


@pytest.mark.parametrize("page", ["", "/check"])
def test_the_consumer_is_told_that_the_delivery_was_told_late(desk: Desk, page: str) -> None:
    for dealer, bottle in desk.bottles.items():
        text = desk.get(f"/01/{LIQUOR}/10/B1/21/{bottle.serial}{page}", dealer)
        (row,) = (each for each in re.findall(r"<li data-evidence.*?</li>", text, re.S) if "收货方未签收" in each)
        assert ("事后一天多才报" in row) == (dealer == OTHER_DEALER)
        assert text.count("事后一天多才报") == (dealer == OTHER_DEALER)


def test_the_app_hears_that_the_delivery_was_told_late(desk: Desk) -> None:
    for dealer in (DEALER, OTHER_DEALER):
        (job,) = desk.get("/warehouse/documents", dealer, html=False)["receive"]
        assert (job["delivered_at"] is not None, job["delivered_late"]) == (True, dealer == OTHER_DEALER)


def test_a_step_that_was_told_late_is_marked_for_consumer_and_in_stock(
    desk: Desk, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        trade = Trade(session, at=NOW - timedelta(days=4), domain=capture.NO_CHAIN, told_at=NOW)
        trade.move(1, to=DEALER, epcs=[desk.spare.uri])
    assert ">补报<" in desk.get(f"/stock/{DEALER}", DEALER)
    assert "事后一天多才报" in desk.get(f"/01/{LIQUOR}/10/B1/21/{desk.spare.serial}", DEALER)
    steps = desk.get(f"/batches/{LIQUOR}/B1", "auditor", html=False)["steps"]
    assert [each["late"] for each in steps[:3]] == [True, True, False]
