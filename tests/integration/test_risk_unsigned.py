"""What the engine names where nobody signed, and where bottles surface after they were sold: over the real tables."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.catalog import service as catalog
from backend.catalog.rules import Unit
from backend.identity import service as identity
from backend.identity.rules import Location, Party
from backend.risk import service
from backend.risk.rules import Alert, AlertKind
from backend.settings import Settings, Web
from backend.verification import store_openings
from backend.verification.rules import Visitor
from scanner.codes.run import make_run
from scanner.device import events
from scanner.device.events import At, Lot, Parties, case_uri, item_uri
from tests.kit.people import DOMAIN, GRAIN, SPIRIT, gln, join, key
from tests.kit.risk_trade import BRAND, END, LIQUOR, PASSWORD, START, RiskTrade, add_people, enter
from tests.kit.trade import message

pytestmark = pytest.mark.integration
SHOP = gln(700)


def say(session: Session, event: dict[str, Any], by: str) -> bytes:
    now = datetime.fromisoformat(str(event["eventTime"])) + timedelta(minutes=1)
    said = message(event, by=by)
    return capture.submit(session, said, domain=DOMAIN, now=now, reactions=REACTIONS).evidence


def the_silent(trade: RiskTrade) -> tuple[str, str]:
    plant = trade.network.plants[0]
    return trade.glns[plant.dealer], plant.place


def alert_of(session: Session, dealer: str, kind: str = AlertKind.DIVERSION) -> Alert:
    return next(alert for alert in service.list_alerts(session) if (alert.dealer, alert.kind) == (dealer, kind))


def test_who_never_signs_is_named_with_the_senders_proof_and_the_mark(session: Session) -> None:
    trade = enter(session, silent=True)
    dealer, place = the_silent(trade)
    service.score(session, now=END)
    assert trade.guilty <= {(a.dealer, p["adcode"]) for a in service.list_alerts(session) for p in a.places}
    alert = alert_of(session, dealer)
    found = next(each for each in alert.places if each["adcode"] == place)
    assert any(term["name"] == "unsigned" and term["hundredths"] < 0 for term in found["terms"])
    assert alert.carton["unsigned"] == alert.carton["cases"] > 0
    told = alert.carton["way"][-1]
    assert (told["step"], told["addressee"], told["actor"]) == ("arrive", dealer, BRAND)
    assert told["papers"] == ["urn:sf-express:waybill:SF1400"]
    others = [each for each in service.list_alerts(session) if each.dealer != dealer]
    assert not any(term["name"] == "unsigned" for each in others for p in each.places for term in p["terms"])


@pytest.fixture
def web(sessions: sessionmaker[Session], tmp_path: Path) -> TestClient:
    client = TestClient(create_app(Settings(home=tmp_path, web=Web(demo_clock=True)), sessions))
    client.headers["X-Demo-Now"] = END.isoformat()
    return client


def read(web: TestClient, who: str, path: str, language: str) -> str:
    token = web.post("/login", data={"name": who, "password": PASSWORD}).json()["token"]
    headers = {"Accept": "text/html", "Accept-Language": language, "Authorization": f"Bearer {token}"}
    answer = web.get(path, headers=headers)
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


def test_whoever_reads_such_an_alert_and_the_dealer_himself_see_that_he_has_not_signed(
    web: TestClient, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session, session.begin():
        trade = enter(session, silent=True)
        add_people(session)
        dealer, _ = the_silent(trade)
        identity.add_user(session, "silent", PASSWORD, ["dealer"], dealer)
        service.score(session, now=END)
        number = alert_of(session, dealer).id
        bottle = alert_of(session, dealer).carton
    for language, mark in (("zh-CN", "收货方未签收"), ("en", "Not signed by the addressee")):
        page = read(web, "何静", f"/alerts/{number}", language)
        assert page.count(mark) >= 3, "in the claim, in its terms, and at the step itself"
        assert "SF1400" in page
        assert mark in read(web, "何静", "/alerts", language)
        assert mark in read(web, "silent", f"/stock/{dealer}", language)
    public = f"/01/{bottle['gtin']}/10/{bottle['batch']}/21/{bottle['serial']}"
    assert "收货方未签收" in read(web, "何静", public, "zh-CN")


@pytest.mark.parametrize("late", [False, True])
def test_the_journey_of_an_alert_marks_what_was_told_late(
    web: TestClient, sessions: sessionmaker[Session], late: bool
) -> None:
    with sessions() as session, session.begin():
        trade = enter(session, silent=True, late=late)
        add_people(session)
        dealer, _ = the_silent(trade)
        service.score(session, now=END)
        alert = alert_of(session, dealer)
    told = {step["step"] for step in alert.carton["way"] if step.get("late")}
    assert told == ({"ship", "arrive"} if late else set())
    for language, mark in (("zh-CN", ">补报<"), ("en", ">told late<")):
        page = read(web, "何静", f"/alerts/{alert.id}", language)
        assert page.count(mark) == (4 if late else 0), "in the journey and among the evidence, both times"


def test_an_alert_says_that_the_dealer_could_not_sign_and_what_went_back_by_anothers_word(
    web: TestClient, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session, session.begin():
        trade = enter(session, silent=True)
        add_people(session)
        dealer, _ = the_silent(trade)
        identity.set_standing(session, dealer, "suspended", now=END - timedelta(days=20))
        service.score(session, now=END)
        number = alert_of(session, dealer).id
        assert alert_of(session, dealer).carton["suspended"] == (END - timedelta(days=20)).isoformat()
    page = read(web, "何静", f"/alerts/{number}", "zh-CN")
    assert "不能因为他没有签名而怪他" in page
    assert "发货方未确认" not in page
    with sessions() as session, session.begin():
        returned = "update alert set carton = jsonb_set(carton, '{returned}', carton->'unsigned') where id = :id"
        session.execute(text(returned), {"id": number})
    for language, mark in (("zh-CN", "发货方未确认"), ("en", "Not confirmed by the sender")):
        assert mark in read(web, "何静", f"/alerts/{number}", language)


def open_shop(session: Session, trade: RiskTrade, cases: int) -> list[Unit]:
    """A shop at the first dealer's home takes cases of the brand's and says that it sold every bottle by its name."""
    home = trade.network.dataset.dealers[0].home
    now = START
    identity.enrol_party(session, Party(SHOP, "成都人民路烟酒店", frozenset({"store"}), home, gln(200)), now=now)
    join(session, SHOP, key(SHOP), now=now)
    identity.add_location(session, Location(SHOP, SHOP, "成都人民路烟酒店", home, 30.0, 104.0))
    lot, run = _more_bottles(session, cases)
    units = catalog.list_units(session, run)
    epcs = [case_uri(units[6 * n].sscc or "") for n in range(cases)]
    sent = say(session, events.ship(At(now, BRAND), lot, Parties(BRAND, SHOP), epcs), BRAND)
    say(session, events.receive(At(now, SHOP), lot, Parties(BRAND, SHOP), sent, epcs), SHOP)
    sold = [item_uri(unit.gtin, unit.serial) for unit in units]
    say(session, events.sell(At(now + timedelta(days=1), SHOP), lot, sold), SHOP)
    return units


def _more_bottles(session: Session, cases: int) -> tuple[Lot, Any]:
    at, lot = At(START - timedelta(days=5), BRAND), Lot(LIQUOR.gtin, "260109B1", 6 * cases)
    say(session, events.harvest(at, Lot(GRAIN, "G9", 9_000, "KGM")), BRAND)
    spirit = Lot(SPIRIT, "S9", 9_000, "LTR")
    say(session, events.transformation(at, "distil", [Lot(GRAIN, "G9", 9_000, "KGM")], spirit), BRAND)
    say(session, events.transformation(at, "bottle", [spirit], lot), BRAND)
    run = make_run(lot.gtin, lot.batch, lot.quantity, 6, "06901234", Random(9).randbytes, first_case=50_000)
    record = catalog.add_code_run(session, run, now=at.time)
    say(session, events.commission(at, lot, run.root), BRAND)
    return lot, record


def open_bottles(session: Session, units: list[Unit], adcode: str, *, before: bool = False) -> None:
    """One bottle of each case is opened with its inner code in a city, a few a week."""
    for index, unit in enumerate(units[::6]):
        at = START + (timedelta(hours=1) if before else timedelta(weeks=4 + index % 4, hours=index))
        store_openings.add_opening(session, unit, Visitor(f"phone {index}", adcode), at, bytes(32))


def test_bottles_opened_far_away_after_they_were_sold_name_the_seller(session: Session) -> None:
    trade = enter(session)
    units = open_shop(session, trade, 10)
    open_bottles(session, units, "110000")
    run = service.score(session, now=END)
    alert = alert_of(session, SHOP, AlertKind.RESOLD)
    assert alert.places[0]["adcode"] == "110000"
    assert alert.places[0]["seen"] == 10
    assert [step["step"] for step in alert.carton["way"]][-2:] == ["receive", "sell"]
    assert {each.dealer for each in service.list_alerts(session) if each.kind == AlertKind.RESOLD} == {SHOP}
    assert run.findings >= 1
    service.score(session, now=END)
    assert alert_of(session, SHOP, AlertKind.RESOLD) == alert, "scored again it changes nothing"


def test_a_sale_declared_an_error_after_its_bottles_surfaced_still_names_the_seller(session: Session) -> None:
    trade = enter(session)
    units = open_shop(session, trade, 10)
    sale = capture.list_captures(session, after=0, limit=100_000)[-1].event
    open_bottles(session, units, "110000")
    late = END - timedelta(hours=1)
    wrong = message(events.declared_wrong(sale, late), by=SHOP)
    capture.submit(session, wrong, domain=DOMAIN, now=late, reactions=REACTIONS)
    service.score(session, now=END)
    alert = alert_of(session, SHOP, AlertKind.RESOLD)
    assert alert.places[0]["seen"] == 10
    told = alert.carton["way"][-1]
    assert (told["step"], told["declared"]) == ("sell", late.isoformat())


@pytest.mark.parametrize("how", ["before the sale", "at home"])
def test_bottles_opened_before_the_sale_or_at_home_name_nobody(session: Session, how: str) -> None:
    trade = enter(session)
    units = open_shop(session, trade, 10)
    home = trade.network.dataset.dealers[0].home
    open_bottles(session, units, home if how == "at home" else "110000", before=how == "before the sale")
    service.score(session, now=END)
    assert not [each for each in service.list_alerts(session) if each.kind == AlertKind.RESOLD]


def test_the_page_of_a_sold_bottle_elsewhere_speaks_of_the_seller_and_not_of_the_buyer(
    web: TestClient, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session, session.begin():
        trade = enter(session)
        add_people(session)
        open_bottles(session, open_shop(session, trade, 10), "110000")
        service.score(session, now=END)
        number = alert_of(session, SHOP, AlertKind.RESOLD).id
    for language, words in (("zh-CN", "记为售出的酒"), ("en", "recorded as sold")):
        page = read(web, "何静", f"/alerts/{number}", language)
        assert words in page
        assert "成都人民路烟酒店" in page
        assert words[:4] in read(web, "何静", "/alerts", language)
