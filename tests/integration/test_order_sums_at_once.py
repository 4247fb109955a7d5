"""An order's sums, kept by PostgreSQL, while many move its lines at once: receipts, returns, losses and corrections."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import BigInteger, Numeric, func, select
from sqlalchemy.orm import Session, sessionmaker

from backend.capabilities import REACTIONS
from backend.capture import store as captures
from backend.capture.service import Ordered
from backend.db.engine import make_engine, make_sessions
from backend.db.tables.orders import order_line, sales_order
from backend.orders import service, store
from backend.orders.rules import LineWish
from scanner.device import events
from scanner.device.events import At, Lot, Parties
from tests.kit import picking
from tests.kit.trade import accepted
from tests.kit.wholesale import AGED, BY_BRAND, CIDER, DEALER, WAREHOUSE, open_wholesale

pytestmark = pytest.mark.integration
ORDERS, BATCHES, CASES = 2, {"YL2603A": AGED, "GJ2603A": CIDER}, 6
Built = dict[str, Any]


def enter(session: Session, event: Built, by: str, now: datetime) -> bytes:
    """A capture as it is taken: what it concerns is locked, then it is kept, then all follow it."""
    said = accepted(event, by, now)
    for react in REACTIONS:
        if isinstance(react, Ordered):
            react.lock(session, said)
    captures.add_capture(session, said, b"{}")
    for react in REACTIONS:
        react(session, said)
    return said.evidence


def open_trade(session: Session, now: datetime) -> tuple[list[UUID], list[tuple[UUID, Lot]]]:
    """Two orders of two products with all that they want promised, and each case of it, to be shipped alone."""
    trade = open_wholesale(session, now)
    for batch, product in BATCHES.items():
        trade.bottle(batch, ORDERS * CASES * product.case_size, product=product)
    ids = []
    for _ in range(ORDERS):
        lines = tuple(LineWish(product.gtin, CASES * product.case_size) for product in BATCHES.values())
        wish = service.Wish(uuid4(), DEALER, WAREHOUSE, lines)
        order, _ = service.place(session, wish, by=BY_BRAND, now=now)
        service.approve(session, order.id, service.Command(uuid4(), BY_BRAND), now=now)
        service.allocate(session, order.id, service.Command(uuid4(), BY_BRAND), now=now)
        ids.append(order.id)
    lots = {batch: Lot(product.gtin, batch, product.case_size) for batch, product in BATCHES.items()}
    return ids, [(id, lot) for id in ids for lot in lots.values() for _ in range(CASES)]


def way_of(seed: int, at: datetime, order: UUID, lot: Lot, case: list[str]) -> list[tuple[str, Built]]:
    """What is told of one case, in its order: it leaves, comes home in one of three ways, and perhaps none was so."""
    chance = Random(seed)
    sent, there = Parties(WAREHOUSE, DEALER), At(at + timedelta(minutes=1), DEALER)
    shipped = events.ship(At(at, WAREHOUSE), lot, sent, case, order=f"urn:jiulian:order:{order}")
    consignment = accepted(shipped, WAREHOUSE, at).evidence
    ended = {
        "received": events.receive(there, lot, sent, consignment, case),
        "returned": events.return_(there, lot, Parties(DEALER, WAREHOUSE), consignment, case),
        "lost": events.write_off(there, lot, case, consignment=consignment),
    }[chance.choice(["received", "returned", "lost"])]
    told = [(WAREHOUSE, shipped), (DEALER, ended)][: chance.choice([1, 2, 2, 2])]
    wrong = chance.choice([0, 0, 1, 2])
    return told + [(by, events.declared_wrong(event, at)) for by, event in told[::-1][:wrong]]


@pytest.mark.parametrize("seed", [20271, 20272, 20273])
def test_sums_are_those_of_the_lines_whatever_happens_at_once(
    database_url: str, sessions: sessionmaker[Session], now: datetime, seed: int
) -> None:
    with sessions.begin() as session:
        ids, parcels = open_trade(session, now)
        cases = {
            lot.batch: picking.held(session, WAREHOUSE, lot.gtin, lot.batch, ORDERS * CASES * lot.quantity)
            for _, lot in parcels
        }
    ways = [
        way_of(seed + n, now + timedelta(hours=1), id, lot, [cases[lot.batch].pop()])
        for n, (id, lot) in enumerate(parcels)
    ]
    Random(seed).shuffle(ways)
    crowd = make_engine(database_url, pool_size=12)
    many, start = make_sessions(crowd), Barrier(12)

    def tell(way: list[tuple[str, Built]]) -> int:
        if way in ways[:12]:
            start.wait(timeout=30)
        for by, event in way:
            with many() as session, session.begin():
                enter(session, event, by, now + timedelta(hours=2))
        return len(way)

    with ThreadPoolExecutor(12) as pool:
        told = sum(pool.map(tell, ways))
    crowd.dispose()
    assert told > len(ways), f"seed {seed}"
    with sessions() as session:
        assert _kept(session) == _recomputed(session), f"seed {seed}"
        for id in ids:
            order = store.find_order(session, id)
            assert order is not None
            kept = session.execute(select(sales_order.c.state).where(sales_order.c.id == id)).scalar_one()
            assert kept == order.state, f"seed {seed}"


_SUMS = ("bottles", "amount_fen", "allocated", "dispatched", "ended")


def _kept(session: Session) -> dict[UUID, tuple[int, ...]]:
    columns = [sales_order.c[name] for name in _SUMS]
    return {row[0]: tuple(row[1:]) for row in session.execute(select(sales_order.c.id, *columns))}


def _recomputed(session: Session) -> dict[UUID, tuple[int, ...]]:
    line = order_line.c
    sums = (
        func.sum(line.bottles),
        func.sum(line.bottles.cast(Numeric) * line.price_fen).cast(BigInteger),
        func.sum(line.allocated),
        func.sum(line.dispatched),
        func.sum(line.received + line.returned + line.lost),
    )
    return {row[0]: tuple(row[1:]) for row in session.execute(select(line.order, *sums).group_by(line.order))}
