"""The warehouse app in a real browser: ship and receive with the network off, lose nothing, capture once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text, update

from backend.identity.rules import Device
from backend.identity.store import add_device, device
from backend.orders import service as orders
from backend.orders.service import Command
from scanner.device import signing
from tests.browser.warehouse_stage import Stage, job, scan
from tests.kit.wholesale import BY_BRAND, DEALER, WAREHOUSE

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def ship_all(page: Page, stage: Stage) -> None:
    job(page)
    for number, sscc in enumerate(stage.cases[:10], 1):
        scan(page, f"]C100{sscc}")
        expect(page.locator("[data-done]")).to_have_text(str(number * 6))
    page.locator("[data-finish]").click()
    expect(page.locator("#view-today")).to_be_visible()


def test_a_shipment_made_without_a_network_is_captured_once_when_it_is_back(stage: Stage) -> None:
    page = stage.work()
    expect(page.locator("a.job")).to_contain_text("成都醇酒业有限公司")
    page.context.set_offline(True)
    ship_all(page, stage)
    expect(page.locator("[data-unsent]")).to_have_text("1")
    expect(page.locator("a.job")).to_have_count(0)
    assert stage.captured() == []
    page.context.set_offline(False)
    expect(page.locator("[data-unsent]")).to_have_text("0")
    (event,) = stage.captured()
    assert event["bizStep"] == "shipping"
    assert event["bizTransactionList"] == [{"type": "po", "bizTransaction": f"urn:jiulian:order:{stage.order}"}]
    assert len(event["epcList"]) == 10  # type: ignore[arg-type]
    assert (stage.held(WAREHOUSE), stage.held(DEALER)) == (60, 0)


def test_a_delivery_is_received_without_a_network(stage: Stage) -> None:
    page = stage.work()
    ship_all(page, stage)
    expect(page.locator("[data-unsent]")).to_have_text("0")
    dealer = stage.work("李", DEALER)
    expect(dealer.locator("a.job")).to_contain_text("云岭西南中心仓")
    dealer.context.set_offline(True)
    job(dealer)
    scan(dealer, stage.cases[11])
    expect(dealer.locator(".flash[data-verdict=red]")).to_contain_text("不在这批到货里")
    for sscc in stage.cases[:9]:
        scan(dealer, f"https://id.gs1.org/00/{sscc}")
    expect(dealer.locator("[data-done]")).to_have_text("54")
    dealer.locator("[data-finish]").click()
    expect(dealer.locator("[data-sheet]")).to_contain_text("还差 6 瓶")
    dealer.locator("[data-sheet-yes]").click()
    expect(dealer.locator("a.job")).to_contain_text("6")
    dealer.context.set_offline(False)
    expect(dealer.locator("[data-unsent]")).to_have_text("0")
    assert [event["bizStep"] for event in stage.captured()] == ["shipping", "receiving"]
    assert (stage.held(WAREHOUSE), stage.held(DEALER)) == (60, 54)


def test_a_reload_and_a_killed_tab_lose_nothing_offline(stage: Stage) -> None:
    page = stage.work()
    page.context.set_offline(True)
    job(page)
    for sscc in stage.cases[:4]:
        scan(page, sscc)
    expect(page.locator("[data-done]")).to_have_text("24")
    page.reload()
    expect(page.locator("[data-done]")).to_have_text("24")
    scan(page, stage.cases[0])
    expect(page.locator(".flash[data-verdict=amber]")).to_contain_text("已经扫过了")
    context = page.context
    page.close(run_before_unload=False)
    page = context.new_page()
    page.goto("/warehouse")
    expect(page.locator("a.job")).to_contain_text("24/60")
    job(page)
    for sscc in stage.cases[4:10]:
        scan(page, sscc)
    page.locator("[data-finish]").click()
    expect(page.locator("[data-unsent]")).to_have_text("1")
    page.close(run_before_unload=False)
    page = context.new_page()
    page.goto("/warehouse")
    expect(page.locator("[data-unsent]")).to_have_text("1")
    context.set_offline(False)
    page.reload()
    expect(page.locator("[data-unsent]")).to_have_text("0")
    assert len(stage.captured()) == 1
    assert stage.held(WAREHOUSE) == 60


def test_a_capture_whose_answer_was_lost_is_sent_again_and_counts_once(stage: Stage) -> None:
    page = stage.work()
    lost: list[str] = []

    def lose_the_answer(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().text())
        return route.abort()

    page.route("**/captures", lose_the_answer)
    ship_all(page, stage)
    expect(page.locator("[data-unsent]")).to_have_text("0")
    assert len(lost) == 1
    assert len(stage.captured()) == 1
    assert stage.held(WAREHOUSE) == 60


def test_a_refused_capture_is_kept_with_its_reason_and_can_be_taken_away_as_a_file(stage: Stage) -> None:
    page = stage.work()
    page.context.set_offline(True)
    ship_all(page, stage)
    with stage.sessions.begin() as session:
        order = orders.list_documents(session, WAREHOUSE)[0].order
        orders.cancel(session, order, Command(uuid4(), BY_BRAND), now=datetime.now(UTC))
    page.context.set_offline(False)
    expect(page.locator("[data-unsent]")).to_contain_text("1 被拒")
    page.goto("/warehouse#/queue")
    record = page.locator(".record[data-state=refused]")
    expect(record).to_contain_text("被拒：订单已取消，这批货不用发了。")
    expect(record.get_by_text("再发一次")).to_have_count(0)
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    (kept,) = json.loads(Path(download.value.path()).read_text())["captures"]
    assert (kept["state"], kept["refusal"]["kind"]) == ("refused", "OrderCancelled")
    assert kept["capture"]["event"]["bizStep"] == "shipping"
    record.get_by_text("知道了，收起").click()
    expect(page.locator("[data-away-title]")).to_have_text("收起的被拒记录 1 笔")
    expect(page.locator("[data-records] .record")).to_have_count(0)
    expect(page.locator("[data-export]")).to_be_enabled()
    page.goto("/warehouse#/")
    expect(page.locator("[data-unsent]")).to_have_text("0")
    assert stage.captured() == []


def test_a_shipment_of_what_another_holds_is_refused_in_words_beside_its_job(stage: Stage) -> None:
    page = stage.work()
    page.context.set_offline(True)
    ship_all(page, stage)
    with stage.sessions.begin() as session:
        at = {"holder": DEALER, "unit": f"%/00/{stage.cases[3]}"}
        session.execute(text("update unit_custody set holder = :holder where unit like :unit"), at)
    page.context.set_offline(False)
    expect(page.locator("[data-unsent]")).to_contain_text("1 被拒")
    page.get_by_text("上次发出 1 笔被拒，看原因").click()
    record = page.locator(".record[data-state=refused]")
    grouped = " ".join(stage.cases[3][at : at + 3] for at in range(0, 18, 3))
    expect(record).to_contain_text(f"箱码 {grouped} 现在归 成都醇酒业有限公司，不归 云岭西南中心仓")
    expect(record).not_to_contain_text("NotHolder")
    expect(record.get_by_role("link", name="成都醇酒业有限公司")).to_be_visible()
    expect(record.get_by_text("再发一次")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_device_that_nobody_enrolled_shows_its_fingerprint_and_takes_a_key_instead(stage: Stage) -> None:
    page = stage.open_page("/login", phone=True)
    stage.log_in(page.context, "陈")
    page.goto("/warehouse")
    expect(page.locator("[data-notice]")).to_contain_text("这台设备还没有登记")
    page.locator("a.job").click()
    expect(page.locator("#view-today")).to_be_visible()
    page.goto("/warehouse#/device")
    expect(page.locator("[data-fingerprint]")).to_have_text(signing.fingerprint(stage.signer_of(page)))
    expect(page.locator("img")).to_have_count(1)
    expect(page.locator("img")).to_be_hidden()
    key = bytes(range(1, 33))
    with stage.sessions.begin() as session:
        add_device(session, Device(signing.address_of(key), WAREHOUSE, "备用机"), datetime.now(UTC))
    page.get_by_text("换成另一把密钥").click()
    page.locator("[name=key]").fill("not a key")
    page.get_by_role("button", name="换密钥").click()
    expect(page.get_by_role("alert").filter(has_text="这不是密钥")).to_be_visible()
    page.locator("[name=key]").fill("0x" + key.hex())
    page.get_by_role("button", name="换密钥").click()
    expect(page.locator("[data-label]")).to_have_text("备用机")
    expect(page.locator("[data-address]")).to_have_text("0x" + signing.address_of(key).hex())


def test_the_first_phone_joins_with_its_code_and_lets_the_second_one_in(stage: Stage) -> None:
    code = stage.invite(WAREHOUSE)
    first, second = stage.device_page("陈"), stage.device_page("陈")
    expect(first.get_by_role("heading", name="输入加入码")).to_be_visible()
    first.locator("[data-by-code] [name=label]").fill("一号机")
    first.locator("[name=code]").fill("12345")
    first.get_by_role("button", name="加入", exact=True).click()
    expect(first.locator("[data-join-said]")).to_contain_text("要 20 个字母和数字")
    first.locator("[name=code]").fill("0" * 20)
    first.get_by_role("button", name="加入", exact=True).click()
    expect(first.locator("[data-join-said]")).to_contain_text("加入码不对")
    first.locator("[name=code]").fill(code.lower().replace("-", " "))
    first.get_by_role("button", name="加入", exact=True).click()
    expect(first.locator("[data-join-said]")).to_contain_text("登记好了")
    expect(first.locator("[data-label]")).to_have_text("一号机")

    second.reload()
    expect(second.get_by_role("heading", name="请本单位的设备接纳")).to_be_visible()
    second.locator("[data-asking] [name=label]").fill("二号机")
    second.locator("[name=by]").select_option(value="0x" + stage.signer_of(first).hex())
    second.get_by_role("button", name="出示二维码").click()
    expect(second.locator("[data-request-qr]")).to_be_visible()
    expect(second.locator("[data-request-qr]")).to_have_js_property("complete", True)
    assert second.locator("[data-request-qr]").evaluate("image => image.naturalWidth") > 0
    assert second.evaluate("document.documentElement.scrollWidth") <= 360
    asked = second.locator("[data-request-text]").input_value()
    second.reload()
    expect(second.locator("[data-request-qr]")).to_be_visible()
    expect(second.locator("[data-device-state]")).to_have_text("申请中")
    expect(second.locator("[data-device-help]")).to_contain_text("申请由「一号机」接纳")
    second.goto("/warehouse#/")
    expect(second.locator("[data-notice]")).to_contain_text("申请由「一号机」接纳，还没有答复")
    expect(second.locator("[data-device]").first).to_have_text("申请中")
    second.goto("/warehouse#/device")
    first.locator("[name=request]").fill(asked.replace(quote("二号机"), "Phx"))
    expect(first.locator("[data-admit-about]")).to_contain_text("截断或改动了")
    first.get_by_role("button", name="接纳", exact=True).click()
    expect(first.locator("[data-join-said]")).to_contain_text("截断或改动了")
    first.locator("[name=request]").fill(asked)
    expect(first.locator("[data-admit-about]")).to_contain_text("自称「二号机」")
    expect(first.locator("[data-admit-about]")).to_contain_text(second.locator("[data-fingerprint]").inner_text())
    first.get_by_role("button", name="接纳", exact=True).click()
    expect(first.locator("[data-join-said]")).to_contain_text("接纳好了")
    expect(second.locator("[data-device-state]")).to_have_text("已登记")
    expect(second.get_by_role("status").filter(has_text="本机被接纳了")).to_be_visible()
    expect(second.locator("[data-request-qr]")).to_be_hidden()


def test_a_phone_that_the_brand_proposed_says_until_when_it_waits(stage: Stage) -> None:
    page = stage.device_page("陈")
    signer = stage.signer_of(page)
    until = datetime.now(UTC) + timedelta(days=2)
    key = Device(signer, WAREHOUSE, "备用机", way="proposal", waits=True)
    with stage.sessions.begin() as session:
        add_device(session, key, datetime.now(UTC))
    page.reload()
    expect(page.locator("[data-device-help]")).to_contain_text("上链两天后才能用")
    with stage.sessions.begin() as session:
        session.execute(update(device).where(device.c.signer == signer).values(since=until))
    page.reload()
    expect(page.locator("[data-device-state]")).to_have_text("等候中")
    china = until.astimezone(timezone(timedelta(hours=8)))
    shown = f"{china.year}/{china.month}/{china.day} {china:%H:%M} 起才能用"
    expect(page.locator("[data-device-help]")).to_contain_text(f"由品牌方提出，{shown}")
    expect(page.locator("[data-device-help]")).to_contain_text("也可以阻止它")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everybody_can_use_every_screen(stage: Stage, axe: Callable[[Page], list[str]], language: str) -> None:
    page = stage.work()
    page.goto(f"/warehouse?lang={language}")
    expect(page.locator("a.job")).to_be_visible()
    assert axe(page) == []
    job(page)
    scan(page, stage.cases[0])
    scan(page, stage.spare[0])
    expect(page.locator(".flash[data-verdict=red]")).to_be_visible()
    assert axe(page) == []
    expect(page.locator(".flash[data-verdict]")).to_have_count(0)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("[data-finish]").click()
    assert axe(page) == []
    page.context.set_offline(True)
    page.locator("[data-sheet-yes]").click()
    expect(page.locator("[data-unsent]").first).to_have_text("1")  # kept: only now may the page be left
    page.goto("/warehouse#/queue")
    expect(page.locator(".record")).to_have_count(1)
    assert axe(page) == []
    page.goto("/warehouse#/device")
    assert axe(page) == []
    small = page.evaluate(
        "[...document.querySelectorAll('.key, .job, .cell')].filter(e => e.offsetHeight && e.offsetHeight < 64).length"
    )
    assert small == 0
    if language == "en":
        assert (
            page.evaluate("document.body.innerText.replace(/[^\\u4e00-\\u9fff]/g, '')").strip("中文云岭西南心仓手持陈")
            == ""
        )
