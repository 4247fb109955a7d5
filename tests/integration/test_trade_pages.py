"""The desk of the trade over HTTP: pages and JSON, who sees what, and posts that may be repeated."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.identity import store, store_sanctions
from backend.identity.rules_sanctions import Sanction, Wish
from backend.orders import service as orders
from backend.orders.rules import LineWish
from backend.settings import Accounts, Settings, Web
from scanner.device.events import Lot
from tests.kit.described import hold
from tests.kit.wholesale import AGED, BY_BRAND, CIDER, DEALER, OTHER_DEALER, STORE, WAREHOUSE, gln, open_wholesale

pytestmark = pytest.mark.integration
SPRING = "2026-01-01T00:00:00Z"
SPRING_DAY = datetime(2026, 3, 18, tzinfo=UTC)
LOGGED_IN_UNTIL = datetime(2100, 1, 1, tzinfo=UTC)
PEOPLE = {"admin": None, "brand": gln(1), "dealer": DEALER, "other": OTHER_DEALER, "store": STORE, "auditor": None}
ROLES = {"other": "dealer"}

Desk = Callable[..., TestClient]


@pytest.fixture
def order_id(sessions: sessionmaker[Session], now: datetime) -> str:
    """A trade in which one order is under way; its id."""
    with sessions() as session, session.begin():
        trade = open_wholesale(session, now)
        for name, party in PEOPLE.items():
            store.add_user(session, name, "no password fits", [ROLES.get(name, name)], party)
            found = store.find_password_hash(session, name)
            assert found is not None
            store.add_session(session, sha256(name.encode()).digest(), found[0], LOGGED_IN_UNTIL)
        trade.bottle("YL2603A", 120)
        wish = orders.Wish(uuid4(), DEALER, WAREHOUSE, (LineWish(AGED.gtin, 24),))
        order, _ = orders.place(session, wish, by=BY_BRAND, now=now)
        for step in (orders.approve, orders.allocate):
            step(session, order.id, orders.Command(uuid4(), BY_BRAND), now=now)
        lot = Lot(AGED.gtin, "YL2603A", 18)
        trade.receive(DEALER, WAREHOUSE, lot, trade.ship(WAREHOUSE, DEALER, lot, order=order.id))
        small = Lot(AGED.gtin, "YL2603A", 6)
        trade.receive(STORE, DEALER, small, trade.ship(DEALER, STORE, small))
        trade.sell(STORE, Lot(AGED.gtin, "YL2603A", 2))
    return str(order.id)


@pytest.fixture
def desk(sessions: sessionmaker[Session], tmp_path: Path) -> Desk:
    app = create_app(
        Settings(home=tmp_path, accounts=Accounts(logins_per_minute=100), web=Web(demo_clock=True)), sessions
    )

    def log_in(name: str, *, browser: bool = False) -> TestClient:
        client = TestClient(app, follow_redirects=False)
        client.headers["X-Demo-Now"] = "2026-03-18T06:00:00+00:00"
        client.headers["Authorization"] = f"Bearer {name}"
        client.headers["Accept"] = "text/html" if browser else "application/json"
        return hold(client)

    return log_in


def order_body(**more: Any) -> dict[str, Any]:
    lines = [{"gtin": AGED.gtin, "bottles": 12}]
    return {"id": str(uuid4()), "buyer": DEALER, "seller": WAREHOUSE, "lines": lines, **more}


PAGES = [
    "/orders",
    "/orders?state=received",
    "/orders/{order}",
    "/stock",
    f"/stock?gtin={AGED.gtin}",
    f"/stock/{DEALER}",
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_in_both_languages(order_id: str, desk: Desk, language: str) -> None:
    brand = desk("brand", browser=True)
    for path in PAGES:
        url = path.format(order=order_id)
        answer = brand.get(url, headers={"accept-language": language})
        assert answer.status_code == 200, url
        main = answer.text.partition("<main")[2]
        if language == "en":
            trade_names = ("云岭", "成都", "贵阳", "品牌 王", "四川")
            for name in trade_names:
                main = main.replace(name, "")
            left = [word for word in ("订单", "库存", "批次", "瓶", "持有", "发货", "状态") if word in main]
            assert not left, f"{url} still says {left}"


def test_an_order_page_says_what_happened_with_evidence(order_id: str, desk: Desk) -> None:
    text = desk("dealer", browser=True).get(f"/orders/{order_id}").text
    for said in ("部分收货", "成都醇酒业有限公司", "YL2603A", "/captures/", "18<small> / 24"):
        assert said in text


@pytest.mark.parametrize("path", ["/orders/{order}", f"/stock/{DEALER}", f"/stock/{WAREHOUSE}"])
def test_another_dealers_order_and_stock_are_not_there(order_id: str, desk: Desk, path: str) -> None:
    other = desk("other")
    assert other.get(path.format(order=order_id)).status_code == 404
    assert other.get("/orders").json() == []
    assert {row["party"] for row in other.get("/stock").json()} <= {OTHER_DEALER}


def test_a_dealer_sees_its_own_stock_and_its_stores(order_id: str, desk: Desk) -> None:
    rows = desk("dealer").get("/stock").json()
    assert {(row["party"], row["held"]) for row in rows} == {(DEALER, 12), (STORE, 4)}
    sold = desk("dealer").get("/stock/sell-through").json()
    assert [(day["party"], day["bottles"]) for day in sold] == [(STORE, 2)]


def test_an_order_goes_through_by_json_and_may_be_repeated(order_id: str, desk: Desk) -> None:
    dealer, brand = desk("dealer"), desk("brand")
    body = order_body()
    assert [dealer.post("/orders", json=body).status_code for _ in range(2)] == [201, 200]
    changed = {**body, "lines": [{"gtin": AGED.gtin, "bottles": 18}]}
    refused = dealer.post("/orders", json=changed)
    assert (refused.status_code, refused.json()["kind"]) == (409, "CommandReused")
    for verb, state in (("approval", "approved"), ("allocation", "allocated")):
        command = {"id": str(uuid4())}
        assert dealer.post(f"/orders/{body['id']}/{verb}", json=command).status_code == 403
        answers = [brand.post(f"/orders/{body['id']}/{verb}", json=command) for _ in range(2)]
        assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, state)] * 2
    found = brand.get(f"/orders/{body['id']}").json()
    assert [(each["batch"], each["bottles"]) for each in found["allocations"]] == [("YL2603A", 12)]
    assert [each["kind"] for each in found["timeline"]] == ["placed", "approved", "allocated"]


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"lines": [{"gtin": AGED.gtin, "bottles": 7}]}, 409, "NotWholeCases"),
        ({"lines": [{"gtin": AGED.gtin, "bottles": 6, "price_fen": 1}]}, 409, "BelowFloor"),
        ({"lines": [{"gtin": "06901234500097", "bottles": 6}]}, 404, "NotFound"),
        ({"lines": []}, 422, "Malformed"),
        ({"lines": [{"gtin": AGED.gtin, "bottles": 6}] * 2}, 422, "LineRepeated"),
        ({"buyer": OTHER_DEALER}, 403, "NotYours"),
        ({"seller": gln(99)}, 404, "NotFound"),
        ({"id": "1"}, 422, "Malformed"),
        ({"price": 3}, 422, "Malformed"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_its_reason(
    order_id: str, desk: Desk, change: dict[str, Any], status: int, kind: str
) -> None:
    dealer = desk("dealer")
    answer = dealer.post("/orders", json=order_body(**change))
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    assert len(dealer.get("/orders").json()) == 1


def test_a_form_without_scripts_places_and_approves_an_order(order_id: str, desk: Desk) -> None:
    form = {"id": str(uuid4()), "buyer": DEALER, "location": WAREHOUSE, f"cases-{AGED.gtin}": "2"}
    dealer = desk("dealer", browser=True)
    answers = [dealer.post("/orders/new", data={**form, f"cases-{CIDER.gtin}": ""}) for _ in range(2)]
    assert [(each.status_code, each.headers["location"]) for each in answers] == [(303, f"/orders/{form['id']}")] * 2
    brand = desk("brand", browser=True)
    assert "审批通过" in brand.get(f"/orders/{form['id']}").text
    answer = brand.post(f"/orders/{form['id']}/approval", data={"id": str(uuid4())})
    assert answer.status_code == 303
    assert "已审批" in brand.get(answer.headers["location"]).text


def test_everything_can_be_entered_over_http_and_entered_again(order_id: str, desk: Desk) -> None:
    admin = desk("admin")
    entries: list[tuple[str, dict[str, Any]]] = [
        ("/parties", {"gln": gln(50), "name": "绵阳酒行", "roles": ["dealer"], "adcode": "510700", "supplier": gln(1)}),
        ("/locations", {"gln": gln(50), "party": gln(50), "name": "店", "adcode": "510700", "lat": 31.4, "lon": 104.7}),
        ("/devices/invitations", {"party": gln(50)}),
        ("/users", {"name": "mianyang", "password": "long enough", "roles": ["party_admin"], "party": gln(50)}),
        (
            "/territories",
            {"id": str(uuid4()), "dealer": gln(50), "adcode": "5107", "valid_from": "2026-01-01T00:00:00Z"},
        ),
        (
            "/transfers",
            {
                "id": str(uuid4()),
                "dealer": gln(50),
                "adcode": "440100",
                "gtin": AGED.gtin,
                "bottles": 12,
                "reason": "团购",
                "valid_from": "2026-03-01T00:00:00Z",
                "valid_to": "2026-04-01T00:00:00Z",
            },
        ),
        (
            "/products",
            {"gtin": "06901234500035", "name": "珍藏", "volume_ml": 500, "abv_permille": 530, "case_size": 6},
        ),
        (
            "/prices",
            {"gtin": "06901234500035", "amount_fen": 9, "floor_fen": 8, "valid_from": "2026-01-01T00:00:00+08:00"},
        ),
        ("/code-runs", {"gtin": "06901234500035", "batch": "ZC01", "count": 20, "case_size": 6}),
    ]
    for path, body in entries:
        answers = [admin.post(path, json=body) for _ in range(2)]
        assert answers[0].status_code == 201, answers[0].text
        assert answers[1].status_code in (200, 201), answers[1].text
        assert desk("dealer").post(path, json=body).status_code == 403
    run = admin.post("/code-runs", json=entries[-1][1]).json()
    assert (len(run["cases"]), run["run_file"]) == (4, None)
    units = admin.get("/code-runs/06901234500035/ZC01/units.csv").text.splitlines()
    assert len(units) == 21
    assert admin.get(f"/dealers/{gln(50)}").json()["transfers"][0]["bottles"] == 12


def test_inner_codes_leave_the_house_once(order_id: str, desk: Desk) -> None:
    brand = desk("brand")
    body = {"gtin": AGED.gtin, "batch": "YL2604A", "count": 12, "case_size": 6}
    first = brand.post("/code-runs", json=body, headers={"accept": "text/csv"})
    assert first.status_code == 201
    inner = first.text.splitlines()[1].split(",")[3]
    assert len(inner) == 18
    for text in (brand.post("/code-runs", json=body).text, brand.get(f"/code-runs/{AGED.gtin}/YL2604A/units.csv").text):
        assert inner not in text


JOINING = {"label": "x", "possession": "0x" + "11" * 65, "signature": "0x" + "11" * 65}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/parties", {"gln": "6901234000012", "name": "x", "roles": ["dealer"], "adcode": "510700"}, "gln"),
        ("/parties", {"gln": gln(51), "name": "x", "roles": ["king"], "adcode": "510700"}, "roles"),
        ("/devices/redemptions", {**JOINING, "signer": "0x12", "party": DEALER}, "signer"),
        (
            "/products",
            {"gtin": "06901234500036", "name": "x", "volume_ml": 1, "abv_permille": 1, "case_size": 1},
            "gtin",
        ),
        ("/prices", {"gtin": AGED.gtin, "amount_fen": 9, "floor_fen": 8, "valid_from": "2026-01-01"}, "valid_from"),
    ],
)
def test_what_cannot_be_entered_is_refused_by_field(
    order_id: str, desk: Desk, path: str, body: dict[str, Any], field: str
) -> None:
    answer = desk("admin").post(path, json=body)
    assert answer.status_code == 422
    assert field in answer.json()["message"]


def _sanctioned(sessions: sessionmaker[Session], standing: str, state: str) -> None:
    with sessions() as session, session.begin():
        one, other = (store.find_password_hash(session, name) for name in ("admin", "auditor"))
        assert one is not None
        assert other is not None
        wish = Wish(uuid4(), DEALER, standing, "跨区销售，三次警告无效")
        made = Sanction(wish.id, DEALER, standing, wish.reason, state, one[0], SPRING_DAY)
        if state != "proposed":
            later = SPRING_DAY + timedelta(days=3)
            made = replace(made, confirmed_by=other[0], confirmed_at=SPRING_DAY, effective_from=later)
        if state == "in_force":
            made = replace(made, in_force_at=SPRING_DAY)
            store.set_standing(session, DEALER, standing)
        store_sanctions.add(session, made)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("proposed", "有人对本公司提出：暂停参与，等待第二个人确认。"),
        ("confirmed", "对本公司的变更已确认：暂停参与，最早 2026/3/21"),
        ("in_force", "本公司已被暂停参与"),
    ],
)
def test_what_weighs_on_a_party_is_told_where_its_people_begin(
    order_id: str, desk: Desk, sessions: sessionmaker[Session], state: str, told: str
) -> None:
    dealer, other = desk("dealer", browser=True), desk("other", browser=True)
    pages = ["/orders", "/orders/new", f"/orders/{order_id}", "/stock", f"/stock/{DEALER}"]
    assert not any("card notice" in dealer.get(path).text for path in pages)
    _sanctioned(sessions, "suspended", state)
    for path in pages:
        shown = dealer.get(path).text
        assert told in shown, path
        assert "跨区销售，三次警告无效" in shown
        assert f'href="/parties/{DEALER}"' in shown
    assert not any("card notice" in other.get(path).text for path in ("/orders", "/stock"))
    is_barred = state == "in_force"
    orders = dealer.get("/orders").text
    assert ('href="/orders/new"' in orders) != is_barred
    assert ("现在不能下单" in orders) == is_barred
    assert ("<button>提交订单" in dealer.get("/orders/new").text) != is_barred
    if is_barred:
        assert "已被暂停，现在不能下单" in dealer.get("/orders/new").text
        brand = desk("brand", browser=True).get(f"/orders/new?buyer={DEALER}").text
        assert "已被暂停，现在不能下单" in brand


@pytest.mark.parametrize(
    ("cases", "why"),
    [("0", "订单至少要有一行货"), ("2.5", "箱数请写成"), ("999999999999", "箱数请写成"), ("二", "箱数请写成")],
)
def test_a_refused_order_comes_back_with_what_was_typed(
    order_id: str, desk: Desk, sessions: sessionmaker[Session], cases: str, why: str
) -> None:
    dealer = desk("dealer", browser=True)
    form = {"id": str(uuid4()), "buyer": DEALER, "location": WAREHOUSE, f"cases-{AGED.gtin}": cases}
    answer = dealer.post("/orders/new", data=form)
    assert answer.status_code == 422
    assert why in answer.text
    (wrong,) = [tag for tag in answer.text.split("<input")[1:] if "autofocus" in tag]
    assert f'name="cases-{AGED.gtin}"' in wrong
    assert f'value="{cases}"' in wrong
    assert f'<option value="{WAREHOUSE}" selected>' in answer.text
    mended = dealer.post("/orders/new", data=form | {f"cases-{AGED.gtin}": "２箱"})
    assert mended.status_code == 303, "the refused command left nothing behind"
    again = dealer.post("/orders/new", data=form | {f"cases-{AGED.gtin}": "２箱"}).headers
    own = {"x-request-id"}
    assert {each: again[each] for each in again if each not in own} == {
        each: mended.headers[each] for each in mended.headers if each not in own
    }
