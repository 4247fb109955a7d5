"""A torn label on a phone: its number typed with the thumb, its check digit told before anything is taken."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.warehouse_stage import Stage, job, scan

pytestmark = [pytest.mark.browser, pytest.mark.integration]
THUMB = 48
"""The least side of a key for a finger in a glove, in CSS pixels (about 9 mm)."""


def type_in(page: Page, text: str) -> None:
    for sign in text:
        page.locator(f".pad[value='{sign}']").click()


def test_a_case_is_typed_and_a_wrong_digit_is_told(stage: Stage) -> None:
    page = stage.work()
    job(page)
    sscc = stage.cases[0]
    page.locator("[data-type]").click()
    type_in(page, sscc[:-1] + str((int(sscc[-1]) + 1) % 10))
    expect(page.locator("[data-type-said]")).to_have_text("校验位不对，请对照标签再看")
    expect(page.locator("[data-type-yes]")).to_be_disabled()
    page.locator("[data-type-back]").click()
    type_in(page, sscc[-1])
    page.locator("[data-type-yes]").click()
    expect(page.locator("[data-done]")).to_have_text("6")
    expect(page.locator("[data-typing]")).to_be_hidden()
    page.locator("[data-type]").click()
    page.keyboard.press("Escape")
    expect(page.locator("[data-wedge]")).to_be_focused()


def test_a_bottle_is_judged_by_the_product_of_the_job(stage: Stage) -> None:
    page = stage.work()
    job(page)
    page.locator("[data-type]").click()
    page.locator("[data-type-kind][value=bottle]").click()
    type_in(page, "RHSCZ4H58JCK2N")
    expect(page.locator("[data-type-said]")).to_have_text("校验位对")
    page.locator("[data-type-yes]").click()
    expect(page.locator("[data-flash]")).to_contain_text("请扫箱码，不扫瓶码")


@pytest.mark.parametrize("how", ["left with Escape", "typed a bottle"])
def test_the_hand_scanner_is_read_after_the_sheet_for_bottles(stage: Stage, how: str) -> None:
    page = stage.work()
    job(page)
    page.locator("[data-type]").click()
    page.locator("[data-type-kind][value=bottle]").click()
    if how == "left with Escape":
        page.keyboard.press("Escape")
    else:
        type_in(page, "RHSCZ4H58JCK2N")
        page.locator("[data-type-yes]").click()
    expect(page.locator("[data-typing]")).to_be_hidden()
    for number, sscc in enumerate(stage.cases[:2], 1):
        scan(page, sscc)
        expect(page.locator("[data-done]")).to_have_text(str(6 * number))


def test_a_code_put_in_sign_by_sign_is_read_in_its_order(stage: Stage) -> None:
    page = stage.work()
    job(page)
    for sign in stage.cases[0]:
        page.keyboard.insert_text(sign)
    page.keyboard.press("Enter")
    expect(page.locator("[data-done]")).to_have_text("6")


def test_every_key_fits_a_glove_and_the_phone(stage: Stage) -> None:
    page = stage.work()
    page.set_viewport_size({"width": 360, "height": 780})
    job(page)
    page.locator("[data-type]").click()
    for kind in ("case", "bottle"):
        page.locator(f"[data-type-kind][value={kind}]").click()
        for key in page.locator("[data-typing] button:visible").all():
            box = key.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= THUMB, key.inner_text()
            assert 0 <= box["x"] <= 360 - box["width"], key.inner_text()
            assert 0 <= box["y"] <= 780 - box["height"], key.inner_text()


def test_a_hand_scanner_goes_on_while_the_keys_are_open(stage: Stage) -> None:
    page = stage.work()
    job(page)
    page.locator("[data-type]").click()
    scan(page, f"]C100{stage.cases[1]}")
    expect(page.locator("[data-done]")).to_have_text("6")
    expect(page.locator("[data-typing]")).to_be_hidden()
    bad = "http://127.0.0.1:8000/01/06901234500011/10/B1/21/RHSCZ4H58JCK2P"
    scan(page, bad)
    expect(page.locator("[data-flash]")).to_contain_text("校验位不对，没有这个码")
