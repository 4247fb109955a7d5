"""`jiulian run`: one command puts up the whole house, and one signal takes all of it down."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import httpx2
import psutil
import pytest

pytestmark = [pytest.mark.simulation, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240


def test_the_house_says_where_it_answers_and_leaves_nothing_behind(tmp_path: Path, database_url: str) -> None:
    environment = os.environ | {"JIULIAN_HOME": str(tmp_path), "JIULIAN_WEB_PORT": "0", "DATABASE_URL": database_url}
    command = [sys.executable, "-m", "backend", "run", "--no-reload"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as house:
        hurry = Timer(PATIENCE_S, house.kill)
        hurry.start()
        assert house.stderr
        told = ""
        while "Ctrl-C" not in told:
            line = house.stderr.readline()
            assert line, told
            told += line
        answers = dict(re.findall(r"^ +(\w+) +(\S+)$", told, re.MULTILINE))
        parts = psutil.Process(house.pid).children(recursive=True)
        assert httpx2.get(answers["web"] + "/readyz", timeout=60).status_code == 200
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        assert httpx2.post(answers["chain"], json=call, timeout=60).json()["result"]
        assert answers["database"] == database_url.replace("+psycopg", "", 1)
        house.send_signal(signal.SIGINT)
        assert house.wait(60) == 0
        hurry.cancel()
    assert len(parts) >= 5, "chain and its child, web, indexer, worker"
    assert not [part for part in parts if part.is_running()]
