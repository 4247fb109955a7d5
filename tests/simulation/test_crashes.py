"""Kill any process of the demo with kill -9 in the middle of its story; go on with it: the same world."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("JIULIAN_CRASH_SEED", "20260318"))
ROUNDS = 10 if os.environ.get("JIULIAN_PROVE") else 0
VICTIMS = ("web", "worker", "indexer", "anvil", "postgres")
STORY = ("demo", "--seed", "7", "--scale", "0.27", "--today", "2026-03-18", "--once", "--json")
PATIENCE_S = 300
STORY_S = 25.0
"""How long the story takes at the least, on a quick machine: deaths are spread over it and come before it ends."""

pytestmark = [pytest.mark.simulation, pytest.mark.slow]


def start(home: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "JIULIAN_HOME": str(home),
        "JIULIAN_WEB_PORT": "0",  # any that is free; the house remembers it
        "JIULIAN_PRIVACY_SCAN_RETENTION_DAYS": "36500",  # the story ends on a fixed day, by now long ago
    }
    return subprocess.Popen(
        [sys.executable, "-m", "backend", *STORY],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, "\n".join(line for line in errors.splitlines() if "▄" not in line)[-6000:]
    report: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return report


def victim_of(process: subprocess.Popen[str], home: Path, name: str) -> psutil.Process | None:
    """The running process of that name, or None while it has not started."""
    if name == "postgres":
        try:
            return psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
        except (OSError, ValueError, psutil.Error):
            return None
    words = {"web": "serve", "worker": "work", "indexer": "index"}
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            line = child.cmdline()
        except psutil.Error:
            continue
        if (name == "anvil" and line and Path(line[0]).name.startswith("anvil")) or words.get(name) in line[1:5]:
            return child
    return None


def story_has_begun(home: Path) -> bool:
    try:
        return "today" in json.loads((home / "demo.json").read_text())
    except (OSError, ValueError):
        return False


class Undisturbed:
    """A story that nothing disturbs, played beside the one that is."""

    def __init__(self, home: Path) -> None:
        self._process = start(home)
        while not story_has_begun(home):
            assert self._process.poll() is None, self._process.communicate()[1][-3000:]
            time.sleep(0.1)

    @cached_property
    def report(self) -> dict[str, Any]:
        """How it ended."""
        return finish(self._process)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    home = tmp_path_factory.mktemp("undisturbed")
    home.chmod(0o755)
    made = Undisturbed(home)
    yield made
    made.stop()


def a_death(home: Path, name: str, moment: float, pause: float) -> None:
    """Start the demo, or go on with it; kill one process ``moment`` seconds into the story; stop what is left."""
    process = start(home)
    while not story_has_begun(home) or victim_of(process, home, name) is None:
        assert process.poll() is None, process.communicate()[1][-3000:]
        time.sleep(0.05)
    time.sleep(moment)
    victim = victim_of(process, home, name)
    assert victim is not None, f"{name} does not run"
    os.kill(victim.pid, signal.SIGKILL)
    time.sleep(pause)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    return home


def assert_the_same(again: dict[str, Any], expected: dict[str, Any]) -> None:
    """The world of a story that nothing disturbed; and books and chain say the same."""
    assert again["totals"] == expected["totals"]
    assert again["diversions"] == expected["diversions"]
    assert again["reconciliation"]["differences"] == 0, again["reconciliation"]["listed"]
    assert again["reconciliation"]["waiting"] == 0


def test_the_same_world_though_each_of_them_died(undisturbed: Undisturbed, home: Path) -> None:
    chance = random.Random(SEED)
    for name in chance.sample(VICTIMS, len(VICTIMS)):
        moment = chance.uniform(0.02, 0.3) * STORY_S
        print(f"seed {SEED}: kill -9 of {name} {moment:.1f} s on")
        a_death(home, name, moment, chance.uniform(0, 2))
    assert_the_same(finish(start(home)), undisturbed.report)


@pytest.mark.skipif(not ROUNDS, reason="the long campaign: make prove")
@pytest.mark.parametrize("round_", list(range(ROUNDS)))
def test_the_same_world_whatever_died(undisturbed: Undisturbed, home: Path, round_: int) -> None:
    chance = random.Random(f"{SEED}/{round_}")
    name = VICTIMS[round_ % len(VICTIMS)]
    moment = chance.uniform(0.05, 0.7) * STORY_S
    print(f"seed {SEED}, round {round_}: kill -9 of {name} {moment:.1f} s into the story")
    a_death(home, name, moment, chance.uniform(0, 2))
    assert_the_same(finish(start(home)), undisturbed.report)
