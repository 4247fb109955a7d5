"""Compliance at the desk: find an alert and file it with the keyboard alone; the screens are accessible."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.databases import Once
from tests.kit.risk_trade import END, PASSWORD, tell_scored

pytestmark = pytest.mark.browser
Opens = Callable[..., Page]
Checks = Callable[[Page], list[str]]
DEMO_NOW = {"X-Demo-Now": (END + timedelta(hours=30)).isoformat()}


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    return once(tell_scored)[0]


@pytest.fixture
def alerts(once: Once) -> list[int]:
    """Alerts of the made-up trade, the gravest first."""
    return list(once(tell_scored)[1])


@pytest.fixture
def desk(alerts: list[int], open_page: Opens) -> Opens:
    """Opens pages for somebody of compliance who has logged in by keyboard."""

    def open_(path: str = "/alerts", **options: object) -> Page:
        page = open_page(f"/login?next={path}", extra_http_headers=DEMO_NOW, **options)
        expect(page.get_by_label("账号")).to_be_focused()
        page.keyboard.insert_text("何静")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return open_


def test_an_alert_is_found_and_filed_with_the_keyboard_alone(desk: Opens, alerts: list[int]) -> None:
    page = desk()
    page.keyboard.press("n")
    page.wait_for_url(f"**/alerts/{alerts[0]}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("旅客和礼品只能解释")
    for key in ("1", "b", "c", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("status")).to_contain_text("立案")
    expect(page.get_by_role("status")).to_contain_text("箱数超出旅客所能解释、当地价格被压低")
    page.keyboard.press("z")
    expect(page.get_by_role("radio", name="立案")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{len(alerts)} 条预警待审")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{alerts[1]}")


def test_single_keys_can_be_switched_off(desk: Opens) -> None:
    page = desk()
    switch = page.locator("[data-shortcuts]")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert page.url.endswith("/alerts")
    page.reload()
    expect(switch).to_have_attribute("aria-pressed", "false")


def test_a_decision_can_be_taken_without_scripts(desk: Opens, alerts: list[int]) -> None:
    page = desk(f"/alerts/{alerts[0]}", scripts=False)
    page.get_by_role("radio", name="误报").check()
    page.get_by_role("checkbox", name="宴席或礼品").check()
    page.get_by_role("button", name="记下决定").click()
    expect(page.get_by_role("status")).to_contain_text("误报")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screens_break_no_accessibility_rule(
    desk: Opens, axe: Checks, alerts: list[int], scheme: str, phone: bool
) -> None:
    page = desk("/alerts", phone=phone, color_scheme=scheme)
    assert axe(page) == []
    for path in (f"/alerts/{alerts[0]}", "/risk/runs"):
        page.goto(path)
        assert axe(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} px"
