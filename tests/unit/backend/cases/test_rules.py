"""Who may decide what, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.cases import rules
from backend.cases.rules import (
    AlertChanged,
    CaseDecided,
    Due,
    File,
    Judgement,
    NothingToUndo,
    ReasonMissing,
    TakenByAnother,
    WatchTooLong,
    due,
    judge,
)
from backend.errors import Malformed

NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
FILE = File(alert=7)
CONFIRM = Judgement("confirmed", ("too_many",), "", None, alert_version=3, case_version=0)


def judged(said: Judgement = CONFIRM, file: File = FILE, by: int = 1) -> File:
    return judge(file, said, alert_version=3, by=by, now=NOW)


def test_a_confirmed_alert_is_filed() -> None:
    assert judged() == File(7, "filed", 1)


def test_a_dismissed_alert_is_closed() -> None:
    assert judged(replace(CONFIRM, outcome="dismissed", reasons=("gift",))).state == "closed"


def test_a_watched_alert_comes_back_when_its_time_is_up() -> None:
    until = NOW + timedelta(days=14)
    watched = judged(replace(CONFIRM, outcome="watch", reasons=("too_few",), watch_until=until))
    assert watched.tab(until - timedelta(seconds=1)) == "watching"
    assert watched.tab(until) == "review"


def test_a_decision_taken_back_is_to_be_reviewed_again() -> None:
    undo = replace(CONFIRM, outcome="undo", reasons=(), case_version=1)
    assert judged(undo, judged()) == File(7, "review", 2)


def test_nothing_can_be_taken_back_where_nothing_stands() -> None:
    with pytest.raises(NothingToUndo):
        judged(replace(CONFIRM, outcome="undo", reasons=()))


def test_who_decides_second_is_told_so() -> None:
    with pytest.raises(CaseDecided):
        judged(CONFIRM, judged())


def test_new_evidence_must_be_seen_before_deciding() -> None:
    with pytest.raises(AlertChanged):
        judge(FILE, CONFIRM, alert_version=4, by=1, now=NOW)


def test_an_alert_on_another_desk_is_left_alone() -> None:
    taken = replace(FILE, taken_by=2, lease_until=NOW + timedelta(minutes=1))
    with pytest.raises(TakenByAnother):
        judged(file=taken)
    assert judged(file=taken, by=2).state == "filed"
    assert judge(taken, CONFIRM, alert_version=3, by=1, now=NOW + timedelta(minutes=1)).state == "filed"


def test_a_decision_needs_a_reason_chosen_or_written() -> None:
    with pytest.raises(ReasonMissing):
        judged(replace(CONFIRM, reasons=(), note=" "))
    assert judged(replace(CONFIRM, reasons=(), note="seen on the shelf")).state == "filed"


def test_a_reason_must_belong_to_the_outcome() -> None:
    with pytest.raises(Malformed):
        replace(CONFIRM, reasons=("gift",))


@pytest.mark.parametrize("days", [None, -1, 0, 181])
def test_watching_ends_between_tomorrow_and_half_a_year(days: int | None) -> None:
    until = None if days is None else NOW + timedelta(days=days)
    with pytest.raises(WatchTooLong):
        judged(replace(CONFIRM, outcome="watch", reasons=("too_few",), watch_until=until))


def test_three_days_are_promised() -> None:
    assert due(NOW, NOW) is Due.FINE
    assert due(NOW, NOW + timedelta(hours=48)) is Due.SOON
    assert due(NOW, NOW + timedelta(hours=72)) is Due.OVER


def test_the_record_of_a_decision_names_no_person_and_keeps_no_note() -> None:
    said = replace(CONFIRM, note="told by Mr Li, 138 0000 0000")
    kept = rules.record(said, judged(said), b"\x01" * 32, "flow-2", NOW)
    assert "Li" not in str(kept)
    assert kept["inputs"] == "01" * 32
