"""Every page that a capability announces opens for its visitor, in both languages, and says where one is."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import NoneType
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

import backend
from backend.app import create_app
from backend.capabilities import CAPABILITIES, VISITS
from backend.catalog import service as catalog
from backend.identity import store
from backend.identity.rules import Principal
from backend.orders import service as orders
from backend.orders.rules import LineWish
from backend.settings import Settings, Web
from backend.web import vocabulary
from backend.web.lists import ListQuery
from tests.databases import Once
from tests.fakes.relay import DEPLOYMENT
from tests.kit.people import gln
from tests.kit.risk_trade import BRAND, END, LIQUOR, tell_scored

pytestmark = pytest.mark.integration
LOGGED_IN_UNTIL = datetime(2100, 1, 1, tzinfo=UTC)
BATCH = "260105A1"
BY_BRAND = Principal(1, "品牌 王", frozenset({"brand"}), BRAND)
OF_ONE_THING = {"/batches/{gtin}/{batch:path}": "{batch}", "/stock/{gln}/movements": "/stock/{dealer}/movements"}
"""Lists that lie behind one thing: the visit that opens it for the thing of the trade below."""
FILLED = {"/orders", "/batches", "/dealers", "/parties", "/users", "/alerts", "/stock", "/risk/runs", *OF_ONE_THING}
"""Lists of which the trade below has rows."""
ROLES = ("admin", "brand", "compliance", "auditor", "dealer", "store", "warehouse", "party_admin")


def tell_a_day(sessions: sessionmaker[Session]) -> dict[str, str]:
    """The scored trade with an order and somebody of each role; what the paths of visits name."""
    alerts = tell_scored(sessions)
    dealer = gln(200)
    with sessions.begin() as session:
        unit = catalog.list_units(session, catalog.get_code_run(session, LIQUOR.gtin, BATCH))[0]
        for role in ROLES:
            party = BRAND if role == "brand" else None if role in ("admin", "compliance", "auditor") else dealer
            store.add_user(session, f"visitor-{role}", "no password fits", [role], party)
            found = store.find_password_hash(session, f"visitor-{role}")
            assert found is not None
            store.add_session(session, sha256(role.encode()).digest(), found[0], LOGGED_IN_UNTIL)
        wish = orders.Wish(uuid4(), dealer, BRAND, (LineWish(LIQUOR.gtin, 24),))
        order, _ = orders.place(session, wish, by=BY_BRAND, now=END)
    return {
        "bottle": f"/01/{unit.gtin}/10/{unit.batch}/21/{unit.serial}",
        "unknown": f"/01/{unit.gtin}/10/{unit.batch}/21/AAAAAAAAAAAAAA",
        "order": str(order.id),
        "dealer": dealer,
        "alert": f"/alerts/{alerts[0]}",
        "batch": f"/batches/{LIQUOR.gtin}/{BATCH}",
    }


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    return once(tell_a_day)[0]


@pytest.fixture
def client(sessions: sessionmaker[Session], tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path, web=Web(demo_clock=True))
    DEPLOYMENT.save(settings.deployment_path)
    with TestClient(create_app(settings, sessions)) as opened:
        opened.headers.update({"X-Demo-Now": END.isoformat(), "Accept": "text/html"})
        yield opened


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_for_its_visitor(client: TestClient, once: Once, language: str) -> None:
    examples = once(tell_a_day)[1]
    assert len(VISITS) > 25
    for visit in VISITS:
        client.headers["Authorization"] = f"Bearer {visit.role}" if visit.role else ""
        path = visit.path.format(**examples)
        answer = client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == visit.status, f"{visit.role} at {path}: {answer.status_code}"
        if answer.headers["content-type"].startswith("text/html"):
            said = "zh-CN" if language == "zh" else "en"
            assert f'<html lang="{said}"' in answer.text, path
            assert "<h1" in answer.text, f"{path} has no heading"
        if visit.role and '<header class="bar"' in answer.text:
            bar = answer.text.partition('<header class="bar"')[2].partition("</header>")[0]
            assert bar.count('aria-current="page"') == 1, f"{path} does not say in the navigation where one is"


def test_an_address_with_a_number_that_is_none_is_told_of_what(client: TestClient) -> None:
    client.headers["Authorization"] = "Bearer brand"
    answer = client.get("/orders/nothing")
    assert answer.status_code == 422
    assert "这个地址里的订单编号写得不对" in answer.text
    told = client.get("/orders/nothing", headers={"Accept": "application/json"}).json()
    assert told["details"]["field"] == "id"


def _lists() -> dict[str, str]:
    """Paths of all lists that can be a file, each with the role of a visitor."""
    routes = [route for each in CAPABILITIES for router in each.routers for route in router.routes]
    asked = [
        (route.path, each.field_info.annotation)
        for route in routes
        if isinstance(route, APIRoute)
        for each in route.dependant.query_params
    ]
    queries = {path: shape for path, shape in asked if isinstance(shape, type) and issubclass(shape, ListQuery)}
    paths = {path for path, shape in queries.items() if shape.model_fields["format"].annotation is not NoneType}
    visits = {visit.path.partition("?")[0]: visit.role or "" for visit in reversed(VISITS)}
    return {path: visits[OF_ONE_THING.get(path, path)] for path in sorted(paths)}


def test_every_list_that_can_be_a_file_is_looked_at() -> None:
    pages = [path.read_text("utf-8") for path in Path(backend.__file__).parent.rglob("*.py")]
    assert sum(text.count("return exported(") for text in pages) == len(_lists())
    assert _lists().keys() > FILLED


@pytest.mark.parametrize("path", _lists())
def test_no_file_of_a_list_says_a_state_as_programs_do(client: TestClient, once: Once, path: str) -> None:
    role = _lists()[path]
    address = OF_ONE_THING.get(path, path).format(**once(tell_a_day)[1])
    client.headers["Authorization"] = f"Bearer {role}"
    members = {member for words in vocabulary.KINDS.values() for member in words}
    for language in ("zh", "en"):
        answer = client.get(f"{address}?format=csv&lang={language}")
        assert answer.status_code == 200, answer.text
        _, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
        assert rows or path not in FILLED
        raw = {cell for row in rows for cell in row if cell in members or (cell and set(cell.split()) <= members)}
        assert raw == set()
