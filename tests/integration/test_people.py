"""Two people are two people, and a party's log-ins are its own: who made a log-in decides what its word is worth."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import people
from backend.identity import service, store
from backend.settings import Accounts, Settings
from tests.kit.described import hold
from tests.kit.people import BRAND, DEALER, OTHER_DEALER, enrol, signer

pytestmark = pytest.mark.integration
GIVEN, OWN = "Kq7#vv2-orange-99", "meine-eigene-Losung-7"
MACHINE = {
    "root": (["admin"], None),
    "second": (["admin"], None),
    "wang": (["compliance"], BRAND),
    "dealer": (["dealer"], DEALER),
    "boss": (["party_admin", "dealer"], OTHER_DEALER),
}


class Office:
    """People at one product, each by a client of his own."""

    def __init__(self, sessions: sessionmaker[Session], home: Path) -> None:
        self.sessions = sessions
        self.app = create_app(Settings(home=home, accounts=Accounts(logins_per_minute=10_000)), sessions)

    def client(self, token: str | None = None, accept: str = "application/json") -> TestClient:
        client = hold(TestClient(self.app, follow_redirects=False))
        client.headers["Accept"] = accept
        if token:
            client.headers["Authorization"] = f"Bearer {token}"
        return client

    def sit(self, name: str, password: str = GIVEN, accept: str = "application/json") -> TestClient:
        answer = self.client().post("/login", data={"name": name, "password": password})
        assert answer.status_code == 200
        return self.client(answer.json()["token"], accept)

    def made(self, by: TestClient, name: str, *roles: str, party: str | None = None) -> Any:
        return by.post("/users", json={"name": name, "password": GIVEN, "roles": list(roles), "party": party})

    def owned(self, name: str) -> TestClient:
        """A log-in whose owner has replaced the given password."""
        client = self.sit(name)
        assert client.post("/password", data={"current": GIVEN, "new": OWN}).status_code == 200
        return client

    def id(self, name: str) -> int:
        with self.sessions() as session:
            return int(session.execute(text("select id from app_user where name = :name"), {"name": name}).scalar_one())

    def later(self, name: str, days: int) -> None:
        """So many days pass for a log-in's notice."""
        with self.sessions.begin() as session:
            moved = "update app_user set notice_until = notice_until - make_interval(days => :days) where name = :name"
            session.execute(text(moved), {"days": days, "name": name})


@pytest.fixture(scope="module")
def hashed() -> str:
    return service.hash_password(GIVEN)


@pytest.fixture
def office(sessions: sessionmaker[Session], tmp_path: Path, hashed: str) -> Office:
    with sessions.begin() as session:
        enrol(session)
        for name, (roles, party) in MACHINE.items():
            store.add_user(session, name, hashed, roles, party)
    return Office(sessions, tmp_path)


def propose(by: TestClient) -> str:
    id = str(uuid4())
    answer = by.post(f"/parties/{DEALER}/sanctions", data={"id": id, "standing": "revoked", "reason": "x"})
    assert answer.status_code == 201, answer.text
    return id


def kind(answer: Any) -> str:
    return str(answer.json().get("kind", answer.status_code))


def confirm(by: TestClient, id: str) -> str:
    answer = by.post(f"/sanctions/{id}/confirmation")
    return str(answer.json()["state"]) if answer.status_code == 200 else kind(answer)


def test_a_given_password_is_good_for_its_own_replacement_alone(office: Office) -> None:
    root = office.sit("root")
    assert office.made(root, "li si", "compliance").status_code == 201
    li = office.sit("li si")
    for path in ("/parties", f"/parties/{DEALER}", "/devices", "/orders"):
        assert kind(li.get(path)) == "PasswordProvisional", path
    page = office.sit("li si", accept="text/html")
    assert page.get("/parties").headers["location"] == "/password"
    assert "这个密码是别人给您的" in page.get("/password").text
    assert "请先换成自己的密码" in page.post(f"/sanctions/{uuid4()}/confirmation").text
    li = office.owned("li si")
    assert li.get("/parties").status_code == 200


