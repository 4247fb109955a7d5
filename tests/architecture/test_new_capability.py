"""The steps of `docs/developing.md` make a capability: in a copy of the project, checked and tested there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"^`(?P<path>[\w./]+)`\n```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PLACES_MOST = 13


def steps() -> dict[str, tuple[str, str]]:
    """Path of each step with its kind and text, in the order of the page."""
    page = (ROOT / "docs" / "developing.md").read_text()
    section = page.partition("## A new capability, step by step")[2].partition("\n## ")[0]
    return {found["path"]: (found["kind"], found["text"]) for found in STEP.finditer(section)}


def _number_of_newest() -> str:
    versions = (ROOT / "backend" / "db" / "migrations" / "versions").glob("[0-9]*_*.py")
    return max(path.name[:4] for path in versions)


def _copy(to: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    names = list(filter(None, listed.decode().split("\0")))
    for name in names:
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    # What was checked or compiled before need not be again.
    compiled = {(Path(name).parent / "__pycache__").as_posix() for name in names if name.endswith(".py")}
    for name in (".mypy_cache", ".ruff_cache", ".import_linter_cache", "cache", *compiled):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name)
    for name in ("node_modules", "backend/web/static/vendor"):
        (to / name).symlink_to(ROOT / name)
    subprocess.run(["git", "init", "-q"], cwd=to, check=True)
    subprocess.run(["git", "add", "-A"], cwd=to, check=True)


def _apply(to: Path) -> None:
    newest = _number_of_newest()
    following = f"{int(newest) + 1:04}"
    for path, (kind, text) in steps().items():
        target = to / path.replace("NEXT", following)
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == "diff":
            _insert(target, text)
        else:
            target.write_text(text.replace("NEXT", following).replace("NEWEST", newest))


def _insert(target: Path, text: str) -> None:
    """Lines with `+`, each group after the line without that stands before it."""
    content, place = target.read_text(), ""
    for line in text.splitlines():
        if not line.startswith("+"):
            place = line[1:] + "\n"
            assert content.count(place) == 1, place
        else:
            added = line[1:] + "\n"
            content = content.replace(place, place + added)
            place += added
    target.write_text(content)


def test_a_capability_touches_few_places() -> None:
    assert 10 < len(steps()) <= PLACES_MOST


@pytest.mark.integration
@pytest.mark.slow
def test_the_steps_make_a_capability_that_passes_all_checks(tmp_path: Path, postgres_server: str) -> None:
    _copy(tmp_path)
    _apply(tmp_path)
    python = [sys.executable, "-m"]
    bin_ = Path(sys.executable).parent
    _run(["make", "-o", "setup", "check", f"BIN={bin_}"], tmp_path)
    told = [
        "tests/integration/test_notices.py",
        "tests/integration/test_migrations.py::test_the_models_are_what_the_history_makes",
        "tests/architecture",
        "tests/integration/test_every_page.py",
        "tests/integration/test_lists_agree.py",
        "tests/unit/backend/web",
        "--deselect=tests/architecture/test_new_capability.py",
    ]
    _run([*python, "pytest", "-q", "-p", "no:cacheprovider", *told], tmp_path, TEST_DATABASE_URL=postgres_server)


def _run(command: list[str], at: Path, **more: str) -> None:
    done = subprocess.run(command, cwd=at, env=os.environ | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
