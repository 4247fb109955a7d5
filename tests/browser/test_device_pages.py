"""The brand's forms for devices in a real browser: a code shown once, a proposal refused in words."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from backend.identity import service as identity
from backend.identity.rules import Device
from backend.identity.store import add_device
from backend.settings import Settings
from tests.browser.warehouse_stage import PASSWORD, Stage
from tests.trade import WAREHOUSE

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_the_brand_is_shown_a_code_once_and_told_why_a_proposal_is_none(
    sessions: sessionmaker[Session], settings: Settings, site: str, open_page: Callable[..., Page], phone: bool
) -> None:
    stage = Stage(sessions, settings, site, open_page).prepare()
    with sessions.begin() as session:
        identity.add_user(session, "品牌", PASSWORD, {"brand"}, None)
    page = open_page("/login", phone=phone)
    stage.log_in(page.context, "品牌")
    page.goto(f"/devices?party={WAREHOUSE}")
    page.get_by_role("button", name="生成加入码").click()
    expect(page.locator("[data-code]")).to_contain_text("-")
    page.goto(f"/devices?party={WAREHOUSE}&lang=en")
    expect(page.locator("[data-code]")).to_have_count(0)
    expect(page.get_by_role("button", name="Make a code")).to_be_visible()
    with sessions.begin() as session:
        add_device(session, Device(bytes(range(20)), WAREHOUSE, "一号机"), datetime.now(UTC))
    page.reload()
    page.locator("[name=request]").fill("not a request")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("alert")).to_contain_text("no request to join")
    assert page.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1366)


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_a_device_is_stopped_only_when_asked_once_more(
    sessions: sessionmaker[Session], settings: Settings, site: str, open_page: Callable[..., Page], phone: bool
) -> None:
    stage = Stage(sessions, settings, site, open_page).prepare()
    with sessions.begin() as session:
        add_device(session, Device(bytes(range(20)), WAREHOUSE, "一号机"), datetime.now(UTC))
    page = open_page("/login", phone=phone)
    stage.log_in(page.context, "陈")
    page.goto("/devices")
    row = page.get_by_role("row", name="一号机")
    expect(row.get_by_role("button", name="确定停用")).to_be_hidden()
    row.get_by_text("停用这台").click()
    expect(row).to_contain_text("停用「一号机」后，这把密钥再也不能签名")
    assert page.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1366)
    row.get_by_role("button", name="确定停用").click()
    expect(page.get_by_role("row", name="一号机")).to_contain_text("已停用")
