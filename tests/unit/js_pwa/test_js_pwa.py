"""The warehouse app's own tests, run by Node over the same known answers as Python's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from backend.web import vendor

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PWA = ROOT / "scanner" / "pwa"


@pytest.fixture(scope="module")
def libraries() -> None:
    """The libraries the app stands on, copied as `make setup` does."""
    if not (vendor.TARGET / "noble-curves-2.4.0").is_dir():
        vendor.copy()


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.name)
def test_the_app_keeps_its_word_in_javascript(file: Path, libraries: None) -> None:
    node = shutil.which("node")
    assert node, "Node is missing: install Node 20 or newer"
    done = subprocess.run(
        [node, "--import", "./tests/unit/js_pwa/register.mjs", "--test", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.MULTILINE)[1]) > 0  # type: ignore[index]


def test_every_library_path_of_the_app_is_in_the_lock() -> None:
    hashes, versions = vendor.read_lock(vendor.LOCK.read_text("utf-8"))
    locked = {"/static/vendor/" + vendor.target_of(path, versions) for path in hashes}
    named = {
        match for file in PWA.glob("*.js") for match in re.findall(r'"(/static/vendor/[^"]+)"', file.read_text("utf-8"))
    }
    assert len(named) == 5
    assert named <= locked