def test_one_person_with_a_log_in_made_for_the_purpose_is_not_two(office: Office) -> None:
    root, wang = office.sit("root"), office.sit("wang")
    office.made(root, "puppet", "compliance")
    id = propose(root)
    assert confirm(office.sit("puppet"), id) == "PasswordProvisional"
    puppet = office.owned("puppet")
    assert confirm(puppet, id) == "NoSecondPerson", "whoever made it may have changed the password"
    wish = {"id": str(uuid4()), "standing": "revoked", "reason": "x"}
    assert kind(puppet.post(f"/parties/{OTHER_DEALER}/sanctions", data=wish)) == "NoSecondPerson"
    assert kind(root.post(f"/users/{office.id('puppet')}/vouching")) == "VouchesForItsOwn"
    office.made(root, "helper", "admin")
    helper = office.owned("helper")
    assert kind(helper.post(f"/users/{office.id('puppet')}/vouching")) == "NoSecondPerson"
    vouched = office.sit("second").post(f"/users/{office.id('helper')}/vouching")
    assert vouched.status_code == 200
    assert kind(helper.post(f"/users/{office.id('puppet')}/vouching")) == "VouchesForItsOwn", "of one line"
    assert office.sit("second").post(f"/users/{office.id('puppet')}/vouching").status_code == 200
    assert confirm(puppet, id) == "CountsTooLate"
    assert root.post(f"/sanctions/{id}/withdrawal").status_code == 200
    for one, other in ((root, puppet), (puppet, root)):
        id = propose(one)
        assert confirm(other, id) == "SamePerson", "one made the other, whoever vouched"
        assert wang.post(f"/sanctions/{id}/withdrawal").status_code == 200
    id = propose(puppet)
    assert confirm(wang, id) == "confirmed"


def test_the_first_administrators_are_made_on_the_machine_itself_and_count_at_once(
    office: Office, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "get_settings", lambda: Settings(home=tmp_path, database_url=database_url))

    def add(*arguments: str, password: str = OWN) -> int:
        return CliRunner().invoke(people.app, ["add", *arguments], input=f"{password}\n{password}\n").exit_code

    assert add("third", "--role", "admin") == 0
    assert add("third", "--role", "admin", password=GIVEN) == 1, "nobody's password is set anew"
    assert add("fourth", "--role", "admin", password="password123") == 1
    assert add("fourth", "--role", "emperor") == 2
    assert confirm(office.sit("third", OWN), propose(office.sit("root"))) == "confirmed"


def test_who_is_vouched_for_is_shown_to_compliance(office: Office) -> None:
    root, second = office.sit("root"), office.sit("second")
    office.made(root, "li si", "compliance")
    page = office.sit("wang", accept="text/html")
    assert "li si" in (shown := page.get("/parties").text)
    assert "待另一位管理员担保" in shown
    assert kind(second.post(f"/users/{office.id('li si')}/vouching")) == "PasswordNotItsOwn"
    office.owned("li si")
    assert second.post(f"/users/{office.id('li si')}/vouching").status_code == 200
    assert "second 担保" in page.get("/parties").text


def test_the_brand_makes_no_log_in_for_a_party_that_has_its_own(office: Office) -> None:
    root, boss = office.sit("root"), office.sit("boss")
    assert kind(office.made(root, "ghost", "dealer", party=DEALER)) == "LogInsAreTheirOwn"
    assert kind(office.made(root, "ghost", "dealer", "party_admin", party=OTHER_DEALER)) == "LogInsAreTheirOwn"
    assert kind(office.made(root, "ghost", "party_admin", "compliance", party=DEALER)) == "RolesNotForIt"
    assert kind(office.made(boss, "ghost", "dealer", party=DEALER)) == "LogInsAreTheirOwn"
    assert kind(office.made(boss, "ghost", "compliance", party=OTHER_DEALER)) == "RolesNotForIt"
    assert kind(office.made(boss, "ghost", "dealer")) == "LogInsAreTheirOwn"
    made = office.made(boss, "clerk", "dealer", party=OTHER_DEALER)
    assert (made.status_code, made.json()["notice_until"]) == (201, None)
    assert office.made(boss, "clerk", "dealer", party=OTHER_DEALER).status_code == 201, "again changes nothing"
    assert kind(office.made(root, "clerk", "auditor")) == "NameTaken"
    form = {"name": "clerk two", "password": GIVEN, "roles": "store"}
    assert office.sit("boss", accept="text/html").post("/users/new", data=form).status_code == 303
    refused = office.sit("root", accept="text/html").post(
        "/users/new", data=form | {"party": OTHER_DEALER, "name": "x"}
    )
    assert (refused.status_code, "一家公司的账号由它自己的管理员开立" in refused.text) == (403, True)


