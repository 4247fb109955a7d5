"""Guesses at a password, from one address or from a thousand."""

import time

import pytest
from sqlalchemy import Engine

from tests.conftest import counted
from tests.kit.accounts import NEW, Visit, change, log_in

pytestmark = pytest.mark.integration


def test_guesses_from_many_addresses_are_counted_by_account(visit: Visit) -> None:
    answers = [log_in(visit(), "clerk", f"guess {n}", address=f"198.51.100.{n}") for n in range(14)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 4
    details = answers[-1].json()["details"]
    assert 1 <= details["seconds"] <= 900
    assert answers[-1].headers["retry-after"] == str(details["seconds"])
    assert log_in(visit(), "clerk", address="192.0.2.7").status_code == 429, "nor is a right one told"
    assert log_in(visit(), "boss", address="198.51.100.1").status_code == 200


def test_a_name_that_nobody_has_is_answered_in_the_same_way(visit: Visit) -> None:
    known = [log_in(visit(), "clerk", "guess", address=f"198.51.100.{n}") for n in range(12)]
    unknown = [log_in(visit(), "nobody", "guess", address=f"198.51.100.{n}") for n in range(12)]
    assert [a.status_code for a in known] == [a.status_code for a in unknown]
    for one, other in zip(known, unknown, strict=True):
        assert one.json()["kind"] == other.json()["kind"]
        assert set(one.headers) == set(other.headers)


def test_a_stranger_cannot_keep_a_person_out_of_a_browser_that_knows_him(visit: Visit) -> None:
    phone = visit("clerk", html=True)
    phone.post("/logout")
    for number in range(14):
        log_in(visit(), "clerk", f"guess {number}", address=f"198.51.100.{number}")
    assert log_in(visit(html=True), "clerk").status_code == 429
    assert log_in(phone, "clerk").status_code == 303
    phone.post("/logout")
    wrong = [log_in(phone, "clerk", f"typo {number}").status_code for number in range(11)]
    assert wrong == [401] * 10 + [429], "a stolen phone has no more guesses than anybody"


def test_a_known_browser_is_known_for_its_own_person_alone(visit: Visit) -> None:
    phone = visit("clerk", html=True)
    for number in range(10):
        log_in(visit(), "boss", f"guess {number}")
    assert log_in(phone, "boss").status_code == 429


def test_after_a_new_password_no_browser_is_known(visit: Visit, engine: Engine) -> None:
    phone = visit("clerk", html=True)
    assert counted(engine, "known_browser") == 1
    change(visit("clerk"))
    assert counted(engine, "known_browser") == 0
    for number in range(10):
        log_in(visit(), "clerk", f"guess {number}")
    assert log_in(phone, "clerk", NEW).status_code == 429


def test_a_right_password_forgives_what_was_mistyped_before(visit: Visit) -> None:
    for _ in range(4):
        assert [log_in(visit(), "clerk", "typo").status_code for _ in range(5)] == [401] * 5
        assert log_in(visit(), "clerk").status_code == 200


def test_the_page_says_how_many_seconds_to_wait(visit: Visit) -> None:
    client = visit(html=True)
    for _ in range(10):
        assert "账号或密码不对" in log_in(client, "clerk", "guess").text
    answer = log_in(client, "clerk", "guess")
    assert answer.status_code == 429
    assert "秒后再试" in answer.text


def test_a_slow_guess_over_a_thousand_addresses_gets_sixty_tries_a_day(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, passed = time.time(), 0.0
    monkeypatch.setattr(time, "time", lambda: began + passed)
    tried = 0
    for number in range(1_000):
        passed = number * 86.0
        answer = log_in(visit(), "clerk", f"guess {number}", address=f"10.7.{number // 250}.{number % 250}")
        tried += answer.status_code == 401
    assert tried == 60
    passed = 1_000 * 86.0 + 86_400
    assert log_in(visit(), "clerk", "guess", address="10.9.9.9").status_code == 401, "and it ends"
