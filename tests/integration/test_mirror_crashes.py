"""The indexer killed before and after each commit it ever makes: the mirror ends as the chain, each log once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.store import Store
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import ROOT, Emitter, Spoken, harvest

pytestmark = pytest.mark.integration
WINDOW = 16
LIMITS = Limits(window=WINDOW, fall_after_s=0.0)
MOMENTS = ("before", "after")
_evidence = count(1000)
Die = Callable[..., str]
Row = tuple[int, int, str, str]


@pytest.fixture
def chain() -> Iterator[Emitter]:
    with Emitter() as emitter:
        yield emitter


@pytest.fixture
def die(chain: Emitter, database_url: str, tmp_path: Path) -> Die:
    """Have a child killed at the nth commit from now on; gives the function that was committing."""
    DEPLOYMENT.save(tmp_path / "deployment.json")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JIULIAN_DATABASE_URL": database_url,
        "JIULIAN_INDEX_RPC_URL": chain.url,
        "JIULIAN_INDEX_WS_URL": "-",
        "JIULIAN_INDEX_DEPLOYMENT": str(tmp_path / "deployment.json"),
        "JIULIAN_INDEX_WINDOW": str(WINDOW),
        "JIULIAN_INDEX_FALL_AFTER_S": "0",
        "JIULIAN_INDEX_LOGS_PER_CALL": "40",
    }

    def child(what: str, when: str, nth: int = 1) -> str:
        command = [sys.executable, str(ROOT / "tests/integration/mirror_child.py"), what, when, str(nth)]
        ran = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        if ran.returncode == 0:
            return ""
        assert ran.returncode == -signal.SIGKILL, ran.stderr
        return ran.stdout.strip()

    return child


def fresh(quantity: int = 10) -> Spoken:
    return harvest(next(_evidence), quantity, batch=1 + quantity % 3)


def story(chain: Emitter, blocks: int) -> None:
    for number in range(blocks):
        chain.mine(*(fresh(5 + number) for _ in range(1 + number % 3)))


def follow(chain: Emitter, url: str) -> None:
    """An indexer that nobody kills."""
    store = Store(url)
    try:
        Follower(chain.node, store, DEPLOYMENT, LIMITS).converge(chain.node.newest())
    finally:
        store.close()


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        return connection.execute(query).fetchall()


def mirrored(url: str) -> list[Row]:
    with psycopg.connect(plain_url(url)) as connection:
        return connection.execute(
            "select r.block_number, r.log_index, '0x' || encode(b.hash, 'hex'), '0x' || encode(r.data, 'hex')"
            " from mirror.raw_log r join mirror.block b on b.number = r.block_number order by 1, 2"
        ).fetchall()


def cursor(url: str) -> tuple[object, ...] | None:
    rows = ask(url, "select number, '0x' || encode(hash, 'hex'), suspect_from from mirror.cursor")
    return rows[0] if rows else None


def assert_whole(url: str, chain_logs: list[Row]) -> None:
    """The mirror agrees with itself and holds these logs: typed rows, quarantine and balances say the same."""
    assert mirrored(url) == chain_logs
    ((typed, evidences, broken, born, held, sum_born),) = ask(
        url,
        "select (select count(*) from mirror.captured), (select count(distinct evidence) from mirror.captured),"
        " (select count(*) from mirror.quarantine), (select coalesce(sum(born), 0) from mirror.batch_total),"
        " (select coalesce(sum(held), 0) from mirror.holding),"
        " (select coalesce(sum(quantity), 0) from mirror.captured)",
    )
    assert typed == evidences, "a row is there twice"
    assert int(str(typed)) + int(str(broken)) == len(chain_logs)
    assert born == held == sum_born


def assert_prefix(chain: Emitter, url: str) -> int:
    """What stands in the mirror is the chain up to the cursor; gives the cursor's block, -1 before the first."""
    at = cursor(url)
    reached = -1 if at is None else int(str(at[0]))
    assert_whole(url, [log for log in chain.survived() if log[0] <= reached])
    return reached


def assert_same(chain: Emitter, url: str) -> None:
    """The mirror is eth_getLogs(0, latest), and its cursor the newest block."""
    assert_whole(url, chain.survived())
    head = chain.node.newest()
    assert cursor(url) == (head.number, "0x" + head.hash.hex(), None)


