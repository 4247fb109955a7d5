"""Many at once: of any number of captures that need the same unit one wins, and a large shipment does not wait."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.capture.rules import Accepted
from backend.capture.service import Desk, Ordered, Reaction
from backend.custody import rebuilding
from backend.custody import service as custody
from backend.db.engine import transaction
from backend.units import service as units
from backend.units import store
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.events import Lot, Parties, case_uri
from tests.kit.people import BRAND, DEALER, DOMAIN, LIQUOR, OTHER_DEALER, STORE, enrol, sscc
from tests.kit.trade import Trade, bottle_of, evidence_of, message

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


def while_first_is_open(
    sessions: sessionmaker[Session], trade: Trade, first: dict[str, Any], second: dict[str, Any]
) -> str | None:
    """One phone's event is taken and not committed yet while the other's comes in; the refusal of the second."""

    def take() -> str | None:
        refusal = Desk(sessions, DOMAIN, REACTIONS).take(message(second, by=DEALER), now=now).refusal
        return refusal.kind if refusal else None

    now = trade.at + timedelta(hours=1)
    with ThreadPoolExecutor(1) as pool:
        with transaction(sessions) as session:
            capture.submit(session, message(first, by=DEALER), domain=DOMAIN, now=now, reactions=REACTIONS)
            other = pool.submit(take)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.5)
        return other.result(timeout=20)


@pytest.fixture
def hollow(sessions: sessionmaker[Session], run: tuple[CodeRun, Trade]) -> tuple[CodeRun, CodeRun, Trade]:
    """A dealer with loose bottles of two batches, and with cases 810 and 811 that are empty and of no batch."""
    made, trade = run
    with transaction(sessions) as session:
        his = Trade(session, at=trade.at)
        his.move(18, to=DEALER, epcs=[case_uri(made.cases[number].sscc) for number in (1, 2, 3)])
        his.unpack(made.cases[1].sscc, by=DEALER)
        his.bottle(batch="B2", quantity=12)
        other = his.codes(batch="B2", quantity=12)
        his.move(6, to=DEALER, batch="B2", epcs=[case_uri(other.cases[0].sscc)])
        his.unpack(other.cases[0].sscc, by=DEALER)
        for number in (810, 811):
            his.pack(sscc(number), [case_uri(made.cases[1].sscc)], by=DEALER)
            his.unpack(sscc(number), by=DEALER)
        trade.at = his.at
    return made, other, trade


def test_a_case_is_not_packed_away_as_empty_while_a_bottle_comes_into_it(
    sessions: sessionmaker[Session], hollow: tuple[CodeRun, CodeRun, Trade]
) -> None:
    made, _, trade = hollow
    filled = events.pack(trade.place(DEALER), sscc(810), [bottle_of(made, 6).uri])
    away = events.pack(trade.place(DEALER), sscc(812), [case_uri(sscc(810))])
    assert while_first_is_open(sessions, trade, filled, away) is None
    with sessions() as session:
        assert store.load(session, [case_uri(sscc(812))])[case_uri(sscc(812))].bottles == 1
        assert (LIQUOR, "B1", DEALER, "held", 18) in units.sums(session)
        assert rebuilding.compare(session) is None


def test_two_empty_cases_do_not_come_into_each_other(
    sessions: sessionmaker[Session], hollow: tuple[CodeRun, CodeRun, Trade]
) -> None:
    _, _, trade = hollow
    one = events.pack(trade.place(DEALER), sscc(810), [case_uri(sscc(811))])
    other = events.pack(trade.place(DEALER), sscc(811), [case_uri(sscc(810))])
    assert while_first_is_open(sessions, trade, one, other) == "IntoItself"


def test_nothing_comes_into_an_empty_case_on_a_pallet_that_is_being_shipped(
    sessions: sessionmaker[Session], hollow: tuple[CodeRun, CodeRun, Trade]
) -> None:
    made, other, trade = hollow
    with transaction(sessions) as session:
        his = Trade(session, at=trade.at)
        his.pack(sscc(813), [case_uri(made.cases[2].sscc), case_uri(sscc(810))], by=DEALER)
        trade.at = his.at
    pallet = [case_uri(sscc(813))]
    gone = events.ship(trade.place(DEALER), Lot(LIQUOR, "B1", 6), Parties(DEALER, STORE), pallet)
    hidden = events.pack(trade.place(DEALER), sscc(810), [bottle_of(other, 0).uri])
    assert while_first_is_open(sessions, trade, gone, hidden) == "OnTheWay"
    with sessions() as session:
        assert (LIQUOR, "B2", DEALER, "held", 6) in units.sums(session)
        assert rebuilding.compare(session) is None


def test_two_batches_leave_one_mixed_pallet_at_once_and_a_step_back_waits_for_them(
    sessions: sessionmaker[Session], hollow: tuple[CodeRun, CodeRun, Trade]
) -> None:
    made, other, trade = hollow
    with transaction(sessions) as session:
        his = Trade(session, at=trade.at)
        his.pack(sscc(814), [case_uri(made.cases[2].sscc), bottle_of(other, 0).uri, bottle_of(other, 1).uri], by=DEALER)
        trade.at = his.at
    case, bottle = [case_uri(made.cases[2].sscc)], [bottle_of(other, 0).uri]
    one = events.ship(trade.place(DEALER), Lot(LIQUOR, "B1", 6), Parties(DEALER, STORE), case)
    two = events.ship(trade.place(DEALER), Lot(LIQUOR, "B2", 1), Parties(DEALER, STORE), bottle)
    assert while_first_is_open(sessions, trade, one, two) is None
    with sessions() as session:
        assert rebuilding.compare(session) is None, "also what each step says is left on the pallet"
    rest = events.ship(trade.place(DEALER), Lot(LIQUOR, "B2", 1), Parties(DEALER, STORE), [case_uri(sscc(814))])
    back = events.declared_wrong(one, trade.place(DEALER).time)
    assert while_first_is_open(sessions, trade, rest, back) == "LaterEventStands"
    with sessions() as session:
        assert rebuilding.compare(session) is None


def test_one_event_id_is_taken_once(sessions: sessionmaker[Session], run: tuple[CodeRun, Trade]) -> None:
    _, trade = run
    events_ = [
        (STORE, {**events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 1)), "eventID": "urn:uuid:77"}) for _ in range(3)
    ]
    assert sorted(map(str, at_once(sessions, trade, events_))) == ["EventIdTaken", "EventIdTaken", "None"]


@pytest.mark.parametrize("coded", [True, False], ids=["by codes", "by quantity"])
def test_a_delivery_is_shown_once_even_while_its_shipment_is_only_being_told(
    sessions: sessionmaker[Session], run: tuple[CodeRun, Trade], coded: bool
) -> None:
    """The first proof comes while the shipment is not committed yet, the second one after."""
    made, trade = run
    batch, case = ("B1", [case_uri(made.cases[1].sscc)]) if coded else ("B2", [])
    if not coded:
        with transaction(sessions) as session:
            Trade(session, at=trade.at).bottle("B2", 60)
    trade.at += timedelta(hours=9)
    lot, way = Lot(LIQUOR, batch, 6), Parties(BRAND, DEALER)
    sent = events.ship(trade.place(BRAND), lot, way, case)
    proofs = [events.arrive(trade.place(BRAND), lot, way, evidence_of(sent), case) for _ in range(2)]
    locked, committed, go = Event(), Event(), Event()

    def lock_and_wait(session: Session, accepted: Accepted) -> None:
        custody.lock(session, accepted)
        locked.set()
        committed.wait(timeout=20)

    def apply_and_wait(session: Session, accepted: Accepted) -> None:
        custody.apply(session, accepted)
        go.wait(timeout=20)

    slow = (Ordered(lock_and_wait, apply_and_wait), *REACTIONS[1:])

    def take(event: dict[str, Any], reactions: Sequence[Reaction]) -> str | None:
        told = Desk(sessions, DOMAIN, reactions).take(message(event, by=BRAND), now=trade.at + timedelta(hours=1))
        return told.refusal.kind if told.refusal else None

    with ThreadPoolExecutor(2) as pool:
        with transaction(sessions) as session:
            told = message(sent, by=BRAND)
            capture.submit(session, told, domain=DOMAIN, now=trade.at, reactions=REACTIONS)
            first = pool.submit(take, proofs[0], slow)
            locked.wait(timeout=2)
        committed.set()
        second = pool.submit(take, proofs[1], REACTIONS)
        wait([second], timeout=2)
        go.set()
        kinds = [first.result(timeout=30), second.result(timeout=30)]
    assert sorted(map(str, kinds)) == ["AlreadyDelivered", "None"]
    with sessions() as session:
        assert len(custody.list_deliveries(session, [evidence_of(sent)])) == 1
        assert rebuilding.compare(session) is None