def test_the_brand_does_not_blind_a_party(office: Office) -> None:
    root = office.sit("root")
    assert kind(root.post(f"/users/{office.id('dealer')}/off")) == "LastOfItsParty"
    office.made(office.sit("boss"), "clerk", "dealer", party=OTHER_DEALER)
    assert kind(root.post(f"/users/{office.id('boss')}/off")) == "LastOfItsParty", "its last administrator"
    assert root.post(f"/users/{office.id('clerk')}/off").status_code == 200
    on = root.post(f"/users/{office.id('clerk')}/on")
    assert on.json()["notice_until"], "what was switched on from outside is shown as if it were made there"
    assert kind(root.post(f"/users/{office.id('boss')}/off")) == "LastOfItsParty"


def test_a_first_administrator_made_by_the_brand_waits_is_shown_and_may_be_stopped(office: Office) -> None:
    root, dealer = office.sit("root"), office.sit("dealer")
    phone = f"/devices/0x{signer(DEALER).hex()}/revocation"
    assert office.made(root, "ghost", "party_admin", "dealer", party=DEALER).status_code == 201
    ghost = office.owned("ghost")
    assert kind(ghost.post(phone)) == "LogInNotYet"
    assert kind(ghost.post(f"/users/{office.id('dealer')}/off")) == "LogInNotYet"
    assert kind(office.made(ghost, "ghost two", "dealer", party=DEALER)) == "LogInNotYet"
    assert kind(ghost.post(f"/users/{office.id('ghost')}/objection")) == "LogInNotYet"
    assert kind(root.post(f"/users/{office.id('dealer')}/off")) == "LastOfItsParty", "the ghost is nobody yet"

    told = dealer.get("/devices").json()
    assert [(each["name"], each["made_by"]) for each in told["log_ins"]] == [("ghost", "root")]
    assert told["attempts"] == 1
    for path in ("/devices", f"/parties/{DEALER}"):
        assert "阻止这个账号" in dealer.get(path, headers={"Accept": "text/html"}).text
    work = dealer.get("/warehouse/documents").json()
    assert [(each["name"], each["by"]) for each in work["log_ins"]] == [("ghost", "root")]
    assert kind(office.sit("boss").post(f"/users/{office.id('ghost')}/objection")) == "NotFound"
    assert dealer.post(f"/users/{office.id('ghost')}/objection").status_code == 200
    assert ghost.get("/devices").status_code == 401
    assert dealer.get("/warehouse/documents").json()["log_ins"] == []
    assert root.post(f"/users/{office.id('ghost')}/on").json()["notice_until"] is not None, "and waits anew"


def test_a_first_administrator_whom_nobody_stopped_administers_when_the_notice_has_passed(office: Office) -> None:
    root, dealer = office.sit("root"), office.sit("dealer")
    office.made(root, "chief", "party_admin", "dealer", party=DEALER)
    chief = office.owned("chief")
    office.later("chief", 2)
    assert kind(dealer.post(f"/users/{office.id('chief')}/objection")) == "NoticeIsOver"
    assert office.made(chief, "clerk", "dealer", party=DEALER).json()["notice_until"] is None
    assert chief.post(f"/devices/0x{signer(DEALER).hex()}/revocation").status_code == 200
