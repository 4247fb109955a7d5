"""Opening a bottle with the inner code under its cap: once, told to the next one, and never to a log."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import service as anchoring
from backend.app import create_app
from backend.catalog import service as catalog
from backend.settings import Consumers, Settings, Web
from backend.verification import service
from backend.verification.openings import WRONG_PER_HOUR
from scanner.codes.run import CodeRun, Unit, make_run
from scanner.codes.serials import group_inner, new_inner
from tests.conftest import counted
from tests.kit.house import WINE
from tests.kit.people import LIQUOR, NOW

pytestmark = pytest.mark.integration
ZH = "zh-CN,zh"


@pytest.fixture
def run(sessions: sessionmaker[Session]) -> CodeRun:
    made = make_run(LIQUOR, "B2601", 12, 6, "06901234", Random(6).randbytes)
    with sessions.begin() as session:
        catalog.add_product(session, WINE, now=NOW)
        catalog.add_code_run(session, made, now=NOW)
    return made


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(
        home=tmp_path,
        web=Web(demo_clock=True, trusted_proxies=("testclient",)),
        consumers=Consumers(scans_per_minute=100_000),
    )


class Phone:
    """A phone with its cookies, somewhere, behind an address."""

    def __init__(
        self, settings: Settings, sessions: sessionmaker[Session], adcode: str | None = None, app: Any = None
    ) -> None:
        self.app = app or create_app(settings, sessions)
        self.client = TestClient(self.app)
        self.adcode, self.address = adcode, "10.0.0.1"

    def headers(self, days: float) -> dict[str, str]:
        found = {"X-Demo-Now": (NOW + timedelta(days=days)).isoformat(), "Accept": "text/html", "Accept-Language": ZH}
        return found | {"X-Forwarded-For": self.address} | ({"X-Edge-Adcode": self.adcode} if self.adcode else {})

    def look(self, unit: Unit, page: str = "", *, days: float = 0) -> Any:
        return self.client.get(path_of(unit) + page, headers=self.headers(days))

    def open(self, unit: Unit, code: str, *, days: float = 0, once: str = "", confirmed: str = "yes") -> Any:
        form = {"inner": code, "confirmed": confirmed, "once": once}
        return self.client.post(path_of(unit) + "/open", data=form, headers=self.headers(days))


def path_of(unit: Unit) -> str:
    return f"/01/{unit.gtin}/10/{unit.batch}/21/{unit.serial}"


def test_the_next_one_is_told_that_the_bottle_was_opened_when_and_in_which_city(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun
) -> None:
    bottle = run.units[0]
    owner, next_ = Phone(settings, sessions, "330100"), Phone(settings, sessions, "510100")
    form = owner.look(bottle, "/open").text
    assert form.index("登记后无法撤销") < form.index('name="inner"'), "warned first"
    assert "开瓶验证" in owner.look(bottle).text
    opened = owner.open(bottle, group_inner(bottle.inner).lower())
    assert (opened.status_code, "内码正确，已登记开启" in opened.text) == (200, True)
    told = next_.look(bottle, days=3).text
    for words in ("启", "这瓶酒此前已登记开启", "2026年3月18日 在杭州市登记开启", "如果您手中的酒封口完好"):
        assert words in told
    assert 'data-verdict="opened"' in told
    assert "是您用这部手机登记的" in owner.look(bottle, days=3).text
    english = next_.client.get(path_of(bottle) + "?lang=en", headers=next_.headers(4)).text
    assert "Registered as opened in Hangzhou, Mar 18, 2026" in english


def test_a_right_code_again_says_when_it_was_opened_and_opens_nothing(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    bottle = run.units[0]
    Phone(settings, sessions, "330100").open(bottle, bottle.inner)
    second = Phone(settings, sessions, "110000").open(bottle, bottle.inner, days=9)
    assert second.status_code == 200
    assert "这瓶酒此前已登记开启" in second.text
    assert "2026年3月18日 在杭州市登记开启" in second.text
    assert counted(engine, "opening") == 1


def test_a_double_click_or_a_reload_is_one_opening_and_stays_ones_own(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    bottle = run.units[0]
    phone, leaves = Phone(settings, sessions), counted(engine, "leaf_record")
    phone.look(bottle, "/open")
    first, again = (phone.open(bottle, bottle.inner, once="a1") for _ in range(2))
    assert ("内码正确" in first.text, "已由您登记开启" in again.text) == (True, True)
    without_cookies = Phone(settings, sessions)
    assert "已由您登记开启" in without_cookies.open(bottle, bottle.inner, once="a1").text, "the same form"
    assert "已由您登记开启" in phone.look(bottle, "/open").text
    assert (counted(engine, "opening"), counted(engine, "leaf_record")) == (1, leaves + 1)


def test_of_simultaneous_right_codes_exactly_one_opens(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    app = create_app(settings, sessions)
    phones = [Phone(settings, sessions, app=app) for _ in range(4)]
    for bottle in run.units[:6]:
        with ThreadPoolExecutor(4) as pool:
            answers = [text.text for text in pool.map(lambda phone, b=bottle: phone.open(b, b.inner), phones)]
        assert sorted("内码正确，已登记开启" in answer for answer in answers) == [False, False, False, True]
        assert sum("这瓶酒此前已登记开启" in answer for answer in answers) == 3
    assert counted(engine, "opening") == 6


def test_what_was_answered_is_stored_and_the_log_keeps_no_person(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    bottle = run.units[0]
    phone = Phone(settings, sessions, "330100")
    phone.look(bottle, "/open")
    phone.open(bottle, bottle.inner)
    with sessions() as session:
        (kept,) = service.list_openings(session, NOW, NOW + timedelta(seconds=1))
        assert service.list_openings(session, NOW + timedelta(seconds=1), NOW + timedelta(days=1)) == []
        assert (kept.gtin, kept.serial, kept.batch, kept.adcode) == (LIQUOR, bottle.serial, "B2601", "330100")
        record = anchoring.find_leaf_record(session, kept.evidence)
        assert record is not None
        state = anchoring.find_state(session, kept.evidence)
        assert state is not None
        assert state.kind == "leaf"
    with engine.connect() as connection:
        body = connection.execute(text("select body from leaf_record")).scalars().one()
    assert json.loads(bytes(body)) == {
        "kind": "opening",
        "gtin": LIQUOR,
        "batch": "B2601",
        "serial": bottle.serial,
        "hour": NOW.strftime("%Y-%m-%dT%H:00Z"),
        "adcode": "330100",
    }


def test_wrong_codes_are_counted_and_never_lock_the_owner_out(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun
) -> None:
    bottle, chance = run.units[0], Random(1)
    app = create_app(settings, sessions)
    said = []
    for number in range(WRONG_PER_HOUR + 5):
        guesser = Phone(settings, sessions, app=app)
        guesser.address = f"10.0.1.{number}"
        said.append(guesser.open(bottle, new_inner(chance.randbytes)).status_code)
    assert said == [409] * WRONG_PER_HOUR + [429] * 5, "by bottle"
    with sessions() as session:
        unit = service.get_unit(session, LIQUOR, bottle.serial)
        assert service.count_wrong_codes(session, unit) == WRONG_PER_HOUR + 5
    owner = Phone(settings, sessions, app=app)
    owner.address = guesser.address
    assert "内码正确" in owner.open(bottle, bottle.inner).text


def test_one_address_is_asked_to_wait_at_every_bottle_and_still_opens_its_own(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun
) -> None:
    chance, guesser = Random(2), Phone(settings, sessions)
    limit = settings.consumers.wrong_codes_per_minute
    said = [guesser.open(run.units[n % 5], new_inner(chance.randbytes)).status_code for n in range(limit + 3)]
    assert said == [409] * limit + [429] * 3, "by address"
    assert "内码正确" in guesser.open(run.units[5], run.units[5].inner).text


def test_a_right_code_opens_whatever_neighbours_behind_one_address_do(
    tmp_path: Any, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    most, chance = 6, Random(3)
    settings = Settings(
        home=tmp_path,
        web=Web(demo_clock=True, trusted_proxies=("testclient",)),
        consumers=Consumers(scans_per_minute=most),
    )
    app = create_app(settings, sessions)
    rude, owner = Phone(settings, sessions, app=app), Phone(settings, sessions, app=app)
    assert [rude.look(run.units[5]).status_code for _ in range(most + 2)] == [200] * most + [429] * 2
    assert 'name="inner"' in owner.look(run.units[0], "/open").text, "looks use up no form"
    said = [rude.open(run.units[n % 4 + 1], new_inner(chance.randbytes)).status_code for n in range(most + 4)]
    assert said == [409] * most + [429] * 4
    assert [rude.look(run.units[5], "/open").status_code for _ in range(most)][-1] == 429
    assert "请先勾选确认" in owner.open(run.units[0], run.units[0].inner, confirmed="").text
    assert "内码正确" in owner.open(run.units[0], run.units[0].inner).text
    assert "已由您登记开启" in owner.open(run.units[0], run.units[0].inner).text
    assert counted(engine, "opening") == 1


def test_trying_to_open_is_counted_before_it_says_which_bottles_there_are(
    tmp_path: Any, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    most = 6
    settings = Settings(
        home=tmp_path,
        web=Web(demo_clock=True, trusted_proxies=("testclient",)),
        consumers=Consumers(scans_per_minute=most),
    )
    phone, bottle = Phone(settings, sessions), run.units[0]
    nobodys = replace(bottle, serial=run.units[1].serial[::-1])
    said = [phone.open(each, "slip").status_code for each in [bottle, nobodys] * 4]
    assert said == [422, 404] * (most // 2) + [429, 429]
    assert counted(engine, "wrong_code") == 0


def test_a_slip_is_told_from_a_wrong_code_and_counts_nothing(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    bottle, phone = run.units[0], Phone(settings, sessions)
    slip = ("A" if bottle.inner[0] != "A" else "B") + bottle.inner[1:]
    for typed in (slip, "", "   ", bottle.inner[:-1], "x" * 5000, "内码"):
        answer = phone.open(bottle, typed)
        assert (answer.status_code, "可能有一个字符输错了" in answer.text) == (422, True)
    other = phone.open(bottle, run.units[1].inner)
    assert (other.status_code, "这不是这瓶酒的内码" in other.text) == (409, True)
    assert "required checked>" in other.text
    assert counted(engine, "wrong_code") == 1
    assert counted(engine, "opening") == 0


def test_nothing_opens_without_confirmation_and_a_look_opens_nothing(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun, engine: Engine
) -> None:
    bottle, phone = run.units[0], Phone(settings, sessions)
    answer = phone.open(bottle, bottle.inner, confirmed="")
    assert (answer.status_code, "请先勾选确认" in answer.text) == (422, True)
    phone.look(bottle, f"/open?inner={bottle.inner}&confirmed=yes")
    assert counted(engine, "opening") == 0


def test_codes_are_taken_as_people_and_their_keyboards_write_them(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun
) -> None:
    phone = Phone(settings, sessions)
    wide = {ord(each): ord(each) + 0xFEE0 for each in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"}
    for bottle, write in zip(
        run.units,
        (str.lower, lambda code: f" {code} ", lambda code: code.replace("-", " "), lambda code: code.translate(wide)),
        strict=False,
    ):
        assert "内码正确" in phone.open(bottle, write(group_inner(bottle.inner))).text


def test_an_inner_code_is_in_no_log_no_address_and_no_table(
    settings: Settings,
    sessions: sessionmaker[Session],
    run: CodeRun,
    engine: Engine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    bottle, phone = run.units[0], Phone(settings, sessions)
    answers = [phone.open(bottle, run.units[1].inner), phone.open(bottle, bottle.inner), phone.look(bottle)]
    logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    assert "opening" in caplog.text, "the database's log was on"
    with engine.connect() as connection:
        rows = [str(connection.execute(text(f"select * from {t}")).all()) for t in ("opening", "wrong_code", "scan")]
    for secret in (bottle.inner, group_inner(bottle.inner), run.units[1].inner):
        assert secret not in caplog.text
        assert secret not in "".join(rows)
        for answer in answers:
            assert secret not in answer.text
            assert secret not in str(answer.url) + str(answer.headers)


def test_who_opened_is_forgotten_with_the_scans_and_the_opening_stays(
    settings: Settings, sessions: sessionmaker[Session], run: CodeRun
) -> None:
    bottle, phone = run.units[0], Phone(settings, sessions, "330100")
    phone.open(bottle, bottle.inner, once="f1")
    with sessions.begin() as session:
        service.forget_old_scans(session, days=90, now=NOW + timedelta(days=100))
    assert "此前已登记开启" in phone.look(bottle, "/open", days=101).text
