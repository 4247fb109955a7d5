"""A party's standing changes by two people, after a delay, in our books and on chain alike; and each step is kept."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import jobs
from backend.app import create_app
from backend.db.engine import transaction
from backend.identity import service, store
from backend.identity.rules import Party
from backend.settings import Settings
from tests.fakes.relay import DEPLOYMENT
from tests.kit.described import hold
from tests.kit.people import BRAND, DEALER, NOW, OTHER_DEALER, enrol

pytestmark = pytest.mark.integration
LOGGED_IN_UNTIL = datetime.fromisoformat("2100-01-01T00:00:00+00:00")
PEOPLE = {
    "root": ("admin", None),
    "wang": ("compliance", BRAND),
    "li": ("compliance", None),
    "brand": ("brand", BRAND),
    "auditor": ("auditor", None),
    "dealer": ("dealer", DEALER),
    "boss": ("party_admin", DEALER),
    "other": ("dealer", OTHER_DEALER),
    "planted": ("compliance", OTHER_DEALER),
}
REASON = "跨区销售，三次警告无效"
Desk = Callable[..., TestClient]


@pytest.fixture
def desk(sessions: sessionmaker[Session], tmp_path: Path) -> Desk:
    """People at work, in an office whose contracts ask for a delay of a day."""
    with sessions() as session, session.begin():
        enrol(session)
        for name, (role, party) in PEOPLE.items():
            store.add_user(session, name, "no password fits", [role], party)
            found = store.find_password_hash(session, name)
            assert found is not None
            store.add_session(session, sha256(name.encode()).digest(), found[0], LOGGED_IN_UNTIL)
    settings = Settings(home=tmp_path)
    replace(DEPLOYMENT, sanction_delay_s=86_400).save(settings.deployment_path)
    app = create_app(settings, sessions)

    def sit(name: str, *, html: bool = False) -> TestClient:
        client = hold(TestClient(app, follow_redirects=False))
        client.headers["Authorization"] = f"Bearer {name}"
        client.headers["Accept"] = "text/html" if html else "application/json"
        return client

    return sit


def propose(client: TestClient, standing: str = "suspended", *, party: str = DEALER, **more: Any) -> Any:
    return client.post(
        f"/parties/{party}/sanctions", data={"id": str(uuid4()), "standing": standing, "reason": REASON, **more}
    )


def confirm(client: TestClient, id: str) -> Any:
    return client.post(f"/sanctions/{id}/confirmation")


def withdraw(client: TestClient, id: str) -> Any:
    return client.post(f"/sanctions/{id}/withdrawal")


def standing_of(sessions: sessionmaker[Session], gln: str = DEALER) -> str:
    with sessions() as session:
        return service.get_party(session, gln).standing


def test_a_sanction_takes_a_second_person_and_the_delay(desk: Desk, sessions: sessionmaker[Session]) -> None:
    wang, li = desk("wang"), desk("li")
    id = propose(wang).json()["id"]
    assert confirm(wang, id).json()["kind"] == "ConfirmsOwnProposal"
    assert standing_of(sessions) == "active"
    confirmed = confirm(li, id).json()
    assert (confirmed["state"], confirmed["proposed_by"], confirmed["confirmed_by"]) == ("confirmed", "wang", "li")
    waits = datetime.fromisoformat(confirmed["effective_from"]) - datetime.fromisoformat(confirmed["confirmed_at"])
    assert waits == timedelta(days=1)
    assert standing_of(sessions) == "active", "it waits"


def test_an_administrator_is_one_of_the_two_and_not_both(desk: Desk) -> None:
    id = propose(desk("root")).json()["id"]
    assert confirm(desk("root"), id).status_code == 403
    assert confirm(desk("wang"), id).status_code == 200


@pytest.mark.parametrize("name", ["dealer", "boss", "other", "brand", "auditor", "planted"])
def test_nobody_else_decides(desk: Desk, sessions: sessionmaker[Session], name: str) -> None:
    assert propose(desk(name)).status_code == 403
    id = propose(desk("wang")).json()["id"]
    assert confirm(desk(name), id).status_code == 403
    assert withdraw(desk(name), id).status_code == 403
    assert desk("wang").get(f"/parties/{DEALER}").json()["sanctions"][0]["state"] == "proposed"


def test_the_party_reads_what_waits_and_why_and_others_do_not(desk: Desk) -> None:
    id = propose(desk("wang")).json()["id"]
    confirm(desk("li"), id)
    (told,) = desk("dealer").get(f"/parties/{DEALER}").json()["sanctions"]
    assert (told["reason"], told["proposed_by"], told["confirmed_by"]) == (REASON, "wang", "li")
    shown = desk("boss", html=True).get(f"/parties/{DEALER}").text
    for said in (REASON, "wang", "li", "将于", "暂停参与"):
        assert said in shown
    assert "confirmation" not in shown
    assert "withdrawal" not in shown
    assert desk("dealer", html=True).get("/party").headers["location"] == f"/parties/{DEALER}"
    for name in ("other", "planted"):
        assert desk(name).get(f"/parties/{DEALER}").status_code == 404
        assert desk(name).get("/parties").status_code in (403, 404)


def test_the_brand_finds_parties_and_what_waits(desk: Desk) -> None:
    id = propose(desk("wang")).json()["id"]
    page = desk("brand", html=True).get("/parties").text
    assert REASON in page
    assert "待第二人确认" in page
    found = desk("auditor").get("/parties", params={"q": DEALER[:12]}).json()
    assert [(row["gln"], row["waiting"]["id"]) for row in found] == [(DEALER, id)]
    assert desk("auditor").get("/parties", params={"q": "100%_"}).json() == []
    assert desk("auditor").get("/parties", params={"standing": "suspended"}).json() == []
    assert desk("auditor").get("/parties", params={"standing": "odd"}).status_code == 422


def test_a_party_is_found_however_its_name_or_gln_is_typed(desk: Desk, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        service.enrol_party(session, Party("6901234999990", "Ｍｅｉ Mei 酒业", frozenset({"store"}), "330100"), now=NOW)

    def found(words: str) -> list[str]:
        return [row["gln"] for row in desk("auditor").get("/parties", params={"q": words}).json()]

    for words in ("mei", "MEI MEI", "Ｍei　ｍｅｉ", " 酒业 ", "６９０１２３４９９", "690 1234 99999 0", "mEi 酒"):
        assert found(words) == ["6901234999990"], words
    assert found("mei%") == found("mei_mei") == []
    assert len(found("PARTY")) == len(found("party")) > 1


def test_every_step_may_be_repeated(desk: Desk, sessions: sessionmaker[Session]) -> None:
    wang, li, id = desk("wang"), desk("li"), str(uuid4())
    first, second = propose(wang, id=id).json(), propose(wang, id=id).json()
    assert first == second
    assert propose(li, id=id).json()["kind"] == "SanctionReused"
    assert propose(wang, "revoked", id=id).json()["kind"] == "SanctionReused"
    assert confirm(li, id).json() == confirm(li, id).json()
    assert withdraw(wang, id).json() == withdraw(wang, id).json()
    assert confirm(li, id).json()["kind"] == "SanctionWithdrawn"
    with sessions() as session:
        actions = session.execute(text("select action from identity_log order by id")).scalars().all()
    assert actions == ["sanction proposed", "sanction confirmed", "sanction withdrawn"]


def test_what_makes_no_sense_is_refused_with_its_reason(desk: Desk) -> None:
    wang = desk("wang")
    assert propose(wang, "active").json()["kind"] == "StandingAlreadySo"
    assert propose(wang, party=BRAND).json()["kind"] == "BrandIsNotSanctioned"
    assert propose(wang, reason="  ").json()["kind"] == "ReasonMissing"
    assert propose(wang, reason="x" * 501).status_code == 422
    assert propose(wang, "expelled").status_code == 422
    assert propose(wang, party="6900000999993").status_code == 404
    assert confirm(wang, str(uuid4())).status_code == 404
    propose(wang)
    assert propose(wang, "revoked").json()["kind"] == "SanctionWaits"


def test_what_is_in_force_is_not_withdrawn_but_undone_by_two_again(desk: Desk, sessions: sessionmaker[Session]) -> None:
    from uuid import UUID

    from backend.identity import sanctions

    wang, li = desk("wang"), desk("li")
    for standing in ("suspended", "revoked", "active"):
        id = propose(wang, standing).json()["id"]
        confirm(li, id)
        with sessions() as session, session.begin():
            assert sanctions.put_in_force(session, UUID(id), now=NOW)
            assert not sanctions.put_in_force(session, UUID(id), now=NOW)
        assert standing_of(sessions) == standing
        assert withdraw(wang, id).json()["kind"] == "SanctionInForce"
    history = wang.get(f"/parties/{DEALER}").json()["sanctions"]
    assert [row["standing"] for row in history] == ["active", "revoked", "suspended"]
    assert "资格变更记录" in desk("wang", html=True).get(f"/parties/{DEALER}").text


def test_the_database_itself_wants_two_people_and_keeps_the_log(desk: Desk, sessions: sessionmaker[Session]) -> None:
    propose(desk("wang"))
    for said in (
        "update sanction set state = 'confirmed'",
        "update sanction set confirmed_by = proposed_by",
        "update identity_log set action = 'nothing'",
        "delete from identity_log",
    ):
        with sessions() as session, pytest.raises(DatabaseError):
            session.execute(text(said))


def test_each_step_is_kept_as_evidence_once_and_without_a_name(desk: Desk, sessions: sessionmaker[Session]) -> None:
    id = propose(desk("wang")).json()["id"]
    confirm(desk("li"), id)
    for has_more in (True, False, False):
        with transaction(sessions) as session:
            assert jobs.keep_decisions(session, now=NOW) is has_more
    with sessions() as session:
        kept = session.execute(text("select convert_from(body, 'utf-8') from leaf_record order by added_at, body"))
        bodies = [json.loads(body) for body in kept.scalars()]
        waiting = session.execute(text("select count(*) from anchor where kind = 'leaf'")).scalar_one()
    assert sorted(body["action"] for body in bodies) == ["confirmed", "proposed"]
    assert {body["party"] for body in bodies} == {DEALER}
    assert {body["reason"] for body in bodies} == {sha256(REASON.encode()).hexdigest()}
    assert not any(name in json.dumps(bodies) for name in ("wang", REASON))
    assert waiting == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_in_both_languages(desk: Desk, language: str) -> None:
    id = propose(desk("wang")).json()["id"]
    confirm(desk("li"), id)
    propose(desk("li"), party=OTHER_DEALER)
    for name in ("wang", "dealer", "root"):
        for path in ("/parties", f"/parties/{DEALER}", f"/parties/{OTHER_DEALER}", "/users", "/password"):
            answer = desk(name, html=True).get(path, headers={"accept-language": language})
            if answer.status_code != 200:
                assert name != "root"
                continue
            main = answer.text.partition("<main")[2].replace(REASON, "")
            chinese = [letter for letter in main if "\u4e00" <= letter <= "\u9fff"]
            assert bool(chinese) is (language == "zh"), f"{path}: {''.join(chinese)}"


def test_the_headline_of_parties_tells_the_whole_and_choices_what_they_lead_to(desk: Desk) -> None:
    wang = desk("wang", html=True)
    whole, none = wang.get("/parties").text, wang.get("/parties?q=zz").text
    (headline,) = re.findall(r"<h1>(.*?)</h1>", whole)
    assert f"<h1>{headline}</h1>" in none
    assert not re.search(r"<b>[1-9]", none.partition('class="filters"')[2].partition("</nav>")[0])
    one = wang.get(f"/parties?q={DEALER}").text
    assert "正常 <b>1</b>" in one
    assert "全部 <b>1</b>" in one
    stores = wang.get("/parties?role=store").text
    assert f"<h1>{headline}</h1>" in stores
    (shown,) = re.findall(r"全部 <b>(\d+)</b>", stores)
    assert f"共 {shown} 条" in stores
