"""What a diverter says on paper takes nothing off him: returns, write-offs, declared receipts that stand alone."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.custody import service as custody
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.risk import attribution, service
from backend.risk.assembly import Held
from backend.risk.rules import Alert
from backend.units import service as units
from backend.units.rules import Kind
from backend.units.rules_deliveries import Answer, GivenBack
from scanner.device import events
from scanner.device.capture import Step
from scanner.device.events import At, Lot, Parties
from tests.integration.test_risk_unsigned import alert_of, read, say, the_silent, web
from tests.kit.people import DOMAIN, gln, join, key
from tests.kit.risk_trade import BRAND, END, LIQUOR, START, RiskTrade, add_people, enter
from tests.kit.trade import message

__all__ = ["web"]
pytestmark = pytest.mark.integration
SHOP, OTHER = gln(700), gln(701)
GIVEN = START - timedelta(days=8)


def give_back(session: Session, dealer: str, how: str) -> None:
    """The dealer says of all that was sent to him that it went back, was lost, or was never received."""
    if how == "declared":
        for each in capture.list_captures(session, party=dealer, steps=[Step.RECEIVE]):
            event = message(events.declared_wrong(each.event, GIVEN), by=dealer)
            now = GIVEN + timedelta(minutes=1)
            capture.submit(session, event, domain=DOMAIN, now=now, reactions=REACTIONS)
        return
    for sent in custody.list_consignments(session, to=dealer, open=True):
        lot, at = Lot(sent.batch.gtin, sent.batch.batch, sent.open), At(GIVEN, dealer)
        back = events.return_(at, lot, Parties(dealer, BRAND), sent.evidence, [])
        said = back if how == "returned" else events.write_off(at, lot, [], consignment=sent.evidence)
        say(session, said, dealer)


def found(session: Session, trade: RiskTrade) -> Alert | None:
    """The alert about the place where his goods surface."""
    dealer, place = the_silent(trade)
    service.score(session, now=END)
    own = [each for each in service.list_alerts(session) if each.dealer == dealer]
    return next((each for each in own if place in {p["adcode"] for p in each.places}), None)


@pytest.mark.parametrize("how", ["returned", "written off", "declared"])
def test_no_word_of_his_own_takes_a_reading_off_a_diverter(session: Session, how: str) -> None:
    trade = enter(session, silent=how != "declared")
    give_back(session, the_silent(trade)[0], how)
    alert = found(session, trade)
    assert alert is not None, "one event of his own hid him"
    carton = alert.carton
    assert carton["given_back"] == carton["unsigned"] == carton["cases"] > 0
    assert carton["returned"] == 0


@pytest.mark.parametrize("days", [2, 30])
def test_an_objection_is_no_condition_for_being_found(session: Session, days: int) -> None:
    trade = enter(session, silent=True)
    dealer, _ = the_silent(trade)
    sent = custody.list_consignments(session, to=dealer, open=True)
    give_back(session, dealer, "returned")
    for each in sent:
        lot, at = Lot(each.batch.gtin, each.batch.batch, each.open), At(END - timedelta(days=days), BRAND)
        say(session, events.arrive(at, lot, Parties(BRAND, dealer), each.evidence, []), BRAND)
    assert found(session, trade) is not None


@pytest.mark.parametrize("objects", [False, True])
def test_a_shops_paper_makes_a_dealers_signature_no_less(session: Session, objects: bool) -> None:
    trade = enter(session)
    dealer, _ = the_silent(trade)
    joined = GIVEN - timedelta(days=90)
    identity.enrol_party(session, Party(SHOP, "shop", frozenset({"store"}), "510100", dealer), now=joined)
    join(session, SHOP, key(SHOP), now=joined)
    held = next(e for e in custody.list_holdings(session, party=dealer) if e.batch.gtin == LIQUOR.gtin)
    own = units.list_held(session, dealer, held.batch.gtin, held.batch.batch)
    lot = Lot(held.batch.gtin, held.batch.batch, held.held)
    event = events.ship(At(GIVEN, dealer), lot, Parties(dealer, SHOP), [each.unit for each in own if each.is_case])
    sent = say(session, event, dealer)
    later = GIVEN + timedelta(hours=2)
    say(session, events.return_(At(later, SHOP), lot, Parties(SHOP, dealer), sent, []), SHOP)
    if objects:
        later += timedelta(hours=2)
        say(session, events.arrive(At(later, dealer), lot, Parties(dealer, SHOP), sent, []), dealer)
    alert = found(session, trade)
    assert alert is not None
    assert (alert.carton["unsigned"], alert.carton["returned"]) == (0, 0)


def test_the_page_says_that_he_says_he_gave_it_back(sessions: sessionmaker[Session], web: TestClient) -> None:
    with transaction(sessions) as session:
        trade = enter(session, silent=True)
        dealer, _ = the_silent(trade)
        give_back(session, dealer, "returned")
        service.score(session, now=END)
        add_people(session)
        number = alert_of(session, dealer).id
    for language, words in (
        ("zh-CN", ("说已退回的酒", "应当收到的一方没有确认")),
        ("en", ("says it gave back", "by his word alone")),
    ):
        page = read(web, "何静", f"/alerts/{number}", language)
        assert all(each in page for each in words)
        assert "未签收" not in page.split("</header>", 2)[1]


def word(kind: Kind, by: str) -> GivenBack:
    return GivenBack(b"word", kind, by, b"sent", GIVEN)


def test_who_is_read_where_words_stand_alone() -> None:
    """A write-off on the way says nothing of who had it; the brand's own signature ends it."""
    dealers, homes = {OTHER, gln(702)}, {BRAND}
    back = [
        Answer(BRAND, GIVEN, b"word", back=True, returned=word(kind, OTHER)) for kind in (Kind.WRITE_OFF, Kind.RETURN)
    ]
    assert [attribution.read([each], dealers, homes)[0].dealer for each in back] == [None, OTHER]
    had = Answer(OTHER, GIVEN, b"receipt")
    assert attribution.read([had, back[0]], dealers, homes)[-1] == Held(GIVEN, OTHER, b"word", given_back=True)
    confirmed = Answer(BRAND, GIVEN + timedelta(days=1), b"told", back=True)
    assert attribution.read([had, back[1], confirmed], dealers, homes)[-1].dealer is None
    to_a_peer = Answer(gln(702), GIVEN, b"word", back=True, returned=word(Kind.RETURN, OTHER))
    assert attribution.read([to_a_peer], dealers, homes)[0] == Held(GIVEN, gln(702), b"word", returned=True)