def test_begin_each_range_and_each_block(chain: Emitter, die: Die, database_url: str) -> None:
    story(chain, 110)
    reached, steps = -1, []
    while reached < chain.node.newest().number:
        assert die("follow", "before") != ""
        assert assert_prefix(chain, database_url) == reached, "a step that was not committed left something"
        steps.append(die("follow", "after"))
        now = assert_prefix(chain, database_url)
        assert now > reached, "a committed step was lost"
        reached = now
    assert steps[0] == "begin"
    assert steps[1:] == ["moving"] * len(steps[1:])
    assert len(steps) >= 4, "begin, at least two ranges, the tail"
    chain.mine(fresh(), fresh())
    for when in MOMENTS:
        assert die("follow", when) == "moving"
        assert_prefix(chain, database_url)
    assert_same(chain, database_url)


@pytest.mark.parametrize("when", MOMENTS)
def test_a_rewind_with_its_replacement(chain: Emitter, die: Die, database_url: str, when: str) -> None:
    story(chain, 12)
    follow(chain, database_url)
    before = mirrored(database_url)
    chain.reorganise(4, (fresh(77), 0), (fresh(78), 2))
    assert die("follow", when) == "moving"
    assert_whole(database_url, before if when == "before" else chain.survived())
    follow(chain, database_url)
    assert_same(chain, database_url)
    assert ask(database_url, "select depth, beyond_window from mirror.rewind") == [(4, False)]


def test_the_mark_of_suspicion_and_the_walk_below_the_window(chain: Emitter, die: Die, database_url: str) -> None:
    story(chain, 40)
    follow(chain, database_url)
    before = mirrored(database_url)
    chain.rollback(25)
    story(chain, 20)
    for when in MOMENTS:
        assert die("follow", when) == "suspect"
        assert_whole(database_url, before)
        assert (ask(database_url, "select suspect_from from mirror.cursor") != [(None,)]) == (when == "after")
    assert die("follow", "before", 2) == "moving"
    assert_whole(database_url, before)
    assert die("follow", "after", 2) == "moving"
    assert_same(chain, database_url)
    follow(chain, database_url)
    assert_same(chain, database_url)
    assert ask(database_url, "select depth, beyond_window from mirror.rewind") == [(25, True)]


def test_a_row_in_quarantine(chain: Emitter, die: Die, database_url: str) -> None:
    story(chain, 5)
    follow(chain, database_url)
    broken = fresh()
    chain.mine(Spoken(broken.topics, broken.data[:-1]), fresh())
    for when, rows in zip(MOMENTS, (0, 1), strict=True):
        assert die("follow", when) == "moving"
        assert ask(database_url, "select count(*) from mirror.quarantine") == [(rows,)]
        assert_prefix(chain, database_url)
    follow(chain, database_url)
    assert_same(chain, database_url)


def test_each_step_of_a_rebuild(chain: Emitter, die: Die, database_url: str) -> None:
    """Shadow made, begun, each range, swapped, old one dropped: the live mirror is always whole."""
    story(chain, 60)
    follow(chain, database_url)
    chain.reorganise(2, (fresh(), 0))
    follow(chain, database_url)
    with psycopg.connect(plain_url(database_url)) as connection:
        connection.execute("update mirror.holding set held = held + 1")
    steps = []
    for nth in count(1):
        steps.append(die("rebuild", "after", nth))
        assert mirrored(database_url) == chain.survived()
        if steps[-1] in ("_swap", ""):
            assert_same(chain, database_url)
            chain.mine(fresh())
            follow(chain, database_url)
            assert_same(chain, database_url)
        if steps[-1] == "":
            break
    assert steps[0] == "_prepare"
    assert "begin" in steps
    assert steps.count("moving") >= 2
    assert steps[-3:] == ["_swap", "_swap", ""]
    assert die("rebuild", "before", steps.index("_swap") + 1) == "_swap"
    follow(chain, database_url)
    assert_same(chain, database_url)
    assert die("rebuild", "after", 999) == ""
    assert_same(chain, database_url)
    assert ask(database_url, "select depth from mirror.rewind") == [(2,)], "what the old mirror lived through is kept"
    assert ask(database_url, "select nspname from pg_namespace where nspname like 'mirror%'") == [("mirror",)]
