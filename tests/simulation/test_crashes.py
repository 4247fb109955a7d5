"""Kill any process of the demo with kill -9 in the middle of its story; go on with it: the same world."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("JIULIAN_CRASH_SEED", "20260318"))
ROUNDS = 10 if os.environ.get("JIULIAN_PROVE") else 0
VICTIMS = ("web", "worker", "indexer", "anvil", "postgres")
STORY = ("demo", "--seed", "7", "--scale", "0.27", "--today", "2026-03-18", "--once", "--json")
PATIENCE_S = 240

pytestmark = [pytest.mark.simulation, pytest.mark.slow]


def start(home: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "JIULIAN_HOME": str(home),
        "JIULIAN_PORT": "18000",
        "JIULIAN_SCAN_RETENTION_DAYS": "36500",  # the story ends on a fixed day, by now long ago
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
    assert process.returncode == 0, errors[-3000:]
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


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], float]:
    """The report of a story that nothing disturbed, and the seconds from its beginning to its end."""
    home = tmp_path_factory.mktemp("undisturbed")
    home.chmod(0o755)
    process = start(home)
    while not story_has_begun(home) and process.poll() is None:
        time.sleep(0.1)
    began = time.monotonic()
    report = finish(process)
    return report, time.monotonic() - began


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


def test_the_same_world_though_each_of_them_died(undisturbed: tuple[dict[str, Any], float], home: Path) -> None:
    chance = random.Random(SEED)
    expected, seconds = undisturbed
    for name in chance.sample(VICTIMS, len(VICTIMS)):
        moment = chance.uniform(0.02, 0.3) * seconds
        print(f"seed {SEED}: kill -9 of {name} {moment:.1f} s on")
        a_death(home, name, moment, chance.uniform(0, 2))
    again = finish(start(home))
    assert again["totals"] == expected["totals"]
    assert again["diversions"] == expected["diversions"]


@pytest.mark.skipif(not ROUNDS, reason="the long campaign: make prove")
@pytest.mark.parametrize("round_", list(range(ROUNDS)))
def test_the_same_world_whatever_died(undisturbed: tuple[dict[str, Any], float], home: Path, round_: int) -> None:
    chance = random.Random(f"{SEED}/{round_}")
    name = VICTIMS[round_ % len(VICTIMS)]
    expected, seconds = undisturbed
    moment = chance.uniform(0.05, 0.85) * seconds
    print(f"seed {SEED}, round {round_}: kill -9 of {name} {moment:.1f} s into the story")
    a_death(home, name, moment, chance.uniform(0, 2))
    again = finish(start(home))
    assert again["totals"] == expected["totals"]
    assert again["diversions"] == expected["diversions"]
