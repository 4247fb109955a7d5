"""A chart is drawn from the table behind it, under the content policy; without scripts the table stands alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.databases import Once
from tests.kit.risk_trade import END, PASSWORD, tell_scored

pytestmark = pytest.mark.browser
Opens = Callable[..., Page]
DEMO_NOW = {"X-Demo-Now": (END + timedelta(hours=30)).isoformat()}
NAME = "每周首次出现在"


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    return once(tell_scored)[0]


def _log_in(open_page: Opens, path: str, **options: object) -> Page:
    page = open_page(f"/login?next={path}", extra_http_headers=DEMO_NOW, **options)
    page.get_by_label("账号").fill("何静")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


@pytest.fixture
def path(once: Once) -> str:
    """The gravest alert's page."""
    return f"/alerts/{next(iter(once(tell_scored)[1]))}"


def test_an_alerts_weeks_are_drawn_and_their_table_is_folded_behind(open_page: Opens, path: str) -> None:
    page = _log_in(open_page, path)
    chart = page.get_by_role("img", name=NAME)
    expect(chart).to_be_visible()
    inked = (
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(each => each > 0)"
    )
    assert chart.evaluate(inked), "nothing was drawn"
    table = page.locator(".chart table")
    expect(table).to_be_hidden()
    page.get_by_text("图中的数字").click()
    expect(table).to_be_visible()
    expect(table.locator("tbody tr").last).to_contain_text("本周")


def test_without_scripts_the_table_stands_alone(open_page: Opens, path: str) -> None:
    page = _log_in(open_page, path, scripts=False)
    expect(page.locator(".chart table")).to_be_visible()
    expect(page.get_by_role("img", name=NAME)).to_be_hidden()
    expect(page.locator(".chart figcaption")).to_contain_text(NAME)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_on_a_phone_a_score_keeps_clear_of_the_name_beside_it(open_page: Opens, language: str) -> None:
    page = _log_in(open_page, f"/alerts%3Flang={language}", phone=True)
    right = """each => Math.max(...each.map((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return range.getBoundingClientRect().right;
    }))"""
    for row in page.locator("[data-row]").all():
        ends = row.locator(".weight > *").evaluate_all(right)
        assert ends + 8 <= row.locator(".what").evaluate("each => each.getBoundingClientRect().left")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_long_log_in_name_is_cut_and_never_breaks_the_bar(open_page: Opens) -> None:
    page = _log_in(open_page, "/alerts", phone=True)
    page.evaluate(
        "document.querySelector('.who a').textContent = 'a-very-long-log-in-name-of-a-company@example'.repeat(3)"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".who").evaluate("e => e.getBoundingClientRect().height") < 60
