"""Phones that were stopped, phones that join late, and goods that a sender says arrived: what the app makes of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from backend.custody import service as custody
from backend.identity import keys
from backend.identity.rules import Device
from backend.identity.store import add_device, device
from scanner.device import events, signing
from scanner.device.events import Lot, Parties
from tests.browser.warehouse_stage import Stage, job, scan
from tests.kit.wholesale import AGED, DEALER, WAREHOUSE, Wholesale

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def stop(stage: Stage, page: Page) -> bytes:
    """The brand stops the phone's key; returns its signer."""
    signer = stage.signer_of(page)
    with stage.sessions.begin() as session:
        keys.revoke(session, signer, now=datetime.now(UTC), person="品牌")
    return signer


def make_new_key(page: Page) -> None:
    page.goto("/warehouse#/device")
    expect(page.get_by_role("button", name="确定生成新密钥")).to_be_hidden()
    page.get_by_text("在本机生成新密钥", exact=True).click()
    page.get_by_role("button", name="确定生成新密钥").click()
    expect(page.locator("[data-join-said]")).to_contain_text("新密钥做好了")


def test_a_stopped_phone_makes_a_new_key_joins_again_by_code_and_loses_no_record(stage: Stage) -> None:
    page = stage.work()
    page.context.set_offline(True)
    job(page)
    for sscc in stage.cases[:10]:
        scan(page, sscc)
    page.locator("[data-finish]").click()
    expect(page.locator("[data-unsent]")).to_have_text("1")
    old = stop(stage, page)
    page.context.set_offline(False)
    expect(page.locator("[data-unsent]")).to_contain_text("1 被拒")
    page.goto("/warehouse#/")
    page.reload()
    expect(page.locator("[data-notice]")).to_contain_text("已永久停用，不能再签名")
    expect(page.locator("[data-device]").first).to_have_text("已停用")
    page.get_by_role("link", name="去生成").click()
    expect(page.locator("[data-device-help]")).to_contain_text("永久停用")
    expect(page.locator("[name=code]")).to_be_hidden()
    page.get_by_text("在本机生成新密钥", exact=True).click()
    expect(page.locator("[data-renew-fate]")).to_contain_text("还有 1 笔没被服务器收下，它们不会丢")
    expect(page.get_by_role("link", name="看待发记录")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert stage.signer_of(page) == old, "nothing happens before it is asked once more"
    page.get_by_role("button", name="确定生成新密钥").click()
    expect(page.locator("[data-join-said]")).to_contain_text("新密钥做好了")
    expect(page.locator("[data-device-state]")).to_have_text("未登记")
    new = stage.signer_of(page)
    assert new != old
    expect(page.locator("[data-fingerprint]")).to_have_text(signing.fingerprint(new))

    page.locator("[data-by-code] [name=label]").fill("新一号")
    page.locator("[name=code]").fill(stage.invite(WAREHOUSE))
    page.get_by_role("button", name="加入", exact=True).click()
    said = page.locator("[data-join-said]")
    expect(said).to_contain_text("加入码收下了，但这台设备还不能用")
    expect(said).not_to_have_class("good")
    expect(page.locator("[data-device-state]")).to_have_text("等候中")
    expect(page.locator("[data-device-help]")).to_contain_text("凭加入码加入，上链两天后才能用")
    expect(page.locator("[data-device-help]")).to_contain_text("以前有过设备")
    expect(page.locator("[data-device-help]")).not_to_contain_text("品牌方提出")
    page.goto("/warehouse#/")
    expect(page.locator("[data-notice]")).to_contain_text("凭加入码加入")
    page.goto("/warehouse#/queue")
    record = page.locator(".record[data-state=refused]")
    expect(record).to_contain_text("被拒：这台设备已停用")
    expect(record).to_contain_text("用本机以前的密钥签的")
    page.goto("/warehouse#/device")

    with stage.sessions.begin() as session:
        past = datetime.now(UTC) - timedelta(minutes=1)
        session.execute(update(device).where(device.c.signer == new).values(since=past))
    expect(page.locator("[data-device-state]")).to_have_text("已登记")
    expect(said).to_have_text("等候期满，本机现在能用了。")
    page.get_by_text("技术信息").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="导出密钥文件").click()
    assert signing.fingerprint(old).replace(" ", "") in download.value.suggested_filename


