"""Page, file and answer for programs are one list: as many rows, whoever reads it and however it is narrowed."""

import csv
import html
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.capabilities import CAPABILITIES
from backend.db.tables.units import unit_finding
from backend.settings import Settings, Web
from backend.web.lists import ListQuery
from ledger_indexer.rows.tables import captured
from scanner.device.capture import Step
from tests.architecture.test_routes import required_roles
from tests.databases import Once
from tests.integration.test_every_page import BATCH, OF_ONE_THING, ROLES, tell_a_day
from tests.kit.people import gln
from tests.kit.risk_trade import BRAND, END, LIQUOR

pytestmark = pytest.mark.integration
TYPED = {
    "q": ("1", "690", "贵", "ａ", "visitor", "％没有这样的名字"),
    "party": (gln(200), "6900000000009"),
    "gtin": (LIQUOR.gtin,),
    "region": ("52", "11"),
    "batch": (BATCH, BATCH.lower(), "nothing"),
    "kind": ("PastOurDesk", "NotInside"),
}
"""What people type into filters that are free text."""
FILLED = frozenset(
    {"/alerts", "/batches", "/dealers", "/findings", "/orders", "/parties", "/risk/runs", "/stock", "/users"}
)
"""Lists that the story of these tests has rows for; another may be empty, and agrees all the same."""
BY_BATCH = {"/stock": "its page adds up by company what file and programs have batch by batch"}


def queries() -> dict[str, type[ListQuery]]:
    """Every list of the product: its path, and what it may be asked."""
    found: dict[str, type[ListQuery]] = {}
    for route in _routes():
        for hint in get_type_hints(route.endpoint).values():
            if (
                isinstance(hint, type)
                and issubclass(hint, ListQuery)
                and hint.model_fields["format"].annotation is not NoneType
            ):
                found[route.path] = hint
    return found


def _routes() -> Iterator[APIRoute]:
    routers = [router for each in CAPABILITIES for router in each.routers]
    yield from (route for router in routers for route in router.routes if isinstance(route, APIRoute))


def readers(path: str) -> list[str]:
    """Roles that may read a list."""
    (allowed,) = {required_roles(route) for route in _routes() if route.path == path and "GET" in route.methods}
    assert allowed is not None
    return [role for role in ROLES if role == "admin" or role in allowed]


def _values_of(choice: object) -> tuple[str, ...]:
    """All values of an enum or of literals; none of what is free text."""
    if get_origin(choice) is Literal:
        return get_args(choice)
    return tuple(choice) if isinstance(choice, type) and issubclass(choice, StrEnum) else ()


def narrowed(query: type[ListQuery]) -> Iterator[str]:
    """The list as it is, and narrowed by each value of each of its filters."""
    yield ""
    for name in query.filters:
        annotation = query.model_fields[name].annotation
        choices = (annotation,) if get_origin(annotation) is Literal else get_args(annotation) or (annotation,)
        values = [value for choice in choices for value in _values_of(choice)]
        for value in values or TYPED[name]:
            yield f"{name}={value}"


def tell_past(sessions: sessionmaker[Session]) -> dict[str, str]:
    """The day of every page, with findings, and captures that the chain alone knows."""
    examples = tell_a_day(sessions)
    with sessions.begin() as session:
        for n in range(130):
            told = {"evidence": n.to_bytes(32), "line": 0, "kind": "NotInside", "against": None, "party": gln(200)}
            at = datetime(2026, 1, 1, tzinfo=UTC)
            session.execute(insert(unit_finding).values(**told, unit=f"urn:case:{n}", details={}, found_at=at))
        for n in range(120):
            place = {"block_number": n, "log_index": 0, "tx_hash": bytes(32), "block_time": 1_767_200_000 + n}
            zeros = dict.fromkeys(("counterparty", "location", "units", "ref", "device"), bytes(32))
            told = {"evidence": (1000 + n).to_bytes(32), "batch": bytes([n % 2]) * 32, "party": bytes([n % 3]) * 32}
            row = place | zeros | told | {"step": int(Step.SHIP), "quantity": 6, "time": 1}
            session.execute(insert(captured).values(**row))
    return examples


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    return once(tell_past)[0]


@pytest.fixture
def client(sessions: sessionmaker[Session], tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path, web=Web(demo_clock=True, files_per_minute=100_000))
    with TestClient(create_app(settings, sessions)) as opened:
        opened.headers["X-Demo-Now"] = END.isoformat()
        yield opened


def shown(page: str) -> tuple[int, int]:
    """Rows that a page says it shows, and how many there are of all."""
    extent = re.search(r"第 ([\d,]+)–([\d,]+) 条，共 ([\d,]+) 条", page)
    if extent is None:
        return 0, 0
    first, last, total = (int(each.replace(",", "")) for each in extent.groups())
    rows = re.search(
        r"<table class=\"rows[^>]*>.*?<tbody[^>]*>(.*?)</tbody>|<ol class=\"queue\"[^>]*>(.*?)</ol>", page, re.S
    )
    assert rows is not None
    assert len(re.findall(r"<tr[ >]|<li>", rows[1] or rows[2])) == last - first + 1
    return last - first + 1, total


