"""Which language a page is in: by the address, the cookie, then what the browser asks for."""

from datetime import UTC, datetime

import pytest
from starlette.requests import Request

from backend.web.i18n import language_of, moment_in_words, spoken


def _request(*, query: str = "", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": raw})


@pytest.mark.parametrize("tag", ["zh", "zh-CN", "zh_CN", "ZH-hans", "zh-Hant-TW", " zh-cn "])
def test_chinese_is_chinese_in_every_region(tag: str) -> None:
    assert spoken(tag) == "zh"
    assert language_of(_request(query=f"lang={tag.replace(' ', '+')}", accept_language="en")) == "zh"
    assert language_of(_request(cookie=f"lang={tag.strip()}", accept_language="en")) == "zh"


@pytest.mark.parametrize("tag", ["en", "en-US", "en_GB", "EN-au"])
def test_english_is_english_in_every_region(tag: str) -> None:
    assert language_of(_request(query=f"lang={tag}", accept_language="zh-CN")) == "en"


@pytest.mark.parametrize("tag", ["", "fr-FR", "zhuang", "-", "../en"])
def test_a_language_that_we_lack_leaves_the_choice_to_the_browser(tag: str) -> None:
    assert spoken(tag) is None
    assert language_of(_request(query=f"lang={tag}", accept_language="zh-CN,en;q=0.5")) == "zh"
    assert language_of(_request(query=f"lang={tag}", accept_language="fr-FR")) == "en"


def test_an_english_date_cannot_be_read_in_two_ways() -> None:
    at = datetime(2026, 11, 8, 7, 5, tzinfo=UTC)
    assert moment_in_words(at, "en") == "Nov 8, 2026, 15:05"
    assert moment_in_words(at, "en", "medium") == "Nov 8, 2026, 15:05:00"
    assert moment_in_words(at, "zh_Hans_CN") == "2026/11/8 15:05"
