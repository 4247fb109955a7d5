"""The worker as a process keeps it: patient with what time heals, loud about anything else."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.orm import Session, sessionmaker

from backend.errors import Unavailable
from backend.settings import Settings
from backend.worker import Worker
from backend.working import Step, Work
from ledger_indexer.mirror.listening import plain_url

pytestmark = pytest.mark.integration


@pytest.fixture
def work(tmp_path: Path, database_url: str, sessions: sessionmaker[Session]) -> Work:
    return Work(Settings(home=tmp_path, database_url=database_url), sessions)


def run(work: Work, jobs: list[tuple[str, Step, float]], seconds: float = 2.0) -> Worker:
    """Run a worker for a while, or until a job stops it."""
    worker = Worker(work, jobs)
    timer = threading.Timer(seconds, worker.stop.set)
    timer.start()
    try:
        worker.run()
    finally:
        timer.cancel()
    return worker


def test_a_job_that_must_wait_says_so_once_and_the_others_go_on(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def away(work: Work) -> bool:
        raise Unavailable("the node sleeps")

    def other(work: Work) -> bool:
        done.append(1)
        return len(done) < 5

    with caplog.at_level(logging.WARNING):
        run(work, [("away", away, 0.1), ("other", other, 0.1)])
    assert len(done) >= 5
    assert [record.getMessage() for record in caplog.records] == ["away waits: the node sleeps"]


def test_a_node_that_wants_to_be_left_alone_is(work: Work) -> None:
    calls: list[int] = []

    def busy(work: Work) -> bool:
        calls.append(1)
        raise Unavailable("too many requests", retry_after_s=30)

    run(work, [("busy", busy, 0.1)], seconds=3)
    assert len(calls) == 1


def test_a_job_goes_on_by_itself_when_the_node_is_back(work: Work) -> None:
    calls: list[int] = []

    def flaky(work: Work) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise Unavailable("not yet")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(work, [("flaky", flaky, 0.1)], seconds=5)


def test_what_time_cannot_heal_stops_the_worker(work: Work) -> None:
    def broken(work: Work) -> bool:
        raise ValueError("ours to mend")

    with pytest.raises(ValueError, match="ours to mend"):
        run(work, [("broken", broken, 0.1)])


def test_the_mirror_wakes_a_resting_worker(work: Work, database_url: str) -> None:
    seen: list[float] = []
    slow: list[float] = []
    jobs: list[tuple[str, Step, float]] = [
        ("count", lambda _: bool(seen.append(time.monotonic())), 20.0),
        ("ask the node for each key", lambda _: bool(slow.append(time.monotonic())), 30.0),
    ]
    worker = Worker(work, jobs)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 15  # before any of them would wake by itself
    with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
        while len(seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
            connection.execute("notify mirror")
    worker.stop.set()
    thread.join(60)
    assert len(seen) >= 2
    assert len(slow) == 1, "a job that rests for long was woken by a block"


def test_a_worker_without_contracts_waits_and_ends_when_it_is_told(tmp_path: Path, database_url: str) -> None:
    environment = os.environ | {"JIULIAN_HOME": str(tmp_path), "JIULIAN_DATABASE_URL": database_url}
    command = [sys.executable, "-c", "from backend import worker; from backend.settings import get_settings; "
               "worker.run(get_settings())"]  # fmt: skip
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "waits" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.stderr.close()