@pytest.mark.parametrize("path", sorted(queries()))
def test_page_files_and_programs_have_the_same_rows(client: TestClient, once: Once, path: str) -> None:
    opened = OF_ONE_THING.get(path, path).format(**once(tell_past)[1])
    asked = list(narrowed(queries()[path]))
    some = 0
    roles = readers(path)
    for place, role in enumerate(roles):
        # all ask for the whole; each narrower question is one of two of them, in turn
        for question in [each for n, each in enumerate(asked) if not n or (n - place) % len(roles) < 2]:
            asker = {"Authorization": f"Bearer {role}"}
            where = f"{opened}?{question}"
            page = client.get(where, headers=asker | {"Accept": "text/html"})
            assert page.status_code == 200, (role, where, page.text)
            files = [client.get(f"{where}&format={form}", headers=asker) for form in ("csv", "xlsx")]
            assert [each.status_code for each in files] == [200, 200], (role, where)
            _, *rows = csv.reader(io.StringIO(files[0].text.removeprefix("\ufeff")))
            with zipfile.ZipFile(io.BytesIO(files[1].content)) as book:
                sheet = book.read("xl/worksheets/sheet1.xml").decode().count("<row ") - 1
            assert sheet == len(rows), (role, where)
            if path not in BY_BATCH:
                assert shown(page.text)[1] == len(rows), (role, where)
            told = client.get(where, headers=asker | {"Accept": "application/json"})
            if told.headers["content-type"] == "application/json":
                assert told.status_code == 200, (role, where)
                items = found["steps"] if isinstance(found := told.json(), dict) else found
                assert (int(told.headers["x-total-count"]), len(items)) == (len(rows), len(rows)), (role, where)
            some += len(rows)
    assert some or path not in FILLED


def test_the_story_fills_lists_that_are_there() -> None:
    assert queries().keys() >= FILLED


def test_findings_turn_from_what_was_told_past_our_desk_to_what_is_kept(client: TestClient) -> None:
    as_program = {"Authorization": "Bearer brand", "Accept": "application/json"}
    whole = client.get("/findings", headers=as_program).json()
    assert [each["kind"] for each in whole] == ["PastOurDesk"] * 120 + ["NotInside"] * 130
    for sort in ("-found", "found"):
        pages = [
            client.get(f"/findings?sort={sort}&page_size=7&page_number={n}", headers=as_program).json()
            for n in range(1, 37)
        ]
        turned = [each for page in pages for each in page]
        assert turned == (whole if sort == "-found" else whole[::-1])
    as_person = {"Authorization": "Bearer brand", "Accept": "text/html"}
    assert shown(client.get("/findings?page_number=3", headers=as_person).text) == (50, 250)
    assert shown(client.get("/findings?page_number=5", headers=as_person).text) == (50, 250)


def test_an_alert_is_found_by_its_dealer_or_number_and_the_headline_tells_the_whole(client: TestClient) -> None:
    client.headers.update({"Authorization": "Bearer compliance", "Accept": "text/html"})
    everything = list(csv.DictReader(io.StringIO(client.get("/alerts?format=csv").text.removeprefix("\ufeff"))))
    assert everything
    one = everything[0]
    headline = re.compile(r"<h1.*?</h1>", re.S)
    number = one["预警"]
    for words in (one["经销商"][:3], one["经销商 GLN"], number, f"#{number}", f"＃{number}", f"第 {number} 号"):
        page = client.get("/alerts", params={"q": words}).text
        assert one["经销商"] in page
        assert f"#{number}</small>" in page
        assert headline.findall(page) == headline.findall(client.get("/alerts").text)
    nothing = client.get("/alerts", params={"q": "没有这家公司"}).text
    assert shown(nothing) == (0, 0)
    assert "没有符合条件的记录" in nothing
    assert 'name="tab"' in nothing, "another search stays in the tab"


def test_every_other_company_is_on_one_of_the_pages_of_devices(client: TestClient) -> None:
    client.headers.update({"Authorization": "Bearer compliance", "Accept": "text/html"})
    everybody = {each["gln"] for each in client.get("/parties", headers={"Accept": "application/json"}).json()}
    assert len(everybody) > 20
    seen: list[str] = []
    address = "/devices"
    while address:
        page = client.get(address).text.partition('id="others"')[2]
        seen += re.findall(r'href="/devices\?party=(\d{13})"', page)
        following = re.search(r'rel="next" href="(\?[^"]+)"', page)
        address = f"/devices{html.unescape(following[1])}" if following else ""
    assert (set(seen), len(seen)) == (everybody, len(everybody))
    narrowed = client.get("/devices", params={"q": seen[-1], "party": seen[0]}).text.partition('id="others"')[2]
    assert re.findall(r'href="/devices\?party=(\d{13})"', narrowed) == [seen[-1]]
    past = client.get("/devices?page_number=99").text.partition('id="others"')[2]
    assert re.search(r"只有 \d+ 页", past)
    assert "没有符合条件" not in past
    searched = client.get("/devices?q=0").text.partition('id="others"')[2]
    assert re.search(r'<a href="\?[^"]*#others">全部</a>', searched)
    client.headers["Authorization"] = "Bearer brand"
    of_brand = client.get(f"/devices?q={BRAND}").text.partition('id="others"')[2]
    assert "没有符合条件的参与方" in of_brand, "one's own company is no other"
