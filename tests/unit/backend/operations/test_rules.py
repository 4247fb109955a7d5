"""What figures say of the house's health, and that all of it has words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.capabilities import JOBS
from backend.operations import words
from backend.operations.rules import (
    Comparison,
    Evidence,
    Expected,
    Figures,
    Finding,
    Health,
    JobRun,
    Lane,
    Mirror,
    Node,
    Trouble,
    findings_of,
    health_of,
)
from backend.web import vocabulary
from backend.web.i18n import catalogue

AT = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
NO_WORD = dict.fromkeys(("captured", "bundled", "anchored", "final", "refused"), 0)


def ago(**span: float) -> datetime:
    return AT - timedelta(**span)


def job(name: str = "send", trouble: str | None = None, told_at: datetime = AT) -> JobRun:
    return JobRun(name, 10, 1, told_at, 3, busy=False, trouble=trouble, told_at=told_at)


WELL = Figures(
    at=AT,
    evidence=Evidence(NO_WORD | {"captured": 2, "final": 7}, estimated=False, oldest_at=ago(seconds=3)),
    lanes=[Lane(b"\x01" * 20, {"sent": 1}, 2, ago(seconds=5))],
    mirror=Mirror(90, ago(seconds=2), None, 0, 1, 2),
    node=Node(90),
    jobs=[job()],
    comparison=Comparison(ago(minutes=30), 0, 2),
    refusals={},
)
HOURLY = Expected(compared_every=timedelta(hours=1))


def troubles(figures: Figures, expected: Expected = HOURLY) -> list[tuple[Trouble, Health]]:
    return [(each.trouble, each.health) for each in findings_of(figures, expected)]


def test_a_house_that_does_its_work_is_well() -> None:
    assert troubles(WELL) == []
    assert health_of([]) is Health.WELL


def test_a_silent_node_is_ill_and_says_why() -> None:
    (found,) = findings_of(replace(WELL, node=Node(None, trouble="no answer")), HOURLY)
    assert (found.trouble, found.health) == (Trouble.NODE_SILENT, Health.ILL)
    assert "no answer" in words.sentence(found, "en")


@pytest.mark.parametrize(
    ("since", "health"),
    [(timedelta(seconds=59), None), (timedelta(minutes=2), Health.WATCHED), (timedelta(minutes=11), Health.ILL)],
)
def test_a_mirror_that_lags_is_told_by_the_first_block_it_lacks(since: timedelta, health: Health | None) -> None:
    late = replace(WELL, node=Node(95, AT - since))
    assert (late.lag_blocks, late.lag) == (5, since)
    assert troubles(late) == ([(Trouble.MIRROR_BEHIND, health)] if health else [])


def test_an_idle_chain_is_no_lag_however_old_its_last_block() -> None:
    idle = replace(WELL, mirror=replace(WELL.mirror, moved_at=ago(days=3)))
    assert (idle.lag_blocks, idle.lag) == (0, timedelta(0))
    assert troubles(idle) == []


def test_a_mirror_ahead_of_a_lagging_node_is_not_behind() -> None:
    assert replace(WELL, node=Node(80)).lag_blocks == 0


def test_a_mirror_that_was_never_made_is_watched() -> None:
    empty = replace(WELL, mirror=Mirror(None, None, None, 0, 0, 0))
    assert empty.lag is None
    assert troubles(empty) == [(Trouble.MIRROR_MISSING, Health.WATCHED)]


def test_a_rewritten_chain_and_unread_logs_are_told() -> None:
    bad = replace(WELL, mirror=replace(WELL.mirror, suspect_from=70, quarantined=1))
    assert troubles(bad) == [(Trouble.MIRROR_SUSPECT, Health.ILL), (Trouble.QUARANTINE, Health.WATCHED)]


@pytest.mark.parametrize(
    ("waited", "bundle_after", "health"),
    [(119, 0, None), (121, 0, Health.WATCHED), (1801, 0, Health.ILL), (600, 600, None), (800, 600, Health.WATCHED)],
)
def test_a_queue_is_old_beyond_the_time_that_evidence_may_wait_on_purpose(
    waited: int, bundle_after: int, health: Health | None
) -> None:
    queue = replace(WELL, evidence=replace(WELL.evidence, oldest_at=ago(seconds=waited)))
    found = troubles(queue, Expected(timedelta(seconds=bundle_after)))
    assert found == ([(Trouble.QUEUE_OLD, health)] if health else [])


@pytest.mark.parametrize(("minutes", "health"), [(4, None), (6, Health.WATCHED), (31, Health.ILL)])
def test_a_lane_whose_transaction_is_not_seen_is_told_by_its_relayer(minutes: int, health: Health | None) -> None:
    lanes = [Lane(b"\x01" * 20, {}, 0, None), Lane(b"\xab" * 20, {"written": 1, "sent": 2}, 9, ago(minutes=minutes))]
    found = findings_of(replace(WELL, lanes=lanes), HOURLY)
    assert [(each.trouble, each.health) for each in found] == ([(Trouble.LANE_STUCK, health)] if health else [])
    if found:
        assert words.sentence(found[0], "en").startswith("3 transactions of lane 0xabababab")


def test_a_worker_is_ill_when_it_never_ran_or_went_silent() -> None:
    assert troubles(replace(WELL, jobs=[])) == [(Trouble.WORKER_MISSING, Health.ILL)]
    one_works = [job("send", told_at=ago(hours=1)), job("score", told_at=ago(seconds=10))]
    assert troubles(replace(WELL, jobs=one_works)) == []
    assert troubles(replace(WELL, jobs=[job(told_at=ago(hours=1))])) == [(Trouble.WORKER_SILENT, Health.ILL)]
    a_long_job = [job(told_at=ago(minutes=3))]
    assert troubles(replace(WELL, jobs=a_long_job)) == [(Trouble.WORKER_SILENT, Health.WATCHED)]


def test_a_job_that_waits_is_watched() -> None:
    (found,) = findings_of(replace(WELL, jobs=[job("send", "the node sleeps")]), HOURLY)
    assert found.health is Health.WATCHED
    assert words.sentence(found, "zh") == "“发送交易”在等待：the node sleeps"
    assert words.sentence(found, "en") == "“send” waits: the node sleeps"


def test_books_that_differ_are_ill_and_that_nobody_compares_is_watched() -> None:
    differ = replace(WELL, comparison=Comparison(ago(minutes=1), 3, 0))
    assert troubles(differ) == [(Trouble.BOOKS_DIFFER, Health.ILL)]
    old = replace(WELL, comparison=Comparison(ago(hours=4), 0, 0))
    assert troubles(old) == [(Trouble.COMPARISON_OLD, Health.WATCHED)]
    assert troubles(old, Expected()) == [], "where nobody is to compare, no comparison is late"
    assert troubles(replace(WELL, comparison=None)) == []


def test_the_worst_comes_first_and_decides() -> None:
    bad = replace(WELL, jobs=[job("send", "it waits")], node=Node(None, trouble="away"))
    found = findings_of(bad, HOURLY)
    assert [each.health for each in found] == [Health.ILL, Health.WATCHED]
    assert health_of(found) is Health.ILL


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("count", [1, 2])
def test_every_trouble_has_a_sentence_in_each_language(trouble: Trouble, count: int) -> None:
    values = {"count": count, "span": timedelta(hours=2), "trouble": "T", "job": "send", "lane": "0x1", "block": 1_000}
    chinese, english = (words.sentence(Finding(trouble, Health.ILL, values), language) for language in ("zh", "en"))
    assert chinese != english
    assert "%(" not in chinese + english
    assert english.isascii() or "“" in english


def test_every_job_of_the_worker_has_a_name_in_each_language_and_none_is_left_of_a_job_that_is_gone() -> None:
    assert {job.name for job in JOBS} == vocabulary.KINDS["job"].keys()
    assert words.job_name("send again", "zh") == "重发交易"
    assert words.job_name("send again", "en") == "send again"
    assert words.job_name("of an older release", "zh") == "of an older release"


def test_every_text_of_the_page_is_translated() -> None:
    from pathlib import Path
    from re import findall

    page = Path(__file__).resolve().parents[4] / "backend/web/templates/operations/figures.html"
    texts = set(findall(r"_\('([^']+)'", page.read_text("utf-8")))
    assert len(texts) > 40
    missing = {text for text in texts if text not in catalogue("en").texts}
    assert not missing
