"""Everybody who logs in arrives at a page that is his, and every link of its navigation opens."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.capabilities import HOMES
from backend.db.engine import transaction
from backend.identity import service, store
from backend.identity.rules import USER_ROLES
from backend.settings import Accounts, Settings
from tests.fakes.relay import DEPLOYMENT
from tests.kit.people import BRAND, DEALER, STORE, WAREHOUSE, enrol, signer

pytestmark = pytest.mark.integration
PASSWORD = "高粱红了 九月九日酿新酒"
PEOPLE = [
    (("admin",), None),
    (("admin",), BRAND),
    (("brand",), BRAND),
    (("compliance",), None),
    (("compliance", "brand"), BRAND),
    (("auditor",), None),
    (("auditor",), BRAND),
    (("warehouse",), WAREHOUSE),
    (("dealer",), DEALER),
    (("store",), STORE),
    (("party_admin",), DEALER),
    (("party_admin",), WAREHOUSE),
    (("party_admin",), BRAND),
    (("party_admin", "dealer"), DEALER),
]
Arrive = Callable[[str], tuple[TestClient, Response]]


def _name(roles: tuple[str, ...], party: str | None) -> str:
    return "-".join((*roles, party or "nobody"))


@pytest.fixture(scope="module")
def hashed() -> str:
    return service.hash_password(PASSWORD)


@pytest.fixture
def arrive(sessions: sessionmaker[Session], tmp_path: Path, hashed: str) -> Arrive:
    """Somebody's browser, and the page it arrives at by its log-in."""
    with transaction(sessions) as session:
        enrol(session)
        for roles, party in PEOPLE:
            store.add_user(session, _name(roles, party), hashed, roles, party)
    settings = Settings(home=tmp_path, accounts=Accounts(logins_per_minute=1_000))
    DEPLOYMENT.save(settings.deployment_path)
    app = create_app(settings, sessions)

    def open_(name: str) -> tuple[TestClient, Response]:
        client = TestClient(app)
        client.headers["Accept"] = "text/html"
        return client, client.post("/login", data={"name": name, "password": PASSWORD})

    return open_


def test_every_role_has_a_home() -> None:
    assert HOMES.keys() == set(USER_ROLES)
    assert {role for roles, _ in PEOPLE for role in roles} == set(USER_ROLES), "the test below has somebody of each"


@pytest.mark.parametrize(("roles", "party"), PEOPLE, ids=[_name(*each) for each in PEOPLE])
def test_who_logs_in_arrives_at_a_home_from_which_every_link_opens(
    arrive: Arrive, roles: tuple[str, ...], party: str | None
) -> None:
    client, landed = arrive(_name(roles, party))
    assert (landed.status_code, landed.url.path) == (200, next(HOMES[role] for role in HOMES if role in roles))
    home = client.get("/batches" if party is None else "/party")
    links = set[str]()
    for shown in (landed, home):
        bar = shown.text.partition("<header")[2].partition("</header>")[0]
        links |= set(re.findall(r'href="(/[^"]*)"', bar))
    assert {"/", "/password"} <= links
    for link in sorted(links):
        assert client.get(link).status_code == 200, link


def test_who_is_told_no_is_led_home_and_not_in_a_circle(arrive: Arrive) -> None:
    boss, _ = arrive(_name(("party_admin",), DEALER))
    refused = boss.get("/orders")
    assert refused.status_code == 403
    assert 'href="/">回到首页' in refused.text
    assert boss.get("/").url.path == "/users"


def test_a_partys_own_administrator_sees_its_devices_and_stops_one(arrive: Arrive) -> None:
    boss, _ = arrive(_name(("party_admin",), DEALER))
    assert "/devices" in boss.get("/users").text
    path = f"/devices/0x{signer(DEALER).hex()}/revocation"
    assert path in boss.get("/devices").text
    assert boss.post(path).status_code == 200
    assert "已停用" in boss.get("/devices").text
    assert boss.post(f"/devices/0x{signer(WAREHOUSE).hex()}/revocation").status_code == 403, "another's device"


def test_a_refused_attempt_names_the_person_whose_phone_it_was(arrive: Arrive) -> None:
    phone, _ = arrive(_name(("dealer",), DEALER))
    stranger = TestClient(phone.app)
    leaving, by = signer(DEALER).hex(), signer(WAREHOUSE).hex()
    forged = {"signer": f"0x{leaving}", "by": f"0x{by}", "signature": "0x" + "11" * 65}
    for client in (phone, stranger):
        said = client.post("/devices/revocations", json=forged, headers={"Accept": "application/json"})
        assert said.status_code >= 400
    shown = phone.get("/devices").text.partition("被拒绝的尝试")[2]
    assert shown.count("<li>") == 2
    assert shown.count("未登录") == 1
    assert shown.count(_name(("dealer",), DEALER)) == 1