def test_a_proposed_phone_that_was_stopped_before_it_counted_is_let_in_with_a_new_key(stage: Stage) -> None:
    first = stage.work()
    page = stage.device_page("陈")
    now = datetime.now(UTC)
    with stage.sessions.begin() as session:
        key = Device(stage.signer_of(page), WAREHOUSE, "备用机", way="proposal", waits=True)
        add_device(session, key, now)
    page.reload()
    expect(page.locator("[data-device-state]")).to_have_text("等候中")
    stop(stage, page)
    expect(page.locator("[data-device-state]")).to_have_text("已被阻止")
    expect(page.locator("[data-device-help]")).to_contain_text("还没生效")
    make_new_key(page)
    page.locator("[data-asking] [name=label]").fill("二号机")
    page.get_by_role("button", name="出示二维码").click()
    expect(page.locator("[data-request-qr]")).to_be_visible()
    first.goto("/warehouse#/device")
    first.locator("[name=request]").fill(page.locator("[data-request-text]").input_value())
    first.get_by_role("button", name="接纳", exact=True).click()
    expect(first.locator("[data-join-said]")).to_contain_text("接纳好了")
    expect(page.locator("[data-device-state]")).to_have_text("已登记")


def test_the_first_phone_of_a_company_is_told_that_it_can_be_used_at_once(stage: Stage) -> None:
    page = stage.device_page("陈")
    page.locator("[data-by-code] [name=label]").fill("一号机")
    page.locator("[name=code]").fill(stage.invite(WAREHOUSE))
    page.get_by_role("button", name="加入", exact=True).click()
    expect(page.locator("[data-join-said]")).to_have_text("登记好了，这台设备现在就能用。")


def told_to_have_arrived(stage: Stage, told: datetime) -> None:
    """The warehouse ships two cases to the dealer and shows that they arrived."""
    with stage.sessions.begin() as session:
        trade = Wholesale(session, told)
        lot, way = Lot(AGED.gtin, "B1", 12), Parties(WAREHOUSE, DEALER)
        epcs = [events.case_uri(each) for each in stage.cases[:2]]
        sent = trade.capture(WAREHOUSE, events.ship(trade.at(WAREHOUSE), lot, way, epcs))
        trade.capture(WAREHOUSE, events.arrive(trade.at(WAREHOUSE), lot, way, sent, epcs, waybill="urn:x:1"))
        assert custody.count_told_arrived(session, DEALER) == 1
        assert custody.count_told_arrived(session, WAREHOUSE) == 0


def test_a_dealer_says_on_the_phone_that_a_delivery_did_not_come(
    stage: Stage, axe: Callable[[Page], list[str]]
) -> None:
    told_to_have_arrived(stage, datetime.now(UTC) - timedelta(hours=2))
    page = stage.work("李", DEALER)
    page.get_by_role("button", name="没有收到").click()
    expect(page.get_by_role("dialog")).to_contain_text("云岭西南中心仓发来的 12 瓶")
    assert axe(page) == []
    page.get_by_role("button", name="返回").click()
    assert stage.captured() == []
    page.get_by_role("button", name="没有收到").click()
    page.get_by_role("button", name="确定没有收到").click()
    expect(page.locator("a.job")).to_have_count(0)
    expect(page.locator("[data-unsent]")).to_have_text("0")
    (event,) = stage.captured()
    assert event["bizStep"] == "jl:return"
    assert stage.held(WAREHOUSE) == 120
    with stage.sessions() as session:
        assert custody.count_told_arrived(session, DEALER) == 0
    page.goto("/stock")
    expect(page.get_by_text("本单位还没有签收")).to_have_count(0)


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_a_dealer_is_told_everywhere_that_goods_are_said_to_have_arrived(
    stage: Stage, open_page: Callable[..., Page], axe: Callable[[Page], list[str]], phone: bool
) -> None:
    told = datetime.now(UTC) - timedelta(hours=2)
    told_to_have_arrived(stage, told)
    page = open_page("/login", phone=phone)
    stage.log_in(page.context, "李")
    for path in ("/orders", "/stock"):
        page.goto(path)
        mark = page.get_by_role("status").filter(has_text="1 批货，发货方说已送达，本单位还没有签收")
        expect(mark).to_be_visible()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1366)
    mark.get_by_role("link").click()
    expect(page.locator("#coming")).to_contain_text("没有收到，就在仓库应用里说明没有收到")
    page.goto("/warehouse")
    china = (told + timedelta(hours=8)).date()
    card = page.locator(".jobs > li").filter(has_text="12")
    expect(card).to_contain_text(f"发货方说 {china.year}年{china.month}月{china.day}日 已送达")
    way = card.get_by_role("link", name="没有收到，或数目不对？看怎么说明")
    expect(way).to_have_attribute("href", f"/stock/{DEALER}#coming")
    assert axe(page) == []
