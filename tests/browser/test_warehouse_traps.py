"""Traps that scanners set, each met in a real hall."""

from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.catalog import service as catalog
from backend.demo.browser import find
from scanner.labels.qr import qr_image
from tests.browser.conftest import FLAGS, PHONE
from tests.browser.warehouse_stage import Stage, job, scan
from tests.kit.wholesale import AGED

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.fixture
def page(stage: Stage) -> Page:
    page = stage.work()
    job(page)
    return page


def done(page: Page, bottles: int) -> None:
    expect(page.locator("[data-done]")).to_have_text(str(bottles))


def cause(page: Page, verdict: str, words: str) -> None:
    expect(page.locator(f".flash[data-verdict={verdict}] [data-cause]")).to_have_text(words)


def inject(page: Page, text: str) -> None:
    """What a PDA does: the whole text at once into the focused field, as one input event and no key at all."""
    page.evaluate(
        """text => {
            const field = document.activeElement;
            field.value += text;
            field.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertText', data: text}));
        }""",
        text,
    )


def test_the_scanners_enter_never_presses_the_button_that_was_tapped_last(page: Page, stage: Stage) -> None:
    scan(page, stage.cases[0])
    scan(page, stage.cases[1])
    done(page, 12)
    page.locator("[data-undo]").click()
    done(page, 6)
    scan(page, stage.cases[2])
    done(page, 12)
    page.locator("[data-undo]").evaluate("button => button.focus()")
    scan(page, stage.cases[3])
    done(page, 18)
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    done(page, 18)


def test_the_scanners_enter_does_not_confirm_an_incomplete_shipment(page: Page, stage: Stage) -> None:
    scan(page, stage.cases[0])
    page.locator("[data-finish]").click()
    expect(page.locator("[data-sheet]")).to_be_visible()
    page.locator("[data-sheet-yes]").evaluate("button => button.focus()")
    scan(page, stage.cases[1])
    done(page, 12)
    expect(page.locator("[data-sheet]")).to_be_hidden()
    assert stage.captured() == []


def test_a_button_still_answers_to_the_space_bar(page: Page, stage: Stage) -> None:
    scan(page, stage.cases[0])
    done(page, 6)
    page.locator("[data-undo]").evaluate("button => button.focus()")
    page.keyboard.press(" ")
    done(page, 0)


def test_a_pause_never_cuts_a_code_on_a_busy_device(page: Page, stage: Stage) -> None:
    """'00' and 16 digits pass for an SSCC one time in ten; the pause must not take them for one."""
    sscc = next((each for each in stage.cases if _passes("00" + each[:16])), stage.cases[0])
    page.keyboard.type("00" + sscc[:16])
    page.wait_for_timeout(900)
    done(page, 0)
    scan(page, sscc[16:])
    done(page, 6)


def _passes(digits: str) -> bool:
    weights = (3 if place % 2 == 0 else 1 for place in range(17))
    return -sum(int(d) * w for d, w in zip(reversed(digits[:-1]), weights, strict=True)) % 10 == int(digits[-1])


def test_a_pause_ends_a_whole_code(page: Page, stage: Stage) -> None:
    scan(page, stage.cases[0], end="")
    done(page, 6)
    scan(page, stage.cases[1], end="Tab")
    done(page, 12)


def test_text_injected_at_once_is_read_beside_key_strokes(page: Page, stage: Stage) -> None:
    inject(page, f"https://id.gs1.org/00/{stage.cases[0]}")
    done(page, 6)
    inject(page, stage.cases[1] + "\t")
    done(page, 12)
    scan(page, f"(00){stage.cases[2]}")
    done(page, 18)
    page.locator("[data-undo]").click()
    inject(page, f"]C100{stage.cases[3]}")
    done(page, 18)


def test_twenty_codes_a_second_are_all_kept(page: Page, stage: Stage) -> None:
    for sscc in stage.cases[:10]:
        page.keyboard.insert_text(sscc)
        page.keyboard.press("Enter")
    done(page, 60)


def test_what_does_not_belong_is_told_by_its_cause_and_held(page: Page, stage: Stage) -> None:
    with stage.sessions() as session:
        bottle = catalog.units_of_case(session, stage.cases[0])[0]
    scan(page, stage.cases[0])
    scan(page, stage.cases[0])
    cause(page, "amber", "已经扫过了")
    scan(page, stage.spare[0])
    cause(page, "red", "批次不对")
    scan(page, "069012340000000000")
    cause(page, "red", "不认识的码")
    scan(page, "369012345000000005")
    cause(page, "red", "不在本仓账上")
    scan(page, f"https://id.gs1.org/01/{AGED.gtin}/10/B1/21/{bottle.serial}")
    cause(page, "amber", "请扫箱码，不扫瓶码")
    scan(page, stage.cases[1])
    done(page, 12)
    expect(page.locator(".flash[data-verdict=amber]")).to_be_visible()
    expect(page.locator(".flash[data-verdict]")).to_have_count(0)


def film(path: Path, *texts: str) -> None:
    """A film in which each code stands for a second on a grey table."""
    from PIL import Image

    frames = []
    for text in texts:
        code = qr_image(text, module_mm=0.4, dpi=300).convert("RGB")
        table = Image.new("RGB", (640, 480), (120, 118, 110))
        table.paste(code.resize((300, 300)), (170, 90))
        frame = BytesIO()
        table.save(frame, "JPEG", quality=92)
        frames += [frame.getvalue()] * 30
    path.write_bytes(b"".join(frames))


def test_the_camera_reads_cases_and_tells_each_once(stage: Stage, tmp_path: Path) -> None:
    film(tmp_path / "cases.mjpeg", *(f"https://id.gs1.org/00/{sscc}" for sscc in stage.cases[:2]))
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'cases.mjpeg'}",
    ]
    page = stage.work()
    kind = page.context.browser.browser_type  # type: ignore[union-attr]
    browser = kind.launch(executable_path=find(), args=[*FLAGS, *camera])
    try:
        seeing = browser.new_context(base_url=stage.site, viewport=PHONE, locale="zh-CN", permissions=["camera"])

        def open_page(path: str, **_: object) -> Page:
            opened = seeing.new_page()
            opened.goto(path)
            return opened

        stage.open_page = open_page
        watched = stage.work()
        job(watched)
        expect(watched.locator("[data-strip][data-on]")).to_be_visible()
        expect(watched.locator("[data-done]")).to_have_text("12")
        scan(watched, stage.cases[5])
        expect(watched.locator("[data-done]")).to_have_text("18")
    finally:
        browser.close()
