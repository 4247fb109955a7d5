"""A password: changed, refused when weak, asked for again."""

import pytest

from tests.kit.accounts import NEW, OLD, Visit, change, is_in, log_in

pytestmark = pytest.mark.integration


def test_a_new_password_ends_every_other_session_and_not_this_one(visit: Visit) -> None:
    here, there, other = visit("clerk"), visit("clerk", html=True), visit("boss")
    assert change(here).json() == {"changed": True}
    assert is_in(here)
    assert not is_in(there)
    assert is_in(other)
    assert log_in(visit(), "clerk").status_code == 401
    assert log_in(visit(), "clerk", NEW).status_code == 200


def test_the_current_password_is_asked_for_and_not_guessed_in_a_session_left_open(visit: Visit) -> None:
    here = visit("clerk")
    answers = [change(here, current=f"guess {number}") for number in range(11)]
    assert [answer.status_code for answer in answers] == [409] * 10 + [429]
    assert answers[0].json()["kind"] == "WrongPassword"
    assert change(here).status_code == 429, "the right one is not told apart any more"
    assert log_in(visit(), "clerk").status_code == 200


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("kurz", "short"),
        ("九个汉字的密码不够", "short"),
        ("lang" * 51, "long"),
        ("x" * 900, "long"),
        ("aaaaabbbbbcc", "simple"),
        ("1234567890123", "simple"),
        ("098765432109", "simple"),
        ("138-0013-8000", "simple"),
        ("qwertyuiopqwe", "simple"),
        ("zyxwvutsrqpo", "simple"),
        ("Password2026!", "common"),
        ("admin@123456", "common"),
        ("maotai-88888", "common"),
        ("woaini1314520", "common"),
        ("rival-clerk-2026", "name"),
        (OLD, "same"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(visit: Visit, new: str, reason: str) -> None:
    here = visit("rival-clerk")
    answer = change(here, new=new)
    assert (answer.status_code, answer.json()["details"]["reason"]) == (409, reason)
    assert log_in(visit(), "rival-clerk").status_code == 200


@pytest.mark.parametrize("new", [NEW, "长安街上 三轮车 慢慢走", "x9!Kp#2vQz", "correct horse battery staple"])
def test_a_strong_password_is_taken(visit: Visit, new: str) -> None:
    assert change(visit("clerk"), new=new).status_code == 200
    assert log_in(visit(), "clerk", new).status_code == 200


def test_the_page_says_in_one_sentence_what_is_wrong(visit: Visit) -> None:
    here = visit("clerk", html=True)
    assert "至少 10 个字符" in change(here, new="kurz").text
    assert "当前密码不对" in change(here, current="nein").text
    assert "不一致" in change(here, again="anders").text
    done = change(here, again=NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/password?done=1")
    assert "密码已修改" in here.get("/password?done=1").text
    assert "Your password was changed" in here.get("/password?done=1&lang=en").text


def test_nobody_changes_a_password_without_being_logged_in(visit: Visit) -> None:
    assert change(visit()).status_code == 401


@pytest.mark.parametrize(
    ("current", "new", "again", "field"),
    [
        ("nonsense", NEW, NEW, "current"),
        (OLD, "kurz", "kurz", "new"),
        (OLD, NEW, "x", "again"),
        ("", "", "", "current"),
    ],
)
def test_a_refused_password_names_its_field(visit: Visit, current: str, new: str, again: str, field: str) -> None:
    answer = change(visit("clerk", html=True), current, new, again)
    assert answer.status_code == 409
    (wrong,) = [tag for tag in answer.text.split("<input")[1:] if "autofocus" in tag]
    assert f'name="{field}"' in wrong
