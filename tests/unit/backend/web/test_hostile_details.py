"""Whatever a refusal carries, telling it never fails: the answer is the refusal's, not an error of ours."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.requests import Request

import backend
from backend.errors import JiulianError
from backend.web import refusal_values, refusal_words
from backend.web.i18n import LANGUAGES
from backend.web.refusal_words import Found, Said
from backend.web.rendering import _environment
from backend.web.telling import as_json

HOSTILE = [
    "9999-12-31T16:00:00+00:00",
    "9999-12-31T23:59:59.999999-14:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59",
    "not a time",
    "half \ud800 a character, \x00 and \u202e",
    "https://id.gs1.org/01/1/21/\ud800\x00",
    "lines.².bottles",
    "lines." + "9" * 5000,
    True,
    2**63,
    10**28,
    -(10**30),
    10**5000,
    1e308,
    float("nan"),
    float("-inf"),
    [None, float("nan"), {"a": object()}],
    {"nested": [10**5000]},
    datetime.max.replace(tzinfo=UTC),
    object(),
    b"\xff",
]
NAMES = sorted({name for said in refusal_words.texts("zh").values() for name in refusal_words.placeholders(said)})
EDGES = [
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, 16, tzinfo=UTC),
]


def _request(language: str) -> Request:
    app = SimpleNamespace(state=SimpleNamespace(find=None))
    return Request({"type": "http", "headers": [], "query_string": f"lang={language}".encode(), "app": app})


def _refusals() -> list[type[JiulianError]]:
    found: list[type[JiulianError]] = [JiulianError]
    for each in found:
        found.extend(each.__subclasses__())
    return [each for each in found if each.__name__ != "Http" and each.__module__.startswith("backend.")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(type(value).__name__))
def test_any_value_of_any_detail_is_told(value: object, language: str) -> None:
    request = _request(language)
    for each in NAMES:
        word = refusal_values.in_words([each], {each: value}, Found(), language).get(each, "—")
        word.encode()
    details = dict.fromkeys(NAMES, value)
    for refusal in _refusals():
        said = as_json(request, refusal("half \ud800", **details))
        json.dumps(said, allow_nan=False, ensure_ascii=False).encode()
        assert said["kind"] == refusal.__name__
        assert said["told"]


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({"event_time": "9999-12-31T16:00:00+00:00"}, "9999/12/31 16:00"),
        ({"event_time": "no time"}, "no time"),
        ({"event_time": "2030-01-01T00:00:00+00:00"}, "2030/1/1 08:00"),
        ({"asked": 10**28}, "10,000,000,000,000,000,000,000,000,000"),
        ({"asked": 12345}, "12,345"),
    ],
)
def test_what_is_at_the_edge_is_told_as_it_stands(details: dict[str, object], told: str) -> None:
    assert refusal_values.in_words(details, details, Found(), "zh") == dict.fromkeys(details, told)


def test_one_word_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise KeyError("a word")

    monkeypatch.setattr(refusal_values, "_unit", fail)
    said = Said(("Refused",), "units", {"unit": "x", "asked": 3})
    assert refusal_values.in_words(["unit", "asked"], said.details, Found(), "zh") == {"asked": "3"}


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
@pytest.mark.parametrize("moment", EDGES, ids=str)
def test_a_page_shows_any_moment(moment: datetime, locale: str) -> None:
    page = _environment("en").from_string("{{ at|moment }} {{ at|moment('medium') }} {{ at|day }}")
    shown = page.render(at=moment, locale=locale)
    assert str(moment.day) in shown


@pytest.mark.parametrize("number", [10**28, -(10**40), 1e308, float("nan"), float("inf"), True])
def test_a_page_shows_any_number(number: float) -> None:
    assert _environment("en").from_string("{{ n|number }}").render(n=number, locale="en")


def test_moments_go_to_china_by_the_one_function_that_knows_the_edges() -> None:
    home = Path(str(backend.__file__)).parent
    converting = {
        path.relative_to(home).as_posix()
        for path in home.rglob("*.py")
        if re.search(r"astimezone\(CHINA", path.read_text("utf-8"))
    }
    assert converting == {"china_time.py", "integrations/values.py"}, "values.py refuses such a day"
