"""Lists of orders: every order on exactly one page, in SQL's words what the rules say, and a file that is the same."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.db.paging import Asked
from backend.identity import store as identity
from backend.identity.rules import OVERSEERS, Party, Principal, SearchTooWide
from backend.orders import rights, rules, service, store
from backend.orders.rules import Line, Order
from backend.settings import Settings
from tests.kit.wholesale import (
    AGED,
    BY_AUDITOR,
    BY_BRAND,
    BY_DEALER,
    BY_OTHER,
    CIDER,
    DEALER,
    OTHER_DEALER,
    STORE,
    WAREHOUSE,
    open_wholesale,
)

pytestmark = pytest.mark.integration
SORTS: dict[str, Callable[[Order], tuple[int | datetime, UUID]]] = {
    "placed": lambda order: (order.placed_at, order.id),
    "bottles": lambda order: (order.bottles, order.id),
    "amount": lambda order: (order.amount_fen, order.id),
}
EVERYBODY = (BY_BRAND, BY_AUDITOR, BY_DEALER, BY_OTHER, Principal(9, "nobody's", frozenset({"dealer"}), None))


def _order(chance: Random, now: datetime) -> Order:
    """An order at any point of its life; moments and amounts often the same as another's."""
    buyer, seller = chance.choice([(DEALER, WAREHOUSE), (OTHER_DEALER, WAREHOUSE), (STORE, DEALER)])
    at = now - timedelta(hours=chance.randrange(6))
    moments = [at if chance.random() < share else None for share in (0.9, 0.8, 0.1)]
    lines = tuple(
        Line(gtin, 6 * chance.randrange(1, 4), 100 * chance.randrange(1, 3))
        for gtin in chance.choice([[AGED.gtin], [AGED.gtin, CIDER.gtin]])
    )
    return Order(UUID(int=chance.getrandbits(128)), buyer, seller, seller, "test", at, *moments, lines=lines)


