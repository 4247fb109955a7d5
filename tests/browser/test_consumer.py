"""A consumer's phone before a bottle: real pages, a real chain, and sites and nodes that lie."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from backend.catalog.rules import Unit
from backend.db.engine import make_engine, make_sessions
from backend.settings import Consumers, Settings, Web
from scanner.codes.serials import group_inner
from scanner.epcis.canonical import canonical
from tests.databases import fresh_database
from tests.kit.house import House, Story, open_house, path_of, tell_story

pytestmark = pytest.mark.browser

WIRE_BYTES_MAX = 15 * 1024
"""Design budget of the verdict page: HTML, style and scripts as they come over the wire."""
CHECK_BYTES_MAX = 21 * 1024
"""Of what the check loads once the page stands: the reading of events, trees, and the talk with nodes."""
CHECK = ("selfcheck", "consumer_node", "consumer_capture", "line", "merkle", "ledger_constants")
SELF_CHECK_MS_MAX = 3000
MATCHES, DOUBT = "这瓶酒与账本相符", "您的手机核对后发现有一处对不上"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def database_url(postgres_server: str, schema: str) -> Iterator[str]:
    with fresh_database(postgres_server, schema) as url:
        yield url


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url, pool_size=5)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_sessions(engine)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("house")
    return Settings(
        home=home,
        web=Web(demo_clock=True, trusted_proxies=("127.0.0.1",)),
        consumers=Consumers(scans_per_minute=10_000),
    )


@pytest.fixture(scope="module")
def house(settings: Settings, database_url: str, sessions: sessionmaker[Session]) -> Iterator[House]:
    with open_house(settings.home, database_url, sessions, settings=settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def story(house: House) -> Story:
    told = tell_story(house)
    house.settle()
    return told


@pytest.fixture(scope="module")
def bottles(story: Story) -> Iterator[Unit]:
    return iter(story.gone)


@pytest.fixture
def unit(bottles: Iterator[Unit]) -> Unit:
    """A bottle that came all the way and that nobody has looked at yet."""
    return next(bottles)


@pytest.fixture
def bottle(unit: Unit) -> str:
    """Its page."""
    return path_of(unit)


def checked(page: Page) -> str:
    """The line that tells what the self-check came to."""
    page.wait_for_selector("main[data-state]")
    return page.locator("[data-status]").inner_text()


def problems(page: Page) -> str:
    return page.locator("[data-problems]").inner_text()


def opened_through(open_page: OpenPage, path: str, lies: dict[str, Callable[[str], str]]) -> Page:
    """The page, with what comes from some addresses edited on its way: by a site or a node that lies."""
    # Chromium does not know from which network an edited page came, and would keep it from a node on this machine.
    page = open_page("/", phone=True, permissions=["local-network-access"])

    def lie(change: Callable[[str], str]) -> Callable[[Route], None]:
        def handle(route: Route) -> None:
            if route.request.method == "OPTIONS":
                route.continue_()
                return
            answer = route.fetch()
            route.fulfill(response=answer, body=change(answer.text()))

        return handle

    for address, change in lies.items():
        page.route(address, lie(change))
    page.goto(path)
    return page


def in_proof(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        proof = json.loads(text)
        change(proof["history"])
        return json.dumps(proof)

    return edit


def without_rows(evidences: list[str]) -> Callable[[str], str]:
    """The page without some rows, as a site that hides them would write it."""

    def edit(text: str) -> str:
        lines = text.split("\n")
        kept = [line for line in lines if not any(f'data-evidence="{each}"' in line for each in evidences)]
        assert len(kept) < len(lines)
        return "\n".join(kept)

    return edit


def test_the_verdict_is_told_without_scripts(open_page: OpenPage, bottle: str) -> None:
    page = open_page(bottle, phone=True, scripts=False)
    expect(page.locator("h1")).to_have_text(MATCHES)
    expect(page.locator(".seal")).to_have_text("真")
    expect(page.locator(".self")).to_contain_text("目前显示的是品牌方的记录；打开脚本后，您的手机会自己核对")
    expect(page.locator(".card")).to_contain_text("云岭陈酿 52度")
    expect(page.locator(".card")).to_contain_text("52%vol · 500 mL · 2025-11-28 装瓶")
    assert 3 <= page.locator("[data-evidence]").count() <= 8


def test_the_phone_checks_the_bottle_against_the_chain_itself(open_page: OpenPage, bottle: str) -> None:
    page = open_page(bottle, phone=True)
    assert checked(page) == "您的手机已自行核对 1 个节点"
    expect(page.locator("h1")).to_have_text(MATCHES)
    rows = page.locator("[data-evidence]")
    assert rows.count() == page.locator("[data-seen=yes]").count() == 7
    assert rows.last.inner_text().split() == ["2026-03-04", "签收", "杭州市", "·", "零售店"]


@pytest.mark.quiet
def test_the_phone_has_checked_the_bottle_within_three_seconds(open_page: OpenPage, bottle: str) -> None:
    page = open_page(bottle, phone=True)
    checked(page)
    assert page.evaluate("performance.now()") < SELF_CHECK_MS_MAX


def test_it_reads_the_same_in_english_and_says_who_looked_before(open_page: OpenPage, bottle: str) -> None:
    page = open_page("/", phone=True)
    page.set_extra_http_headers({"X-Edge-Adcode": "330100"})
    page.goto(bottle)
    page.set_extra_http_headers({})
    other = open_page(bottle + "?lang=en", phone=True)
    assert checked(other) == "Your phone checked this itself: 1 node agrees"
    expect(other.locator(".looks")).to_contain_text("Your first look at this bottle")
    expect(other.locator(".looks")).to_contain_text("One other phone has looked before (Hangzhou)")
    other.reload()
    expect(other.locator(".looks")).to_contain_text("Your first look")


def test_what_was_checked_is_told_item_by_item(open_page: OpenPage, bottle: str) -> None:
    page = open_page(bottle + "/check", phone=True)
    checked(page)
    marks = page.locator("[data-check] [data-mark]").all_inner_texts()
    assert marks == ["相符"] * 4
    assert page.locator("[data-node] [data-mark]").all_inner_texts() == ["相符"]
    assert page.locator("[data-seen=yes]").count() == 12
    with page.expect_download() as download:
        page.get_by_text("下载这瓶酒的凭证").click()
    assert Path(download.value.path()).read_text().startswith("c2sp.org/tlog-proof@v1")


def test_an_edited_record_is_caught(open_page: OpenPage, bottle: str) -> None:
    def edit(history: list[dict[str, Any]]) -> None:
        history[-1]["event"]["readPoint"]["id"] = history[0]["event"]["readPoint"]["id"]

    page = opened_through(open_page, bottle, {"**/proof": in_proof(edit)})
    checked(page)
    expect(page.locator("h1")).to_have_text(DOUBT)
    expect(page.locator(".seal")).to_have_text("疑")
    assert problems(page) == "“签收”（2026-03-04）的内容与当时签名的不是同一份"
    page.goto(bottle + "/check")
    checked(page)
    assert page.locator("[data-check] [data-mark]").all_inner_texts() == ["相符", "对不上", "对不上", "相符"]


def test_a_record_made_up_with_a_fresh_fingerprint_is_caught(open_page: OpenPage, bottle: str) -> None:
    def edit(history: list[dict[str, Any]]) -> None:
        last = history[-1]
        last["event"]["eventTime"] = "2026-03-01T12:00:00.000+08:00"
        last["evidence"] = sha256(canonical(last["event"])).hexdigest()

    page = opened_through(open_page, bottle, {"**/proof": in_proof(edit)})
    checked(page)
    assert "账本上没有“签收”（2026-03-01）这条记录" in problems(page)


def test_a_row_edited_on_the_page_is_caught(open_page: OpenPage, bottle: str) -> None:
    page = opened_through(open_page, bottle, {f"**{bottle}": lambda text: text.replace("2026-03-04<", "2026-03-14<")})
    expect(page.locator("[data-evidence]").last).to_contain_text("2026-03-14")
    checked(page)
    assert problems(page) == "网页显示的“签收”（2026-03-04）与账本不符"


def test_a_row_left_out_is_caught(open_page: OpenPage, bottle: str, story: Story) -> None:
    """The page alone hides a stop; and then page and proof hide it together."""
    history = []

    def look(told: list[dict[str, Any]]) -> None:
        history[:] = told

    page = opened_through(open_page, bottle, {"**/proof": in_proof(look)})
    checked(page)
    middle = [each["evidence"] for each in history if each["step"] in ("ship", "receive")][2:4]
    hidden = {f"**{bottle}": without_rows(middle[1:])}
    page = opened_through(open_page, bottle, hidden)
    checked(page)
    assert problems(page) == "网页没有显示“签收”（2026-02-24）这条记录"

    def drop(told: list[dict[str, Any]]) -> None:
        told[:] = [each for each in told if each["evidence"] not in middle]

    page = opened_through(open_page, bottle, {**hidden, "**/proof": in_proof(drop)})
    checked(page)
    assert problems(page) == "“发货”（2026-03-04）的一方不是上一位签收方，中间缺了记录"


def test_a_node_that_is_away_leaves_it_open_and_one_that_differs_is_a_doubt(
    open_page: OpenPage, bottle: str, house: House
) -> None:
    page = open_page("/", phone=True)
    page.route(house.node + "/", lambda route: route.abort())
    page.goto(bottle)
    assert checked(page) == "暂时连不上账本节点，未能全部核对；目前显示的是品牌方的记录"
    expect(page.locator("h1")).to_have_text(MATCHES)
    root = json.loads(page.request.get(bottle + "/proof").text())["root"]
    page = opened_through(open_page, bottle, {house.node + "/": lambda text: text.replace(root, "f" * 64)})
    checked(page)
    assert "编码清单与链上登记的不一致" in problems(page)


def test_another_ledger_than_at_the_first_visit_is_a_doubt_until_it_is_accepted(
    open_page: OpenPage, bottle: str, house: House
) -> None:
    page = open_page(bottle, phone=True)
    checked(page)
    page.evaluate("localStorage.setItem('jiulian-ledger', '1/0x' + '00'.repeat(20))")
    page.goto(bottle + "/check")
    checked(page)
    assert problems(page) == "网站指向的账本与您第一次查看时不同"
    page.get_by_role("button").click()
    expect(page.locator("[data-status]")).to_have_text("您的手机已自行核对 1 个节点")


def test_the_verdict_page_keeps_its_budget(open_page: OpenPage, bottle: str) -> None:
    page = open_page(bottle, phone=True)
    checked(page)
    sizes = page.evaluate(
        """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter(e => e.initiatorType === 'navigation' || /\\.(css|js)/.test(e.name))
        .map(e => [e.name, e.encodedBodySize])"""
    )
    names = tuple(f"/{name}.js" for name in CHECK)
    later = [each for each in sizes if "/static/reading/" in each[0] or each[0].endswith(names)]
    first = [each for each in sizes if each not in later]
    assert len(first) >= 6
    assert len(later) == 14, later
    assert sum(size for _, size in first) <= WIRE_BYTES_MAX, first
    assert sum(size for _, size in later) <= CHECK_BYTES_MAX, later


PAGES = ["", "/check", "/where", "/open", "/report"]


def test_pages_are_for_everybody(open_page: OpenPage, axe: Callable[[Page], list[str]], bottle: str) -> None:
    for path in [*(bottle + each for each in PAGES), "/01/06901234500011/10/X1/21/NEVERMADE00000", "/"]:
        for scheme in ("light", "dark"):
            page = open_page(path, phone=True, color_scheme=scheme)
            if path in (bottle, bottle + "/check"):
                checked(page)
            assert axe(page) == [], f"{path} in {scheme}"
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{path} scrolls sideways"
        small = page.evaluate(
            """[...document.querySelectorAll('a:not(.skip), button, input, select, textarea, summary')]
            .map(e => [e.getBoundingClientRect(), e])
            .filter(([box, e]) => e.offsetParent && Math.min(box.width, box.height) < 24)
            .map(([, e]) => e.outerHTML.slice(0, 80))"""
        )
        assert small == [], f"small targets on {path}"


def test_an_unknown_code_shows_where_one_is(open_page: OpenPage) -> None:
    page = open_page("/01/06901234500011/10/X1/21/NEVERMADE00000", phone=True)
    expect(page.locator("h1")).to_have_text("账本里没有这个编码")
    expect(page.locator(".host")).to_contain_text("127.0.0.1")


def test_a_report_gets_a_ticket(open_page: OpenPage, bottle: str) -> None:
    page = open_page(bottle + "/report", phone=True)
    page.get_by_label("在哪里买的").select_option("440100")
    page.get_by_label("一瓶多少钱").fill("二百")
    page.get_by_role("button", name="提交反馈").click()
    expect(page.get_by_role("alert")).to_contain_text("看不懂这个价格")
    page.get_by_label("一瓶多少钱").fill("288")
    page.get_by_role("button", name="提交反馈").click()
    expect(page.locator("h1")).to_have_text("反馈已收到，谢谢")
    assert page.locator(".serial").inner_text().replace(" ", "").replace("\n", "").startswith("R0000")


def test_a_bottle_is_opened_without_scripts_and_the_next_phone_is_told(
    open_page: OpenPage, story: Story, unit: Unit, bottle: str
) -> None:
    page = open_page(bottle, phone=True, scripts=False)
    page.get_by_role("link", name="开瓶验证").click()
    page.get_by_label("瓶盖内的内码").fill(group_inner(story.inner[unit.index]).lower())
    page.get_by_role("button", name="登记开启").click()
    expect(page.locator("h1")).to_have_text("开瓶验证")  # the browser itself asks for the confirmation
    page.get_by_label("我正在开启这瓶酒").check()
    page.get_by_role("button", name="登记开启").click()
    expect(page.locator("h1")).to_have_text("内码正确，已登记开启")
    page.reload()
    expect(page.locator("h1")).to_have_text("这瓶酒已由您登记开启")
    assert page.url.endswith(bottle + "/open")
    next_ = open_page(bottle, phone=True)
    assert "已自行核对" in checked(next_)  # this phone's own check agrees, so that word and seal stay
    expect(next_.locator("h1")).to_have_text("这瓶酒此前已登记开启")
    expect(next_.locator(".seal")).to_have_text("启")
