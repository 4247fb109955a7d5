"""Stock on PostgreSQL: what the numbers say after goods moved, and the rows behind them."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.custody import service as custody
from backend.db.paging import Asked
from backend.db.tables.units import correction
from backend.errors import CommandReused
from backend.orders import service as orders
from backend.orders.rules import LineWish
from backend.stock import rules, service
from backend.stock.rules import Observation, SoldDay
from scanner.device.events import Lot
from tests.kit.wholesale import AGED, BY_BRAND, DEALER, OTHER_DEALER, STORE, WAREHOUSE, Wholesale, open_wholesale

pytestmark = pytest.mark.integration


@pytest.fixture
def trade(session: Session, now: datetime) -> Wholesale:
    made = open_wholesale(session, now)
    made.bottle("YL2603A", 120)
    return made


def lot(bottles: int) -> Lot:
    return Lot(AGED.gtin, "YL2603A", bottles)


def test_goods_on_the_way_are_held_by_nobody_and_expected_by_one(trade: Wholesale) -> None:
    sent = trade.ship(WAREHOUSE, DEALER, lot(30))
    (row,) = service.overview(trade.session, DEALER)
    assert (row.held, row.on_the_way) == (0, 30)
    trade.receive(DEALER, WAREHOUSE, lot(20), sent)
    (row,) = service.overview(trade.session, DEALER)
    assert (row.held, row.on_the_way, row.available) == (20, 10, 20)
    assert sum(row.held + row.on_the_way for row in service.overview(trade.session)) == 120


def test_every_number_is_the_sum_of_the_rows_behind_it(trade: Wholesale) -> None:
    first = trade.ship(WAREHOUSE, DEALER, lot(48))
    trade.receive(DEALER, WAREHOUSE, lot(40), first)
    trade.send_back(DEALER, WAREHOUSE, lot(8), first)
    second = trade.ship(DEALER, STORE, lot(24))
    trade.receive(STORE, DEALER, lot(20), second)
    trade.write_off(STORE, lot(4), consignment=second)
    trade.write_off(STORE, lot(1))
    trade.sell(STORE, lot(5))
    trade.ship(WAREHOUSE, OTHER_DEALER, lot(6))
    held = {row.party: row.held for row in service.overview(trade.session)}
    assert held == {WAREHOUSE: 120 - 48 + 8 - 6, DEALER: 16, STORE: 14, OTHER_DEALER: 0}
    for party, bottles in held.items():
        assert sum(change for _, change in service.list_effects(trade.session, party, 1_000).items) == bottles
        _compare_with_the_rule(trade, party)
    trade.session.execute(
        insert(correction).values(voided=second, declaration=b"x" * 32, party=DEALER, corrective=[], at=trade.now)
    )
    for party in held:
        _compare_with_the_rule(trade, party)


def _compare_with_the_rule(trade: Wholesale, party: str) -> None:
    """What SQL finds is what the rule says of every movement there is."""
    told = [(each, rules.effect(line, each, party)) for line, each in custody.list_movements(trade.session)]
    expected = [(each, effect) for each, effect in reversed(told) if effect and each.batch.gtin == AGED.gtin]
    for most in (1, 3, 1_000):
        found = service.list_effects(trade.session, party, most)
        assert (list(found.items), found.total) == (expected[:most], len(expected))
    everything = service.all_effects(trade.session, party)
    pages = [everything.page(trade.session, Asked(number, 2, "told", descending=True)) for number in range(1, 8)]
    assert [each for page in pages for each in page.items] == expected
    assert {page.total for page in pages} == {len(expected)}


def test_bottles_that_break_after_they_were_promised_show_as_missing(trade: Wholesale) -> None:
    wish = orders.Wish(uuid4(), DEALER, WAREHOUSE, (LineWish(AGED.gtin, 120),))
    order, _ = orders.place(trade.session, wish, by=BY_BRAND, now=trade.now)
    for step in (orders.approve, orders.allocate):
        step(trade.session, order.id, orders.Command(uuid4(), BY_BRAND), now=trade.now)
    trade.write_off(WAREHOUSE, lot(6))
    (row,) = service.overview(trade.session, WAREHOUSE)
    assert (row.held, row.allocated, row.available) == (114, 120, -6)


def test_grain_and_spirit_are_not_stock(trade: Wholesale) -> None:
    assert {row.gtin for row in service.overview(trade.session)} == {AGED.gtin}
    assert custody.sum_held_by(trade.session, [DEALER, WAREHOUSE], [AGED.gtin]) == {WAREHOUSE: 120}


def test_a_store_sells_by_the_day_of_china(trade: Wholesale) -> None:
    sent = trade.ship(WAREHOUSE, STORE, lot(30))
    trade.receive(STORE, WAREHOUSE, lot(30), sent)
    evening = datetime.fromisoformat("2026-03-20T23:50:00+08:00")
    for moment, bottles in ((evening, 2), (evening + timedelta(minutes=20), 3), (evening + timedelta(hours=9), 1)):
        trade.now = moment
        trade.sell(STORE, lot(bottles))
    days = service.sell_through(trade.session, since=evening - timedelta(days=1), until=evening + timedelta(days=1))
    assert [(day.on.isoformat(), day.bottles) for day in days] == [("2026-03-20", 2), ("2026-03-21", 4)]
    assert all(isinstance(day, SoldDay) and day.party == STORE for day in days)
    assert service.sell_through(trade.session, since=evening, until=evening, parties=[DEALER]) == []


def test_a_count_is_noted_beside_the_books_and_changes_none(trade: Wholesale, now: datetime) -> None:
    seen = Observation(uuid4(), WAREHOUSE, AGED.gtin, None, 118, "count", now, "孙")
    service.observe(trade.session, seen, now=now)
    service.observe(trade.session, seen, now=now)
    assert service.list_observations(trade.session, party=WAREHOUSE) == [seen]
    assert service.overview(trade.session, WAREHOUSE)[0].held == 120
    with pytest.raises(CommandReused):
        service.observe(trade.session, replace(seen, bottles=117), now=now)
