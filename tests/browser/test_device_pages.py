"""The brand's forms for devices in a real browser: a code shown once, a proposal refused in words."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Device
from backend.identity.store import add_device
from scanner.device import signing
from tests.browser.warehouse_stage import PASSWORD, Stage
from tests.kit.wholesale import WAREHOUSE

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_the_brand_is_shown_a_code_once_and_told_why_a_proposal_is_none(
    stage: Stage, sessions: sessionmaker[Session], open_page: Callable[..., Page], phone: bool
) -> None:
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
    stage: Stage, sessions: sessionmaker[Session], open_page: Callable[..., Page], phone: bool
) -> None:
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


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_a_company_that_had_devices_learns_of_the_two_days_before_and_by_which_way_a_phone_came(
    stage: Stage, sessions: sessionmaker[Session], open_page: Callable[..., Page], phone: bool
) -> None:
    old, new = bytes(range(20)), bytes(range(1, 21))
    with sessions.begin() as session:
        identity.add_user(session, "品牌", PASSWORD, {"brand"}, None)
    page = open_page("/login", phone=phone)
    stage.log_in(page.context, "品牌")
    page.goto("/devices")
    expect(page.get_by_role("heading", level=1)).to_have_text("各单位的设备")
    page.goto(f"/devices?party={WAREHOUSE}")
    expect(page.get_by_role("heading", level=1)).to_have_text("云岭西南中心仓")
    expect(page.get_by_role("heading", name="邀请第一台设备")).to_be_visible()
    expect(page.get_by_text("两天后才能用")).to_have_count(0)
    with sessions.begin() as session:
        add_device(session, Device(old, WAREHOUSE, "一号机"), datetime.now(UTC))
        keys.revoke(session, old, now=datetime.now(UTC), person="品牌")
    page.reload()
    expect(page.get_by_role("heading", name="邀请第一台设备")).to_have_count(0)
    expect(page.get_by_text("现在一台有效的也没有")).to_contain_text("上链两天后才能用")
    page.get_by_role("button", name="生成加入码").click()
    expect(page.get_by_text("用这个码加入的手机，上链两天后才能用")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1366)

    with sessions.begin() as session:
        add_device(session, Device(new, WAREHOUSE, "二号机", waits=True), datetime.now(UTC))
    stage.log_in(page.context, "陈")
    page.goto("/devices")
    expect(page.get_by_role("heading", level=1)).to_have_text("我的设备")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("一台新设备凭品牌方给的加入码加入：二号机")
    expect(alert).to_contain_text(signing.fingerprint(new))
    expect(alert).not_to_contain_text("品牌方提出")
    expect(page.get_by_role("row", name="二号机")).to_contain_text("凭加入码，以前有过设备所以等候两天")
    expect(page.get_by_role("row", name="二号机")).to_contain_text(signing.fingerprint(new))
    assert page.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1366)
    expect(alert.get_by_role("button", name="确定阻止")).to_be_hidden()
    alert.get_by_text("阻止", exact=True).click()
    expect(alert).to_contain_text("阻止「二号机」后，这把密钥永远不能签名")
    alert.get_by_role("button", name="确定阻止").click()
    expect(page.get_by_role("row", name="二号机")).to_contain_text("已被阻止")
    expect(page.get_by_role("alert")).to_have_count(0)
