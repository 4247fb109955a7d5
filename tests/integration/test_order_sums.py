"""An order's sums over its lines, which PostgreSQL keeps: right after whatever happened to the lines."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.db.engine import transaction
from backend.orders import store
from backend.orders.rules import Line, Order
from tests.kit.wholesale import AGED, CIDER, DEALER, WAREHOUSE, open_wholesale

pytestmark = pytest.mark.integration
LINES = (Line(AGED.gtin, 12, 200), Line(CIDER.gtin, 6, 50))
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = Order(UUID(int=7), DEALER, WAREHOUSE, WAREHOUSE, "test", LONG_AGO, lines=LINES)
_SUMS = text("select bottles, amount_fen, allocated, dispatched, ended, state from sales_order")


@pytest.fixture(autouse=True)
def order(sessions: sessionmaker[Session], now: datetime) -> None:
    with transaction(sessions) as session:
        open_wholesale(session, now)
        store.add_order(session, ORDER)
        store.set_moment(session, ORDER.id, "submitted_at", now)
        store.set_moment(session, ORDER.id, "approved_at", now)
        store.move_line(session, ORDER.id, AGED.gtin, allocated=12)
        store.move_line(session, ORDER.id, AGED.gtin, dispatched=8)


def _sums(session: Session) -> tuple[object, ...]:
    return tuple(session.execute(_SUMS).one())


def test_lines_that_are_restored_while_triggers_work_count_once(sessions: sessionmaker[Session]) -> None:
    """As `pg_restore --data-only` does it: the order with its sums first, then its lines."""
    with transaction(sessions) as session:
        before = _sums(session)
        assert before == (18, 2700, 12, 8, 0, "partly_dispatched")
        session.execute(text("create temporary table kept on commit drop as select * from order_line"))
        session.execute(text("alter table order_line disable trigger all"))
        session.execute(text("delete from order_line"))
        session.execute(text("alter table order_line enable trigger all"))
        session.execute(text("insert into order_line select * from kept"))
        assert _sums(session) == before


def test_two_who_change_two_lines_of_one_order_at_once_both_count(sessions: sessionmaker[Session]) -> None:
    change = text("update order_line set allocated = allocated + 3 where gtin = :gtin")
    waiting = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )

    def other() -> None:
        with transaction(sessions) as session:
            session.execute(text("update order_line set received = 2 where gtin = :gtin"), {"gtin": AGED.gtin})

    with ThreadPoolExecutor(1) as pool:
        with transaction(sessions) as session:
            session.execute(change, {"gtin": CIDER.gtin})
            done = pool.submit(other)
            deadline = time.monotonic() + 30
            while session.execute(waiting).scalar_one() == 0 and time.monotonic() < deadline:
                time.sleep(0.02)
        done.result(30)
    with sessions() as session:
        assert _sums(session) == (18, 2700, 15, 8, 2, "partly_received")
