"""What pages ask the database: no more for what they do not show, however much of it there is."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.capture.rules import BatchKey
from backend.clock import now as wall_clock
from backend.custody import batch_history
from backend.db.paging import Asked as AskedPage
from backend.db.tables.identity import device
from backend.identity import service as identity
from backend.identity import store_list
from backend.identity.rules import Location, Party
from backend.settings import Settings, Web
from scanner.device.events import Lot
from tests.kit.counting import Asked, counting
from tests.kit.wholesale import AGED, BRAND, DEALER, WAREHOUSE, Wholesale, gln, open_wholesale

pytestmark = pytest.mark.integration
NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
Open = Callable[[str, str], tuple[str, Asked]]


@pytest.fixture
def house(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    with sessions.begin() as session:
        open_wholesale(session, NOW).bottle("YL2603A", 1_800)
        for name, role, party in (("wang", "brand", BRAND), ("li", "dealer", DEALER), ("chen", "warehouse", WAREHOUSE)):
            identity.add_user(session, name, "a long password", {role}, party)
    return sessions


@pytest.fixture
def open_page(house: sessionmaker[Session]) -> Open:
    """The page as a person gets it, and what the database was asked for it."""
    client = TestClient(create_app(Settings(web=Web(demo_clock=True)), house), headers={"X-Demo-Now": NOW.isoformat()})

    def opened(name: str, path: str) -> tuple[str, Asked]:
        with house.begin() as session:
            token = identity.log_in(session, name, "a long password", now=wall_clock())
        with counting(house) as asked:
            answer = client.get(path, headers={"Authorization": f"Bearer {token}", "accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return answer.text, asked

    return opened


def join(session: Session, numbers: range, role: str, supplier: str) -> None:
    for number in numbers:
        party = Party(gln(number), f"烟酒店 {number}", frozenset({role}), "510100", supplier)
        identity.enrol_party(session, party, now=NOW)
        identity.add_location(session, Location(party.gln, party.gln, party.name, party.adcode, 30.0, 104.0))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("li", "/orders/new"),
        ("li", "/warehouse/documents"),
        ("chen", f"/stock/{WAREHOUSE}"),
        ("wang", f"/batches/{AGED.gtin}/YL2603A"),
    ],
)
def test_companies_and_places_that_a_page_does_not_show_are_not_read(
    house: sessionmaker[Session], open_page: Open, name: str, path: str
) -> None:
    _, before = open_page(name, path)
    with house.begin() as session:
        join(session, range(100, 140), "store", DEALER)
    _, after = open_page(name, path)
    assert after.statements == before.statements


def test_the_form_of_an_order_asks_for_the_places_of_all_warehouses_at_once(
    house: sessionmaker[Session], open_page: Open
) -> None:
    _, before = open_page("li", "/orders/new")
    with house.begin() as session:
        join(session, range(100, 110), "warehouse", BRAND)
    shown, after = open_page("li", "/orders/new")
    assert len(after) == len(before)
    assert all(f"烟酒店 {number}" in shown for number in range(100, 110))


def deal(house: sessionmaker[Session], rounds: int, after: int) -> None:
    """So many cases leave, the goods of every second one arrive."""
    with house.begin() as session:
        trade = Wholesale(session, NOW + timedelta(days=1 + after))
        for number in range(rounds):
            sent = trade.ship(WAREHOUSE, DEALER, Lot(AGED.gtin, "YL2603A", 6))
            if number % 2:
                trade.receive(DEALER, WAREHOUSE, Lot(AGED.gtin, "YL2603A", 6), sent)


def test_pages_read_the_newest_of_what_happened_and_count_the_rest(
    house: sessionmaker[Session], open_page: Open
) -> None:
    paths = [
        ("wang", f"/batches/{AGED.gtin}/YL2603A", "经过 (\\d+) 步"),
        ("chen", f"/stock/{WAREHOUSE}", "交接记录 (\\d+) 条"),
    ]
    counts, rows = [], []
    for after in range(2):
        deal(house, 110, after)
        for name, path, words in paths:
            shown, asked = open_page(name, path)
            found = re.search(words, shown)
            assert found is not None
            counts.append(int(found[1]))
            rows.append(asked.rows)
    assert counts == [4 + 165, 1 + 110, 4 + 330, 1 + 220]  # born, coded, shipped, received; then each round's
    assert rows[:2] == rows[2:]


def test_a_batchs_newest_steps_and_largest_holders_stand_first(house: sessionmaker[Session]) -> None:
    deal(house, 6, 0)
    key = BatchKey(AGED.gtin, "YL2603A")
    with house() as session:
        whole = batch_history.get_story(session, key, AskedPage(1, 1_000, "told", descending=True))
        some = batch_history.get_story(session, key, AskedPage(1, 3, "told", descending=True), most=1)
    assert whole.steps.total == some.steps.total == len(whole.steps.items) == 4 + 9
    assert some.steps.items == whole.steps.items[:3]
    numbers = [each.said.number for each in whole.steps.items]
    assert numbers == sorted(numbers, reverse=True)
    assert [(each.party, each.held) for each in whole.holdings.items] == [(WAREHOUSE, 1_800 - 36), (DEALER, 18)]
    assert (some.holdings.items, some.holdings.total) == (whole.holdings.items[:1], 2)
    assert (some.under_way.items, some.under_way.total) == (whole.under_way.items[:1], 3)
    assert some.summary == whole.summary


def test_every_step_of_a_batch_and_every_movement_of_a_party_stands_on_a_page(
    house: sessionmaker[Session], open_page: Open
) -> None:
    deal(house, 50, 0)
    lists = [("wang", f"/batches/{AGED.gtin}/YL2603A", 4 + 75), ("chen", f"/stock/{WAREHOUSE}/movements", 1 + 50)]
    for name, path, total in lists:
        pages = [open_page(name, f"{path}?page_number={number}")[0] for number in (1, 2)]
        tables = [each.partition('<table class="rows"')[2] for each in pages]
        seen = [re.findall(r'<a class="mono" href="/captures/(\w{64})"', each) for each in tables]
        assert [len(each) for each in seen] == [50, total - 50]
        assert len({*seen[0], *seen[1]}) == total
        assert "page_number=2" in pages[0]
        past, _ = open_page(name, f"{path}?page_number=99")
        assert "只有 2 页" in past


def test_a_search_counts_what_it_finds_while_it_reads(house: sessionmaker[Session]) -> None:
    with house.begin() as session:
        join(session, range(100, 125), "store", DEALER)
    found = store_list.parties("烟酒店 1")
    with house() as session, counting(house) as asked:
        pages = [found.page(session, AskedPage(number, 10, "gln")) for number in range(1, 5)]
    assert [[each.gln for each in page.items] for page in pages] == [
        [gln(number) for number in range(first, min(first + 10, 125))] for first in (100, 110, 120, 130)
    ]
    assert {page.total for page in pages} == {25}
    assert len(asked) == 2 + 2 + 2 + 2, "which, and their names; behind the last page nothing, and how many there are"


def test_every_device_of_a_company_stands_on_one_page_of_its_keys(
    house: sessionmaker[Session], open_page: Open
) -> None:
    with house.begin() as session:
        for number in range(70):
            values = {"signer": sha256(bytes([number])).digest()[:20], "party": DEALER, "label": f"phone {number:02d}"}
            at = NOW - timedelta(hours=number)
            session.execute(device.insert().values(**values, enrolled_at=at, way="invitation", waits=False))
    pages = [open_page("li", f"/devices?keys_page={number}")[0] for number in (1, 2)]
    shown = [list(dict.fromkeys(re.findall(r"phone \d\d", each))) for each in pages]
    assert shown == [[f"phone {number:02d}" for number in numbers] for numbers in (range(50), range(50, 70))]
    seen, _ = open_page("wang", f"/devices?party={DEALER}")
    assert f"party={DEALER}&amp;keys_page=2" in seen
    past, _ = open_page("li", "/devices?keys_page=99")
    assert "只有 2 页" in past
    assert "keys_page=2" in past
    assert '<table class="rows"' not in past
