"""Orders on PostgreSQL: from the first wish to the last bottle received."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from backend.capture import store as captures
from backend.custody.refusals import NothingInTransit
from backend.db.engine import make_engine, make_sessions
from backend.errors import CommandReused, NotFound, Refused
from backend.identity.rules import PartySuspended, Principal
from backend.identity.store import set_standing
from backend.orders import matching, rules, service
from backend.orders.rules import LineWish, Order
from backend.stock import service as stock
from scanner.device import events
from scanner.device.events import Lot, Parties, recall
from tests.kit import picking
from tests.kit.trade import accepted
from tests.kit.wholesale import (
    AGED,
    BRAND,
    BY_AUDITOR,
    BY_BRAND,
    BY_DEALER,
    BY_OTHER,
    BY_WAREHOUSE,
    CIDER,
    DEALER,
    DISTILLERY,
    OTHER_DEALER,
    STORE,
    WAREHOUSE,
    Wholesale,
    open_wholesale,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def trade(session: Session, now: datetime) -> Wholesale:
    return open_wholesale(session, now)


def wish(bottles: int = 12, *, id: UUID | None = None, gtin: str = AGED.gtin, buyer: str = DEALER) -> service.Wish:
    return service.Wish(id or uuid4(), buyer, WAREHOUSE, (LineWish(gtin, bottles),))


def command(by: Principal = BY_BRAND, id: UUID | None = None) -> service.Command:
    return service.Command(id or uuid4(), by)


def placed(trade: Wholesale, bottles: int = 12, **what: Any) -> Order:
    order = wish(bottles, **what)
    return service.place(trade.session, order, by=BY_BRAND, now=trade.now)[0]


def allocated(trade: Wholesale, bottles: int = 12, **what: Any) -> Order:
    order = placed(trade, bottles, **what)
    service.approve(trade.session, order.id, command(), now=trade.now)
    return service.allocate(trade.session, order.id, command(), now=trade.now)


def numbers(trade: Wholesale, party: str = WAREHOUSE, batch: str = "YL2603A") -> tuple[int, int, int]:
    row = next((r for r in stock.overview(trade.session, party) if r.batch == batch), None)
    return (row.held, row.allocated, row.available) if row else (0, 0, 0)


def seen(trade: Wholesale, id: UUID) -> Order:
    return service.get_order(trade.session, id, by=BY_BRAND)


def test_an_order_is_served_from_wish_to_receipt(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 60)
    order = allocated(trade, 24)
    assert (order.state, numbers(trade)) == ("allocated", (60, 24, 36))
    assert order.amount_fen == 24 * 49_900
    first = trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 18), order=order.id)
    assert (seen(trade, order.id).state, numbers(trade)) == ("partly_dispatched", (42, 6, 36))
    second = trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 6), order=order.id)
    assert (seen(trade, order.id).state, numbers(trade)) == ("dispatched", (36, 0, 36))
    trade.receive(DEALER, WAREHOUSE, Lot(AGED.gtin, "YL2603A", 17), first)
    assert seen(trade, order.id).state == "partly_received"
    trade.send_back(DEALER, WAREHOUSE, Lot(AGED.gtin, "YL2603A", 1), first)
    trade.receive(DEALER, WAREHOUSE, Lot(AGED.gtin, "YL2603A", 6), second)
    assert seen(trade, order.id).state == "received"
    assert numbers(trade, DEALER) == (23, 0, 23)
    kinds = [each.kind for each in service.list_happenings(trade.session, order.id)]
    assert kinds[:3] == ["placed", "approved", "allocated"]
    assert sorted(kinds[3:]) == ["dispatched", "dispatched", "received", "received", "returned"]


def test_the_wine_that_expires_first_leaves_first(trade: Wholesale) -> None:
    trade.bottle("LATE", 24, product=CIDER, produced_on=date(2026, 3, 1))
    trade.bottle("SOON", 24, product=CIDER, produced_on=date(2025, 6, 1))
    trade.bottle("GONE", 24, product=CIDER, produced_on=date(2025, 1, 1))
    order = allocated(trade, 36, gtin=CIDER.gtin)
    assert {each.batch: each.bottles for each in order.allocations} == {"SOON": 24, "LATE": 12}


def test_a_recalled_batch_is_promised_to_nobody(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 24)
    trade.capture(BRAND, recall(trade.at(BRAND), Lot(AGED.gtin, "YL2603A", 0)))
    with pytest.raises(matching.OutOfStock):
        allocated(trade, 12)


def test_an_order_that_cannot_be_served_whole_is_not_promised_in_part(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 24)
    both = service.Wish(uuid4(), DEALER, WAREHOUSE, (LineWish(AGED.gtin, 12), LineWish(CIDER.gtin, 12)))
    order, _ = service.place(trade.session, both, by=BY_DEALER, now=trade.now)
    service.approve(trade.session, order.id, command(), now=trade.now)
    with pytest.raises(matching.OutOfStock) as refused, trade.session.begin_nested():
        service.allocate(trade.session, order.id, command(), now=trade.now)
    assert refused.value.details == {"gtin": CIDER.gtin, "wanted": 12, "available": 0}
    assert numbers(trade) == (24, 0, 24)
    assert seen(trade, order.id).state == "approved"


def test_a_repeated_command_changes_nothing_and_a_reused_id_is_refused(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 24)
    id = uuid4()
    first = placed(trade, 12, id=id)
    again, fresh = service.place(trade.session, wish(12, id=id), by=BY_BRAND, now=trade.now)
    assert (again, fresh) == (first, False)
    with pytest.raises(CommandReused):
        placed(trade, 18, id=id)
    service.approve(trade.session, id, command(id=UUID(int=1)), now=trade.now)
    service.approve(trade.session, id, command(id=UUID(int=1)), now=trade.now)
    service.allocate(trade.session, id, command(id=UUID(int=2)), now=trade.now)
    service.allocate(trade.session, id, command(id=UUID(int=2)), now=trade.now)
    assert numbers(trade) == (24, 12, 12)
    with pytest.raises(CommandReused):
        service.cancel(trade.session, id, command(id=UUID(int=2)), now=trade.now)
    assert len(service.list_happenings(trade.session, id)) == 3


def test_another_dealer_cannot_know_of_an_order(trade: Wholesale) -> None:
    order = placed(trade)
    with pytest.raises(NotFound):
        service.get_order(trade.session, order.id, by=BY_OTHER)
    assert service.list_orders(trade.session, by=BY_OTHER) == []
    for who in (BY_DEALER, BY_WAREHOUSE, BY_BRAND, BY_AUDITOR):
        assert [each.id for each in service.list_orders(trade.session, by=who)] == [order.id]


def test_a_dealer_neither_orders_for_another_nor_approves_its_own_order(trade: Wholesale) -> None:
    order = placed(trade)
    with pytest.raises(rules.NotYours):
        service.place(trade.session, wish(buyer=OTHER_DEALER), by=BY_DEALER, now=trade.now)
    with pytest.raises(rules.NotYours):
        service.approve(trade.session, order.id, command(BY_DEALER), now=trade.now)
    with pytest.raises(rules.NotYours):
        service.allocate(trade.session, order.id, command(BY_DEALER), now=trade.now)


def test_an_order_is_approved_before_it_is_allocated_and_once(trade: Wholesale) -> None:
    order = placed(trade)
    with pytest.raises(rules.OrderNotApproved):
        service.allocate(trade.session, order.id, command(), now=trade.now)
    service.approve(trade.session, order.id, command(), now=trade.now)
    with pytest.raises(rules.OrderNotSubmitted):
        service.approve(trade.session, order.id, command(), now=trade.now)


def test_a_draft_waits_for_its_submission(trade: Wholesale) -> None:
    draft = replace(wish(), draft=True)
    order, _ = service.place(trade.session, draft, by=BY_DEALER, now=trade.now)
    assert order.state == "draft"
    with pytest.raises(rules.OrderNotSubmitted):
        service.approve(trade.session, order.id, command(), now=trade.now)
    assert service.submit(trade.session, order.id, command(BY_DEALER), now=trade.now).state == "submitted"


def test_a_cancelled_order_sets_its_bottles_free(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 24)
    order = allocated(trade, 24)
    assert service.cancel(trade.session, order.id, command(), now=trade.now).state == "cancelled"
    assert numbers(trade) == (24, 0, 24)
    with pytest.raises(rules.OrderCancelled):
        service.allocate(trade.session, order.id, command(), now=trade.now)
    with pytest.raises(rules.OrderCancelled):
        trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 6), order=order.id)


def test_an_order_under_way_cannot_be_cancelled(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 24)
    order = allocated(trade, 24)
    trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 6), order=order.id)
    with pytest.raises(rules.OrderUnderWay):
        service.cancel(trade.session, order.id, command(), now=trade.now)


def refused(trade: Wholesale, refusal: type[Refused], *shipment: Any, **options: Any) -> dict[str, Any]:
    before = [(row.party, row.batch, row.held, row.allocated) for row in stock.overview(trade.session)]
    with pytest.raises(refusal) as said, trade.session.begin_nested():
        trade.ship(*shipment, **options)
    assert [(row.party, row.batch, row.held, row.allocated) for row in stock.overview(trade.session)] == before
    return said.value.details


def test_a_shipment_that_does_not_fit_its_order_is_refused_and_changes_nothing(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 48)
    order = allocated(trade, 12)
    twelve = Lot(AGED.gtin, "YL2603A", 12)
    more = refused(trade, rules.ShipsMoreThanAllocated, WAREHOUSE, DEALER, replace(twelve, quantity=18), order=order.id)
    assert (more["allocated"], more["asked"]) == (12, 18)
    refused(trade, rules.ShipsToAnother, WAREHOUSE, OTHER_DEALER, twelve, order=order.id)
    refused(trade, rules.OrderUnknown, WAREHOUSE, DEALER, twelve, order=uuid4())
    trade.bottle("YL2603B", 12, to=DISTILLERY)
    refused(trade, rules.ShipsForAnother, DISTILLERY, DEALER, Lot(AGED.gtin, "YL2603B", 12), order=order.id)


def test_goods_may_leave_without_an_order_but_not_those_that_are_promised(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 48)
    allocated(trade, 36)
    trade.ship(WAREHOUSE, OTHER_DEALER, Lot(AGED.gtin, "YL2603A", 12))
    unordered = service.list_dispatches(trade.session, sender=WAREHOUSE, unordered=True)
    assert [each.bottles for each in unordered] == [12]
    said = refused(trade, rules.ShipsWhatIsPromised, WAREHOUSE, OTHER_DEALER, Lot(AGED.gtin, "YL2603A", 6))
    assert said["available"] == 0


def test_a_second_receipt_finds_nothing(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 12)
    order = allocated(trade, 12)
    sent = trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 12), order=order.id)
    trade.receive(DEALER, WAREHOUSE, Lot(AGED.gtin, "YL2603A", 12), sent)
    with pytest.raises(NothingInTransit):
        trade.receive(DEALER, WAREHOUSE, Lot(AGED.gtin, "YL2603A", 12), sent)


def test_the_warehouse_sees_what_is_to_leave(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 48)
    order = allocated(trade, 24)
    trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 8), order=order.id)
    (document,) = service.list_documents(trade.session, WAREHOUSE)
    assert (document.order, document.uri, document.buyer_name) == (
        order.id,
        f"urn:jiulian:order:{order.id}",
        "成都醇酒业有限公司",
    )
    assert [(each.bottles, each.cases, each.loose, each.dispatched) for each in document.lines] == [(16, 2, 4, 8)]
    trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 16), order=order.id)
    assert service.list_documents(trade.session, WAREHOUSE) == []


def test_a_suspended_dealer_orders_nothing(trade: Wholesale) -> None:
    set_standing(trade.session, DEALER, "suspended")
    with pytest.raises(PartySuspended):
        placed(trade)


def test_a_dealer_sells_to_its_store_through_an_order_too(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 24)
    trade.receive(DEALER, WAREHOUSE, lot := Lot(AGED.gtin, "YL2603A", 24), trade.ship(WAREHOUSE, DEALER, lot))
    small = service.Wish(uuid4(), STORE, DEALER, (LineWish(AGED.gtin, 6),))
    order, _ = service.place(trade.session, small, by=BY_BRAND, now=trade.now)
    service.approve(trade.session, order.id, command(BY_DEALER), now=trade.now)
    assert service.allocate(trade.session, order.id, command(BY_DEALER), now=trade.now).state == "allocated"
    assert numbers(trade, DEALER) == (24, 6, 18)


def test_forty_at_once_are_never_promised_more_than_there_is(
    database_url: str, sessions: sessionmaker[Session], engine: Engine, now: datetime
) -> None:
    with sessions() as session, session.begin():
        trade = open_wholesale(session, now)
        trade.bottle("YL2603A", 60)
        trade.bottle("YL2603B", 30)
        ids = [placed(trade, 6).id for _ in range(40)]
        for id in ids:
            service.approve(session, id, command(), now=now)
    crowd = make_engine(database_url, pool_size=20)
    many = make_sessions(crowd)
    start = threading.Barrier(20)

    def take(id: UUID) -> str:
        if id in ids[:20]:
            start.wait()
        try:
            with many() as session, session.begin():
                return service.allocate(session, id, command(), now=now).state
        except matching.OutOfStock:
            return "out of stock"

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(take, ids))
    crowd.dispose()
    assert sorted(outcomes) == ["allocated"] * 15 + ["out of stock"] * 25
    with sessions() as session:
        rows = stock.overview(session, WAREHOUSE)
        assert sum(row.allocated for row in rows) == 90
        assert all(row.available == 0 for row in rows)


def test_the_same_command_from_twenty_clients_is_done_once(
    database_url: str, sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions() as session, session.begin():
        trade = open_wholesale(session, now)
        trade.bottle("YL2603A", 60)
        id = placed(trade, 12).id
        service.approve(session, id, command(), now=now)
    crowd = make_engine(database_url, pool_size=20)
    many = make_sessions(crowd)
    once = command(id=uuid4())

    def take(_: int) -> str:
        with many() as session, session.begin():
            return service.allocate(session, id, once, now=now).state

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(take, range(20))) == {"allocated"}
    crowd.dispose()
    with sessions() as session:
        assert service.allocated(session, WAREHOUSE, AGED.gtin, "YL2603A") == 12


def test_shipping_without_an_order_and_promising_at_once_never_leaves_a_promise_without_bottles(
    database_url: str, sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions() as session, session.begin():
        trade = open_wholesale(session, now)
        trade.bottle("YL2603A", 60)
        ids = [placed(trade, 6).id for _ in range(10)]
        for id in ids:
            service.approve(session, id, command(), now=now)
    crowd = make_engine(database_url, pool_size=20)
    many = make_sessions(crowd)

    def act(nth: int) -> int:
        try:
            with many() as session, session.begin():
                if nth % 2:
                    service.allocate(session, ids[nth // 2], command(), now=now)
                else:
                    alone = Wholesale(session, now + timedelta(hours=nth))
                    alone.ship(WAREHOUSE, OTHER_DEALER, Lot(AGED.gtin, "YL2603A", 6))
            return 6
        except Refused:
            return 0

    with ThreadPoolExecutor(20) as pool:
        moved = sum(pool.map(act, range(20)))
    crowd.dispose()
    with sessions() as session:
        row = next(row for row in stock.overview(session, WAREHOUSE))
        assert row.available == 0
        assert moved == 60 == row.allocated + (60 - row.held)


def test_a_shipment_declared_an_error_is_open_and_promised_again(trade: Wholesale) -> None:
    trade.bottle("YL2603A", 48)
    order = allocated(trade, 24)
    twelve = Lot(AGED.gtin, "YL2603A", 12)
    epcs = picking.held(trade.session, WAREHOUSE, AGED.gtin, "YL2603A", 12)
    uri = f"urn:jiulian:order:{order.id}"
    event = events.ship(trade.at(WAREHOUSE), twelve, Parties(WAREHOUSE, DEALER), epcs, order=uri)
    before = (numbers(trade), seen(trade, order.id).allocations, seen(trade, order.id).lines)
    captures.add_capture(trade.session, accepted(event, WAREHOUSE, trade.now), b"{}")
    trade.capture(WAREHOUSE, event)
    assert [each.open for each in seen(trade, order.id).allocations] == [12]
    trade.capture(WAREHOUSE, events.declared_wrong(event, trade.now))
    after = seen(trade, order.id)
    assert (numbers(trade), after.allocations, after.lines) == before == ((48, 24, 24), after.allocations, after.lines)
    assert service.list_dispatches(trade.session, sender=WAREHOUSE) == []
    assert service.list_happenings(trade.session, order.id)[-1].kind == "corrected"
    trade.ship(WAREHOUSE, DEALER, replace(twelve, quantity=24), order=order.id)
    assert seen(trade, order.id).state == "dispatched"
