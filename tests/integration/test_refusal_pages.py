"""Who is told no in a browser reads why in the own language, keeps what was typed, and finds the way back."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from backend import naming
from backend.app import create_app
from backend.db.engine import transaction
from backend.identity import service, store
from backend.identity.rules import Device
from backend.settings import Settings
from backend.web import refusal_values
from backend.web.telling import Wanted
from tests.fakes.relay import DEPLOYMENT
from tests.kit.people import BRAND, DEALER, LIQUOR, NOW, enrol
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
UNTIL = datetime.fromisoformat("2100-01-01T00:00:00+00:00")
REASON = "跨区销售，三次警告无效"
Visit = Callable[..., TestClient]


@pytest.fixture
def visit(sessions: sessionmaker[Session], tmp_path: Path) -> Visit:
    """A browser of somebody who is logged in, in a language."""
    with transaction(sessions) as session:
        enrol(session)
        for name, role, party in (
            ("wang", "compliance", BRAND),
            ("brand", "brand", BRAND),
            ("dealer", "dealer", DEALER),
        ):
            store.add_user(session, name, "no password fits", [role], party)
            found = store.find_password_hash(session, name)
            assert found is not None
            store.add_session(session, sha256(name.encode()).digest(), found[0], UNTIL)
    settings = Settings(home=tmp_path)
    DEPLOYMENT.save(settings.deployment_path)
    app = create_app(settings, sessions)

    def open_(name: str, language: str = "zh-CN", accept: str = "text/html") -> TestClient:
        client = TestClient(app, follow_redirects=False)
        client.headers |= {"Authorization": f"Bearer {name}", "Accept": accept, "Accept-Language": language}
        return client

    return open_


def test_what_a_refusal_refers_to_is_named_from_the_books(session: Session) -> None:
    enrol(session)
    trade = Trade(session)
    trade.bottle(quantity=60)
    shipped = trade.move(6, to=DEALER)
    wanted = Wanted(
        frozenset({BRAND, "6900000000000"}), frozenset({LIQUOR}), frozenset({shipped.hex(), "00" * 32, "z"})
    )
    found = naming.find(session, wanted, "zh")
    brand = service.get_party(session, BRAND)
    assert found.parties == {BRAND: brand.name}
    event = found.events[shipped.hex()]
    assert (found.events.keys(), event.step, event.by) == ({shipped.hex()}, "ship", brand.name)
    told = refusal_values.in_words({"against"}, {"against": shipped.hex()}, found, "zh")["against"]
    assert told.startswith(f"{brand.name} 20")
    assert told.endswith(" 发货")


def _propose(client: TestClient, **more: Any) -> Any:
    said = {"id": str(uuid4()), "standing": "suspended", "reason": REASON, **more}
    return client.post(f"/parties/{DEALER}/sanctions", data=said)


def test_a_sanction_without_a_reason_is_refused_on_its_own_page_with_what_was_chosen(visit: Visit) -> None:
    answer = _propose(visit("wang"), standing="revoked", reason="  ")
    assert answer.status_code == 422
    assert "请写明原因，对方会看到；最多 500 个字。" in answer.text
    assert '<option value="revoked" selected>' in answer.text
    assert "is_" not in answer.text


def test_a_reason_that_is_too_long_is_given_back_to_be_shortened(visit: Visit) -> None:
    answer = _propose(visit("wang"), reason=REASON * 60)
    assert answer.status_code == 422
    assert REASON * 60 in answer.text


def test_a_second_proposal_is_told_what_waits_and_its_reason_is_not_lost(visit: Visit) -> None:
    wang = visit("wang")
    assert _propose(wang).status_code == 303
    answer = _propose(wang, standing="revoked", reason="另一个原因，写了很久")
    assert answer.status_code == 409
    assert "这家单位已有一项变更在等（暂停参与）" in answer.text
    assert "另一个原因，写了很久" in answer.text
    assert f'href="/parties/{DEALER}?lang=en"' in answer.text, "the other language is a page, not an answer to a form"


@pytest.mark.parametrize(("language", "sentence"), [("zh-CN", "没有这项变更。"), ("en", "There is no such change.")])
def test_a_refusal_is_a_page_in_the_readers_language_with_a_way_back(
    visit: Visit, language: str, sentence: str
) -> None:
    came = {"Referer": f"http://testserver/parties/{DEALER}?q=1"}
    answer = visit("wang", language).post(f"/sanctions/{uuid4()}/confirmation", headers=came)
    assert answer.status_code == 404
    assert sentence in answer.text
    assert f'href="/parties/{DEALER}?q=1"' in answer.text
    assert "sanction" not in answer.text.replace("data-kind", "")


@pytest.mark.parametrize(
    "came", ["https://evil.example/parties", "http://testserver//evil.example", "http://[::1", "javascript:alert(1)"]
)
def test_the_way_back_leads_to_no_other_site(visit: Visit, came: str) -> None:
    answer = visit("wang").get("/nowhere", headers={"Referer": came})
    assert answer.status_code == 404
    assert "evil" not in answer.text
    assert "回到刚才的页面" not in answer.text


def test_an_address_that_only_takes_forms_is_told_on_a_page(visit: Visit) -> None:
    answer = visit("brand").get("/devices/invitation")
    assert answer.status_code == 405
    assert "这个地址不能直接打开" in answer.text
    assert "POST" in answer.headers["allow"]
    assert visit("brand", accept="application/json").get("/devices/invitation").json()["kind"] == "Http"


def test_what_was_typed_into_a_form_comes_back_with_its_refusal(visit: Visit) -> None:
    answer = _propose(visit("dealer"))
    assert answer.status_code == 403
    assert "您的账号不能做这件事，需要的角色：合规。" in answer.text
    assert REASON in answer.text
    assert "compliance" not in answer.text


def test_a_program_is_told_in_english_what_people_are_told_in_their_language(visit: Visit) -> None:
    said = _propose(visit("wang", accept="application/json"), reason="").json()
    assert said["message"] == "A sanction needs a reason that the party can read."
    assert said["told"].startswith("请写明原因")
    assert said["final"] is True
    english = _propose(visit("wang", "en", "application/json"), reason="").json()
    assert english["told"].startswith("Write a reason")


def test_a_device_that_is_refused_is_told_in_chinese_and_the_pasted_request_stays(
    visit: Visit, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        store.add_device(session, Device(bytes(range(20)), DEALER, "一号机"), NOW)
        assert service.list_devices(session, DEALER)
    brand = visit("brand")
    answer = brand.post("/devices/proposal", data={"party": DEALER, "request": "jiulian-join:2:half of it"})
    assert answer.status_code == 409
    assert answer.text.count("这份加入申请在路上被截断或改动了") == 2, "as the answer, and among the refused attempts"
    assert "jiulian-join:2:half of it</textarea>" in answer.text
    assert "no request to join" not in answer.text
    invited = brand.post("/devices/invitation", data={"party": DEALER})
    assert invited.status_code == 409
    assert "这家单位已有设备：请用其中一台接纳新设备" in invited.text
    english = visit("dealer", "en").get("/devices").text
    assert "This request was cut or changed on its way" in english


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/no-such-page", 404), ("DELETE", "/orders", 405)])
def test_who_is_logged_in_stays_so_where_there_is_no_page(
    visit: Visit, sessions: sessionmaker[Session], method: str, path: str, status: int
) -> None:
    answer = visit("brand").request(method, path)
    assert answer.status_code == status
    assert 'href="/orders"' in answer.text
    assert 'action="/logout"' in answer.text
    assert 'href="/login"' not in answer.text
    assert sessions.kw["bind"].pool.checkedout() == 0, "the look-up leaves no transaction open"
    stranger = visit("nobody").request(method, path)
    assert stranger.status_code == status
    assert 'href="/login"' in stranger.text


def test_no_page_is_told_while_the_database_is_away(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(service, "find_principal", away)
    assert visit("brand").get("/no-such-page").status_code == 404


@pytest.mark.parametrize(
    ("ask", "field", "why"),
    [
        (lambda desk: desk.get("/orders", params={"page_number": "abc"}), "页码", "页码要写成 1 到 1,000,000 的整数"),
        (lambda desk: desk.get("/alerts", params={"tab": "nowhere"}), "分栏", "没有这个选项"),
        (lambda desk: desk.get("/alerts/abc"), "预警编号", "写得不对"),
        (lambda desk: _propose(desk, id="not an id"), "编号", "写法不对"),
    ],
)
def test_a_field_that_is_filled_in_wrongly_is_named_in_the_readers_language(
    visit: Visit, ask: Callable[[TestClient], Any], field: str, why: str
) -> None:
    """A page says nothing in a library's English; a program gets both, and the path of the field."""
    answer = ask(visit("wang"))
    assert answer.status_code == 422
    assert field in answer.text
    assert why in answer.text
    assert "should be" not in answer.text
    said = ask(visit("wang", accept="application/json")).json()
    assert why in said["told"]
    assert said["message"].startswith(said["details"]["field"])
    assert max(ask(visit("wang", "en", "application/json")).json()["told"]) < "\u4e00"
