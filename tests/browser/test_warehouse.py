"""The warehouse app in a real browser: ship and receive with the network off, lose nothing, capture once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from backend.settings import Settings
from tests.browser.warehouse_stage import Stage, job, scan
from tests.trade import DEALER, WAREHOUSE

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.fixture
def stage(
    sessions: sessionmaker[Session], settings: Settings, site: str, open_page: Callable[..., Page]
) -> Stage:
    return Stage(sessions, settings, site, open_page).prepare()


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
