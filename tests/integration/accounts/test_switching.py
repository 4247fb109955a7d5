"""Log-ins are switched off and on, by whom and of whom."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.identity import accounts
from backend.identity.rules import Principal
from backend.identity.rules_accounts import LastAdministrator, NotYourAccount, SwitchesOffItself
from tests.kit.accounts import Visit, is_in, log_in
from tests.kit.people import BRAND, DEALER, NOW

pytestmark = pytest.mark.integration


def switched(client: TestClient, user: int, how: str) -> int:
    return int(client.post(f"/users/{user}/{how}").status_code)


def test_a_log_in_that_is_switched_off_is_out_at_once_and_comes_back_when_it_is_on(
    visit: Visit, ids: dict[str, int], sessions: sessionmaker[Session]
) -> None:
    clerk, root = visit("clerk"), visit("root")
    assert [switched(root, ids["clerk"], "off") for _ in range(2)] == [200, 200]
    assert not is_in(clerk)
    assert log_in(visit(), "clerk").status_code == 401
    assert switched(root, ids["clerk"], "on") == 200
    assert not is_in(clerk), "the session stays ended"
    assert log_in(visit(), "clerk").status_code == 200
    with sessions() as session:
        said = [(action, name) for _, action, name in accounts.list_log(session, user_id=ids["clerk"])]
    assert said == [("log-in switched off", "root"), ("log-in switched on", "root")]


def test_a_partys_administrator_switches_its_own_people_and_knows_no_others(visit: Visit, ids: dict[str, int]) -> None:
    boss = visit("boss")
    assert {row["name"] for row in boss.get("/users").json()} == {"boss", "partner", "clerk"}
    assert switched(boss, ids["clerk"], "off") == 200
    assert switched(boss, ids["partner"], "off") == 200
    for name in ("rival-clerk", "rival", "wang", "root", "deputy"):
        assert switched(boss, ids[name], "off") == 404
        assert switched(boss, ids[name], "on") == 404
    assert switched(boss, 10**9, "off") == 404


def test_an_administrator_of_the_brand_who_belongs_to_a_party_is_out_of_its_reach(
    sessions: sessionmaker[Session], ids: dict[str, int], visit: Visit
) -> None:
    with sessions() as session, session.begin():
        session.execute(text("update app_user set party = :gln where name = 'deputy'"), {"gln": DEALER})
    boss = visit("boss")
    assert switched(boss, ids["deputy"], "off") == 404
    assert "deputy" not in {row["name"] for row in boss.get("/users").json()}


@pytest.mark.parametrize("name", ["clerk", "wang"])
def test_others_neither_see_nor_switch_log_ins(visit: Visit, ids: dict[str, int], name: str) -> None:
    client = visit(name)
    assert client.get("/users").status_code == 403
    assert switched(client, ids["rival"], "off") == 403
    assert switched(client, ids["rival"], "on") == 403


def test_nobody_locks_himself_out_or_the_last_administrator(visit: Visit, ids: dict[str, int]) -> None:
    root, boss = visit("root"), visit("boss")
    assert root.post(f"/users/{ids['root']}/off").json()["kind"] == "SwitchesOffItself"
    assert boss.post(f"/users/{ids['boss']}/off").json()["kind"] == "SwitchesOffItself"
    assert switched(root, ids["deputy"], "off") == 200
    assert is_in(root)


def test_two_administrators_who_switch_each_other_off_leave_one(
    sessions: sessionmaker[Session], ids: dict[str, int]
) -> None:
    root = Principal(ids["root"], "root", frozenset({"admin"}), None)
    deputy = Principal(ids["deputy"], "deputy", frozenset({"admin"}), BRAND)
    with sessions() as session, session.begin():
        accounts.switch(session, deputy.user_id, False, by=root, now=NOW)
    with sessions() as session:
        with pytest.raises(NotYourAccount):  # he was let in a moment before
            accounts.switch(session, root.user_id, False, by=deputy, now=NOW)
        with pytest.raises(SwitchesOffItself):
            accounts.switch(session, root.user_id, False, by=root, now=NOW)


def test_the_last_administrator_stays_whoever_asks(ids: dict[str, int]) -> None:
    from backend.identity.rules_accounts import Account, check_switch_off

    last = Account(1, "root", frozenset({"admin"}), None, True)
    with pytest.raises(LastAdministrator):
        check_switch_off(
            Principal(2, "x", frozenset({"admin"}), None),
            last,
            [last, Account(2, "x", frozenset({"party_admin"}), None, True)],
        )


def test_the_page_of_accounts_shows_the_last_log_in(visit: Visit) -> None:
    boss = visit("boss", html=True)
    shown = boss.get("/users").text
    assert "clerk" in shown
    assert "从未" in shown
    assert "rival" not in shown
    assert "Accounts: 3" in boss.get("/users?lang=en").text
