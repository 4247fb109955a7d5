"""The indexer as its operator runs it: a process that follows, survives being killed, and says why it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from ledger_indexer.mirror.listening import plain_url
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import ROOT, Emitter, harvest

pytestmark = pytest.mark.integration
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def chain() -> Iterator[Emitter]:
    with Emitter() as emitter:
        yield emitter


@pytest.fixture
def start(chain: Emitter, database_url: str, tmp_path: Path) -> Iterator[Start]:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    started: list[subprocess.Popen[str]] = []

    def index(deployment: Path | None = None) -> "subprocess.Popen[str]":
        file = deployment or tmp_path / "deployment.json"
        command = [sys.executable, "-m", "ledger_indexer", "run", "--rpc", chain.url, "--deployment", str(file)]
        environment = {**os.environ, "JIULIAN_DATABASE_URL": database_url, "JIULIAN_INDEX_FALL_AFTER_S": "0.1"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield index
    for process in started:
        process.kill()
        process.communicate()


def wait_for_tip(url: str, number: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute("select number from mirror.cursor").fetchone()
            if row is not None and row[0] == number:
                return
            time.sleep(0.01)
    raise AssertionError(f"the mirror did not reach block {number}: {row}")


def logs(url: str) -> int:
    with psycopg.connect(plain_url(url)) as connection:
        row = connection.execute("select count(*), count(distinct evidence) from mirror.captured").fetchone()
    assert row is not None
    assert row[0] == row[1], "a row is there twice"
    return int(row[0])


def test_follows_new_blocks_and_stops_when_asked(chain: Emitter, start: Start, database_url: str) -> None:
    process = start()
    wait_for_tip(database_url, 1)
    for evidence in range(5):
        chain.mine(harvest(evidence))
        wait_for_tip(database_url, 2 + evidence)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert logs(database_url) == 5


def test_killed_at_any_moment_it_ends_with_every_log_once(chain: Emitter, start: Start, database_url: str) -> None:
    for number in range(60):
        chain.mine(*(harvest(100 * number + place) for place in range(5)))
    for moment in (0.5, 0.6, 0.7, 0.8):
        process = start()
        time.sleep(moment)
        process.kill()
        process.wait()
    start()
    wait_for_tip(database_url, 61)
    assert logs(database_url) == 300


def test_refuses_a_deployment_that_is_not_on_this_chain(chain: Emitter, start: Start, tmp_path: Path) -> None:
    for name, wrong in {
        "chain": replace(DEPLOYMENT, chain_id=1),
        "contract": replace(DEPLOYMENT, evidence_log="0x" + "99" * 20),
        "code differs": replace(DEPLOYMENT, code_hashes={"batch_ledger": "0x" + "00" * 32}),
    }.items():
        wrong.save(tmp_path / "wrong.json")
        process = start(tmp_path / "wrong.json")
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1
        assert name in said.replace("\n", " ")


def test_tells_its_status_to_machines(chain: Emitter, start: Start, database_url: str) -> None:
    start()
    wait_for_tip(database_url, 1)
    command = [sys.executable, "-m", "ledger_indexer", "status", "--json", "--database-url", database_url]
    status = json.loads(subprocess.check_output(command, cwd=ROOT))
    assert status["tip"]["number"] == 1
    assert status["rewinds"] == 0


def test_a_database_without_a_mirror_is_told_in_a_line(database_url: str) -> None:
    with psycopg.connect(plain_url(database_url)) as connection:
        connection.execute("DROP SCHEMA mirror CASCADE")
    command = [sys.executable, "-m", "ledger_indexer", "status", "--database-url", database_url]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "there is no mirror in this database yet: `jiulian serve` makes its tables\n"


def test_the_process_writes_json_on_demand_and_no_key_of_a_hosted_node(
    chain: Emitter, database_url: str, tmp_path: Path
) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    command = [sys.executable, "-m", "backend", "index", "run", "--deployment", str(tmp_path / "deployment.json")]
    environment = {
        **os.environ,
        "JIULIAN_DATABASE_URL": database_url,
        "JIULIAN_CHAIN_RPC_URL": "http://127.0.0.1:1/v2/hosted-key-0123456789",
        "JIULIAN_LOG_FORMAT": "json",
    }
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    process.kill()
    rest = process.communicate()[1]
    said = json.loads(line)
    assert said["level"] == "warning"
    assert "trying again" in said["message"]
    assert "hosted-key" not in line + rest
