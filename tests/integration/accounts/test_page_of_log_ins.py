"""The page of log-ins: made, found among thousands, and refused at the field."""

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from tests.kit.accounts import NEW, OLD, Visit, change, log_in
from tests.kit.people import DEALER, OTHER_DEALER

pytestmark = pytest.mark.integration


def test_a_new_person_starts_with_a_password_that_is_hard_to_guess(visit: Visit) -> None:
    boss = visit("boss")
    body = {"name": "zhao", "password": "password123", "roles": ["dealer"], "party": DEALER}
    assert boss.post("/users", json=body).json()["details"]["reason"] == "common"
    assert boss.post("/users", json=body | {"password": NEW}).status_code == 201
    assert log_in(visit(), "zhao", NEW).status_code == 200


def make(client: TestClient, **said: Any) -> Any:
    return client.post("/users/new", data={"name": "新来的", "password": NEW, "roles": ["dealer"], **said})


def test_a_log_in_that_exists_is_told_and_not_made_anew(visit: Visit) -> None:
    boss = visit("boss", html=True)
    assert make(boss).status_code == 303
    assert "账号「新来的」已开立" in boss.get(make(boss).headers["location"]).text, "the same again is answered alike"
    other = make(boss, password="rivers of copper and salt")
    assert other.status_code == 409
    assert "账号「新来的」已经有了，什么也没有改" in other.text
    assert log_in(visit(), "新来的", "rivers of copper and salt").status_code == 401
    owner = visit()
    owner.headers["Authorization"] = f"Bearer {log_in(owner, '新来的', NEW).json()['token']}"
    assert change(owner, NEW, OLD).status_code == 200
    for password in (NEW, OLD):
        assert make(boss, password=password).status_code == 409, "nobody tries an owner's password here"
    assert make(visit("partner", html=True), password=NEW).status_code == 409, "another person's command"


@pytest.mark.parametrize(
    ("said", "field", "why"),
    [
        ({"name": "clerk"}, "name", "账号「clerk」已经有了"),
        ({"name": "rival"}, "name", "已有同名账号"),
        ({"name": "  "}, "name", "请填写账号名"),
        ({"name": "长" * 121}, "name", "请填写账号名"),
        ({"password": "kurz"}, "password", "太短"),
        ({"password": ""}, "password", "太短"),
        ({"roles": []}, "roles", "请至少勾选一个角色"),
        ({"roles": ["dealer", "auditor"]}, "roles", "不能有这些角色"),
    ],
)
def test_a_refused_log_in_is_told_at_its_field_and_keeps_what_was_typed(
    visit: Visit, said: dict[str, Any], field: str, why: str
) -> None:
    answer = make(visit("boss", html=True), **said)
    assert answer.status_code in (409, 422)
    form = answer.text.partition('action="/users/new"')[2].partition("</form>")[0]
    assert "<details" in answer.text.partition('action="/users/new"')[0]
    assert " open>" in answer.text.partition('action="/users/new"')[0]
    (wrong,) = [tag for tag in form.split("<input")[1:] if "autofocus" in tag]
    assert f'name="{field}"' in wrong
    assert why in form
    assert f'value="{said.get("name", "新来的")}"' in form
    assert form.count(" checked") == len(set(said.get("roles", ["dealer"])) & {"dealer"})
    assert NEW not in answer.text, "no password comes back"


def test_a_brands_administrator_keeps_the_company_that_was_typed(visit: Visit) -> None:
    answer = make(visit("root", html=True), party="6900000000000")
    assert answer.status_code == 404
    form = answer.text.partition('action="/users/new"')[2].partition("</form>")[0]
    (wrong,) = [tag for tag in form.split("<input")[1:] if "autofocus" in tag]
    assert 'name="party"' in wrong
    assert 'value="6900000000000"' in wrong


def add_thousands(sessions: sessionmaker[Session]) -> None:
    rows = [{"name": f"用户{n:04}", "party": DEALER if n % 2 else OTHER_DEALER} for n in range(3_000)]
    with sessions() as session, session.begin():
        added = "insert into app_user (name, password_hash, roles, party) values (:name, '', '{store}', :party)"
        session.execute(text(added), rows)


@pytest.mark.quiet
def test_the_page_of_thousands_of_log_ins_is_there_in_three_seconds(
    visit: Visit, sessions: sessionmaker[Session]
) -> None:
    add_thousands(sessions)
    root = visit("root", html=True)
    start = time.monotonic()
    assert root.get("/users").status_code == 200
    assert time.monotonic() - start < 3


def test_log_ins_are_found_among_thousands_by_name_party_and_role(
    visit: Visit, sessions: sessionmaker[Session]
) -> None:
    add_thousands(sessions)
    root = visit("root", html=True)
    whole = root.get("/users").text
    assert "账号 3,008 个" in whole
    assert whole.count('<th scope="row">') == 50
    last = root.get("/users?page_number=61").text
    assert last.count('<th scope="row">') == 8
    assert "用户0042" in root.get("/users?q=0042").text
    assert "账号 3,008 个" in root.get("/users?q=0042").text, "the headline tells the whole"
    assert "共 1 条" in root.get("/users?q=0042").text
    assert "共 1,500 条" in root.get(f"/users?q={OTHER_DEALER}&role=store").text
    assert "共 1,502 条" in root.get(f"/users?q=party {OTHER_DEALER}").text
    for typed in ("用户００４２", "ＰＡＲＴＹ　" + OTHER_DEALER, f"{OTHER_DEALER[:3]} {OTHER_DEALER[3:]}"):
        assert "用户0042" in root.get(f"/users?q={typed}").text, typed
    assert "共 3 条" in root.get("/users?role=party_admin").text
    paged = root.get(f"/users?q={OTHER_DEALER}&role=store&page_number=2").text
    assert f"?q={OTHER_DEALER}&amp;role=store&amp;page_number=3" in paged
    own = visit("boss", html=True)
    assert "账号 1,503 个" in own.get("/users").text
    assert "没有符合条件的账号" in own.get("/users?q=rival").text
    assert len(visit("boss").get("/users?q=用户&role=store").json()) == 1_500


def test_the_log_in_page_keeps_the_name_after_a_wrong_password(visit: Visit) -> None:
    for password in ("wrong", ""):
        answer = visit(html=True).post("/login", data={"name": "clerk", "password": password})
        assert answer.status_code == 401
        assert 'value="clerk"' in answer.text
