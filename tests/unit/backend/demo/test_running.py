"""The house without a story: what it does when code changes, and when that code cannot start."""

import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from backend.demo.processes import GaveUp
from backend.demo.running import changes, in_house, keep_up, program
from backend.settings import Settings


class House:
    """Notes what is asked of it; while its code is broken, nothing of it stays up."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.asked: list[str] = []

    def keep_up(self) -> None:
        self.asked.append("keep up")
        if self.broken:
            raise GaveUp("web keeps ending (exit 1)")

    def reload(self) -> None:
        self.asked.append("reload")


def test_the_way_to_a_log_in_is_one_that_the_shell_finds() -> None:
    words = [*program().split(), "people", "add", "--help"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    assert "/" in words[0]


def test_the_way_to_a_log_in_leads_into_the_house_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert in_house(Settings(home=Path(".jiulian"))) == program()
    other = tmp_path / "an other"
    script = f"echo $JIULIAN_HOME > {tmp_path}/said"
    said = in_house(Settings(home=other)).replace(program(), f"sh -c '{script}'")
    monkeypatch.delenv("JIULIAN_HOME", raising=False)
    assert subprocess.run(["/bin/sh", "-c", said], check=False).returncode == 0, "as somebody would paste it"
    assert (tmp_path / "said").read_text().strip() == str(other)


def test_what_changed_is_loaded_and_all_is_kept_up_in_between() -> None:
    house = House()
    keep_up(house, iter([[], ["rules.py"], []]))
    assert house.asked == ["keep up", "reload", "keep up", "keep up"]


def test_code_that_cannot_start_waits_for_a_change_and_the_house_stands(capsys: pytest.CaptureFixture[str]) -> None:
    house = House(broken=True)

    def writing() -> Iterator[list[str]]:
        yield from ([], [], [])
        house.broken = False
        yield ["rules.py"]
        yield []

    keep_up(house, writing())
    assert house.asked == ["keep up", "reload", "keep up", "keep up"]
    assert "waiting for a change" in capsys.readouterr().err


def test_a_file_that_a_process_reads_at_its_start_is_told_when_it_changes(tmp_path: Path) -> None:
    (tmp_path / "pages.py").write_text("")
    watched = changes((tmp_path,))
    assert next(watched) == []
    (tmp_path / "style.css").write_text("a {}")
    (tmp_path / "pages.py").write_text("x = 1")
    assert next(found for found in islice(watched, 40) if found) == ["pages.py"]
    watched.close()
