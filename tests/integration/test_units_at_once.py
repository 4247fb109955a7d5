"""Many at once: of any number of captures that need the same unit one wins, and a large shipment does not wait."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from backend.capture.service import Desk
from backend.custody import rebuilding
from backend.db.engine import transaction
from backend.reactions import REACTIONS
from backend.units import service as units
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.events import Lot, Parties, case_uri
from tests.builders import BRAND, DEALER, DOMAIN, LIQUOR, OTHER_DEALER, STORE, Trade, bottle_of, enrol, message

pytestmark = pytest.mark.integration


@pytest.fixture
def run(sessions: sessionmaker[Session]) -> tuple[CodeRun, Trade]:
    """Sixty bottles with codes in force; the first case is in the store."""
    with transaction(sessions) as session:
        enrol(session)
        trade = Trade(session)
        trade.bottle(quantity=60)
        made = trade.codes(quantity=60)
        trade.move(6, to=STORE, epcs=[case_uri(made.cases[0].sscc)])
        return made, trade


def at_once(
    sessions: sessionmaker[Session], trade: Trade, said: Sequence[tuple[str, dict[str, Any]]]
) -> list[str | None]:
    """Hand several events in at the same moment; the kind of each refusal, None for what was taken."""
    desk, start = Desk(sessions, DOMAIN, REACTIONS), Barrier(len(said))

    def take(each: tuple[str, dict[str, Any]]) -> str | None:
        by, event = each
        start.wait(timeout=20)
        refusal = desk.take(message(event, by=by), now=trade.at + timedelta(hours=1)).refusal
        return refusal.kind if refusal else None

    with ThreadPoolExecutor(len(said)) as pool:
        return list(pool.map(take, said))


def test_four_tills_sell_one_bottle_once(sessions: sessionmaker[Session], run: tuple[CodeRun, Trade]) -> None:
    made, trade = run
    bottle = [bottle_of(made, 0).uri]
    sales = [(STORE, events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 1), bottle)) for _ in range(4)]
    assert sorted(map(str, at_once(sessions, trade, sales))) == ["Gone", "Gone", "Gone", "None"]
    with sessions() as session:
        assert (LIQUOR, "B1", STORE, "sold", 1) in units.sums(session)


def test_one_case_is_shipped_once_from_two_phones(sessions: sessionmaker[Session], run: tuple[CodeRun, Trade]) -> None:
    made, trade = run
    case = [case_uri(made.cases[1].sscc)]
    ways = [
        (BRAND, events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, to), case))
        for to in (DEALER, OTHER_DEALER, DEALER, OTHER_DEALER)
    ]
    assert sorted(map(str, at_once(sessions, trade, ways))) == ["None", "OnTheWay", "OnTheWay", "OnTheWay"]
    with sessions() as session:
        assert rebuilding.compare(session) is None, "the order that is kept is the order in which the books moved"


def test_a_case_is_not_shipped_while_a_bottle_is_taken_out_of_it(
    sessions: sessionmaker[Session], run: tuple[CodeRun, Trade]
) -> None:
    made, trade = run
    for number in range(2, 8):
        case, bottle = case_uri(made.cases[number].sscc), bottle_of(made, number * 6).uri
        both = [
            (BRAND, events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), [case])),
            (BRAND, events.unpack(trade.place(BRAND), made.cases[number].sscc, [bottle])),
        ]
        shipped, unpacked = at_once(sessions, trade, both)
        assert (shipped, unpacked) in {(None, "OnTheWay"), ("SumDiffers", None), (None, "BeforeLastStep")}
    with sessions() as session:
        assert rebuilding.compare(session) is None


def test_one_event_id_is_taken_once(sessions: sessionmaker[Session], run: tuple[CodeRun, Trade]) -> None:
    _, trade = run
    events_ = [
        (STORE, {**events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 1)), "eventID": "urn:uuid:77"}) for _ in range(3)
    ]
    assert sorted(map(str, at_once(sessions, trade, events_))) == ["EventIdTaken", "EventIdTaken", "None"]
