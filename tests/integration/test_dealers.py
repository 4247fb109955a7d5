"""Territories and transfers on PostgreSQL: judged by the territory of the time."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from backend.dealers import service
from backend.dealers.rules import NotADealer, Territory, TerritoryOverlaps, Transfer
from backend.errors import CommandReused
from scanner.device.events import Lot
from tests.kit.wholesale import AGED, CIDER, DEALER, OTHER_DEALER, STORE, WAREHOUSE, Wholesale, open_wholesale

pytestmark = pytest.mark.integration


@pytest.fixture
def trade(session: Session, now: datetime) -> Wholesale:
    return open_wholesale(session, now)


def territory(now: datetime, prefix: str = "51", days: int | None = None, gtin: str | None = None) -> Territory:
    return Territory(uuid4(), DEALER, prefix, gtin, now, None if days is None else now + timedelta(days=days))


def grant(trade: Wholesale, value: Territory) -> None:
    service.grant_territory(trade.session, value, by="王", now=trade.now)


def may(trade: Wholesale, adcode: str, days: int = 0, *, gtin: str = AGED.gtin, dealer: str = DEALER) -> bool:
    return service.is_authorised(trade.session, dealer, adcode, gtin, trade.now + timedelta(days=days))


def test_a_dealer_may_sell_in_its_region_while_it_is_given(trade: Wholesale) -> None:
    grant(trade, territory(trade.now, days=30))
    assert may(trade, "510100")
    assert may(trade, "510100", 29)
    assert not may(trade, "510100", 30)
    assert not may(trade, "510100", -1)
    assert not may(trade, "520100")
    assert not may(trade, "510100", dealer=OTHER_DEALER)


def test_a_region_can_be_given_for_one_product(trade: Wholesale) -> None:
    grant(trade, territory(trade.now, gtin=CIDER.gtin))
    assert may(trade, "510100", gtin=CIDER.gtin)
    assert not may(trade, "510100")


def test_the_same_region_is_not_given_twice_to_one_dealer(trade: Wholesale) -> None:
    first = territory(trade.now, days=30)
    grant(trade, first)
    grant(trade, first)
    with pytest.raises(TerritoryOverlaps):
        grant(trade, replace(first, id=uuid4(), valid_from=trade.now + timedelta(days=29)))
    with pytest.raises(CommandReused):
        grant(trade, replace(first, prefix="52"))
    grant(trade, replace(first, id=uuid4(), valid_from=first.valid_to or trade.now, valid_to=None))
    grant(trade, replace(first, id=uuid4(), prefix="5101"))
    grant(trade, replace(first, id=uuid4(), gtin=AGED.gtin))
    grant(trade, replace(first, id=uuid4(), dealer=OTHER_DEALER))
    assert len(service.list_territories(trade.session)) == 5


@pytest.mark.parametrize("party", [STORE, WAREHOUSE])
def test_only_dealers_are_given_regions(trade: Wholesale, party: str) -> None:
    with pytest.raises(NotADealer):
        grant(trade, replace(territory(trade.now), dealer=party))


def test_an_approved_transfer_explains_goods_elsewhere_and_nothing_more(trade: Wholesale) -> None:
    until = trade.now + timedelta(days=30)
    transfer = Transfer(uuid4(), DEALER, None, "4401", AGED.gtin, 60, "企业客户团购", trade.now, until, "王", trade.now)
    service.approve_transfer(trade.session, transfer)
    service.approve_transfer(trade.session, replace(transfer, approved_at=trade.now + timedelta(hours=1)))
    with pytest.raises(CommandReused):
        service.approve_transfer(trade.session, replace(transfer, bottles=61))

    def explained(adcode: str, days: int, gtin: str = AGED.gtin, dealer: str = DEALER) -> Transfer | None:
        at = trade.now + timedelta(days=days)
        return service.explaining_transfer(trade.session, dealer, adcode, gtin, at)

    assert explained("440100", 3) == transfer
    assert explained("440300", 3) is None
    assert explained("440100", 30) is None
    assert explained("440100", 3, CIDER.gtin) is None
    assert explained("440100", 3, dealer=OTHER_DEALER) is None
    assert not may(trade, "440100")


def test_a_dealers_card_shows_its_own_stock_and_that_of_its_stores(trade: Wholesale) -> None:
    grant(trade, territory(trade.now))
    trade.bottle("YL2603A", 60, to=DEALER)
    lot = Lot(AGED.gtin, "YL2603A", 12)
    trade.receive(STORE, DEALER, lot, trade.ship(DEALER, STORE, lot))
    card = service.get_dealer(trade.session, DEALER, at=trade.now)
    assert (card.held, card.held_by_stores, card.stores, len(card.territories)) == (48, 12, 1, 1)