def _live(session: Session, order: Order, chance: Random) -> None:
    for line in order.lines:
        left = line.bottles
        for step in ("allocated", "dispatched"):
            left = chance.choice([0, left // 2, left, left])
            store.move_line(session, order.id, line.gtin, **{step: left})
        for step in ("received", "returned", "lost"):
            some = chance.choice([0, 0, left])
            left -= some
            store.move_line(session, order.id, line.gtin, **{step: some})


@pytest.fixture
def orders(session: Session, now: datetime) -> list[Order]:
    """Seventy orders, as the rules see them."""
    chance = Random(20260328)
    open_wholesale(session, now)
    made = [_order(chance, now) for _ in range(70)]
    for order in made:
        store.add_order(session, replace(order, approved_at=None, cancelled_at=None))
        for name in ("submitted_at", "approved_at", "cancelled_at"):
            if (at := getattr(order, name)) is not None:
                store.set_moment(session, order.id, name, at)
        if order.approved_at and order.submitted_at:
            _live(session, order, chance)
    return store.list_orders(session)


def test_sql_and_the_rules_say_one_state_of_every_order(session: Session, orders: list[Order]) -> None:
    assert {order.state for order in orders} == set(rules.STATES), "every state is there to be compared"
    for state in rules.STATES:
        found = store.list_orders(session, states=[state])
        assert {order.id for order in found} == {order.id for order in orders if order.state == state}, state


@pytest.mark.parametrize("size", [1, 7, 50])
def test_every_order_stands_on_exactly_one_page_in_every_sort(session: Session, orders: list[Order], size: int) -> None:
    found, counts = service.listing(session, by=BY_BRAND)
    for sort, key in SORTS.items():
        for down in (False, True):
            asked = Asked(1, size, sort, down)
            pages = [found.page(session, replace(asked, number=at)) for at in range(1, -(-70 // size) + 1)]
            shown = [order for each in pages for order in each.items]
            assert shown == sorted(orders, key=key, reverse=down), (sort, down)
            assert [order for chunk in found.chunks(session, asked) for order in chunk] == shown
            assert all((each.total, each.pages) == (70, len(pages)) for each in pages)
    assert sum(counts.values()) == 70
    beyond = found.page(session, Asked(1_000_000, size, "placed"))
    assert (list(beyond.items), beyond.total) == ([], 70)


@pytest.mark.parametrize("words", ["", "贵阳", "烟酒店", "ＹＬ", DEALER[:12], "100%_", "id"])
def test_filters_in_sql_agree_with_the_same_in_words(session: Session, orders: list[Order], words: str) -> None:
    names = identity.names_of(session, [DEALER, OTHER_DEALER, STORE, WAREHOUSE])
    typed = str(orders[3].id)[:8] if words == "id" else words
    for by in EVERYBODY:
        for party in (None, DEALER, STORE):
            fitting = [
                order
                for order in orders
                if rights.may_see(by, order.buyer, order.seller)
                and party in (None, order.buyer, order.seller)
                and (
                    not typed
                    or any(typed in names[side] or side.startswith(typed) for side in (order.buyer, order.seller))
                    or str(order.id).startswith(typed)
                )
            ]
            for state in (None, *rules.STATES):
                found, counts = service.listing(session, by=by, party=party, state=state, words=typed)
                wanted = {order.id for order in fitting if state in (None, order.state)}
                page = found.page(session, Asked(1, 100, "placed"))
                assert ({order.id for order in page.items}, page.total) == (wanted, len(wanted)), (by.name, state)
                assert sum(counts.values()) == len(fitting)


def test_words_that_mean_too_many_companies_are_refused_with_a_way_out(
    session: Session, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.identity.service.MATCHES_MOST", 1)
    service.listing(session, by=BY_BRAND, words="贵阳")
    with pytest.raises(SearchTooWide) as refused:
        service.listing(session, by=BY_BRAND, words="酒业")
    assert refused.value.details == {"most": 1}


def test_words_are_too_wide_by_the_companies_that_the_asker_deals_with_and_by_no_others(
    session: Session, orders: list[Order], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = 5
    for n in range(strangers):
        stranger = Party(f"69012349{n:05d}", f"陌生烟酒店 {n}", frozenset({"store"}), "520100")
        identity.add_party(session, stranger, now)
    for by in EVERYBODY:
        everything = by.has(*OVERSEERS)
        seen = service.list_orders(session, by=by)
        companies = {side for order in seen for side in (order.buyer, order.seller)}
        names = identity.names_of(session, companies)
        fitting = sum("烟酒店" in name for name in names.values()) + (strangers if everything else 0)
        monkeypatch.setattr("backend.identity.service.MATCHES_MOST", fitting)
        service.listing(session, by=by, words="烟酒店")
        if fitting:
            monkeypatch.setattr("backend.identity.service.MATCHES_MOST", fitting - 1)
            with pytest.raises(SearchTooWide):
                service.listing(session, by=by, words="烟酒店")


@pytest.fixture
def desk(sessions: sessionmaker[Session], now: datetime, tmp_path: Path) -> Callable[[str], TestClient]:
    with sessions() as session, session.begin():
        open_wholesale(session, now).bottle("YL2603A", 120)
        chance = Random(7)
        for _ in range(12):
            store.add_order(session, _order(chance, now))
        for name, role, party in (
            ("brand", "brand", None),
            ("dealer", "dealer", DEALER),
            ("admin", "party_admin", DEALER),
        ):
            identity.add_user(session, name, "no password fits", [role], party)
            found = identity.find_password_hash(session, name)
            assert found is not None
            until = datetime(2100, 1, 1, tzinfo=UTC)
            identity.add_session(session, sha256(name.encode()).digest(), found[0], until)
    app = create_app(Settings(home=tmp_path), sessions)

    def log_in(name: str) -> TestClient:
        return TestClient(app, headers={"Authorization": f"Bearer {name}", "Accept": "text/html"})

    return log_in


def test_a_file_holds_what_its_person_sees_on_the_pages_and_nothing_else(desk: Callable[[str], TestClient]) -> None:
    for name in ("brand", "dealer"):
        client = desk(name)
        shown = client.get("/orders?sort=bottles", headers={"Accept": "application/json"}).json()
        answer = client.get("/orders?sort=bottles&format=csv&lang=en")
        rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert [row["Order"] for row in rows] == [order["id"] for order in shown]
        assert [int(row["Bottles"]) for row in rows] == [order["bottles"] for order in shown]
        assert all(row["Buyer"] and row["Buyer GLN"] == order["buyer"] for row, order in zip(rows, shown, strict=True))
        assert client.get("/orders?format=xlsx").content.startswith(b"PK")
    assert len(desk("dealer").get("/orders", headers={"Accept": "*/*"}).json()) < 12
    assert TestClient(desk("brand").app).get("/orders?format=csv").status_code == 401


def test_a_narrowed_list_of_stock_is_as_narrow_as_a_file_and_for_programs(desk: Callable[[str], TestClient]) -> None:
    page = desk("brand").get("/stock?q=贵阳", headers={"Accept": "text/html"}).text.partition("<tbody")[2]
    file = desk("brand").get("/stock?q=贵阳&format=csv").text
    rows = desk("brand").get("/stock?q=贵阳", headers={"Accept": "application/json"}).json()
    everybody = desk("brand").get("/stock", headers={"Accept": "application/json"}).json()
    assert "成都" not in page
    assert "贵阳" in page
    assert "云岭" not in file.partition("\n")[2]
    assert {each["party"] for each in rows} < {each["party"] for each in everybody}


def test_no_price_breaks_an_orders_sum(desk: Callable[[str], TestClient]) -> None:
    dealer = desk("dealer")
    line = {"gtin": AGED.gtin, "bottles": 9_999_996, "price_fen": 10**12}
    order = {"id": str(uuid4()), "buyer": DEALER, "location": WAREHOUSE, "lines": [line]}
    answer = dealer.post("/orders", json=order, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["kind"]) == (422, "Malformed")
    fitting = {**order, "lines": [{**line, "price_fen": 10**9}]}
    assert dealer.post("/orders", json=fitting, headers={"Accept": "application/json"}).status_code == 201


def test_a_program_turns_pages_by_links_until_there_is_no_next(desk: Callable[[str], TestClient]) -> None:
    client = desk("brand")
    client.headers["Accept"] = "application/json"
    path, seen = "/orders?page_size=5&sort=-amount", []
    while path:
        answer = client.get(path)
        seen += [order["id"] for order in answer.json()]
        assert answer.headers["X-Total-Count"] == "12"
        path = answer.links.get("next", {}).get("url", "")
    assert len(seen) == len(set(seen)) == 12


@pytest.mark.parametrize(
    "asked", ["sort=price", "page_number=0", "page_size=5001", "state=odd", "format=pdf", "party=x"]
)
def test_what_is_not_to_be_asked_is_refused_in_ones_own_language(desk: Callable[[str], TestClient], asked: str) -> None:
    answer = desk("brand").get(f"/orders?{asked}&lang=en")
    assert answer.status_code == 422
    assert "Input should be" not in answer.text
    assert desk("brand").get(f"/orders?{asked}", headers={"Accept": "application/json"}).status_code in (200, 422)


def test_one_address_gets_so_many_files_a_minute(desk: Callable[[str], TestClient]) -> None:
    client = desk("dealer")
    answers = [client.get("/orders?format=csv").status_code for _ in range(14)]
    assert answers[:12] == [200] * 12
    assert answers[12:] == [429] * 2


def test_a_page_says_what_is_shown_and_has_few_links(desk: Callable[[str], TestClient]) -> None:
    text = desk("brand").get("/orders?page_size=2&page_number=4&q=6901234").text
    assert "第 7–8 条，共 12 条" in text
    assert 'value="6901234"' in text, "what was typed stays"
    assert 'aria-sort="descending"' in text
    assert desk("brand").get("/orders?page_size=2&page_number=99").text.count("只有 6 页") == 1


def test_the_headline_tells_the_whole_and_choices_what_they_lead_to(desk: Callable[[str], TestClient]) -> None:
    brand = desk("brand")
    whole, none = brand.get("/orders").text, brand.get("/orders?q=zzz").text
    (waiting,) = re.findall(r"(\d+) 单等待审批", whole)
    for page in (none, brand.get("/orders?state=draft").text):
        assert "<h1>订单 12 单</h1>" in page
        assert f"{waiting} 单等待审批" in page
    assert "全部 <b>0</b>" in none
    assert "没有符合条件的记录" in none
