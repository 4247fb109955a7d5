"""The dataset folder."""

import json
from pathlib import Path

import pytest
from made_up_trade import Network
from typer.testing import CliRunner

from backend.cli.risk import app
from backend.risk import folder
from backend.risk.rules import DatasetUnreadable
from backend.risk.scoring import Scored


def test_what_is_written_reads_back_the_same(one_scored: tuple[Network, Scored], tmp_path: Path) -> None:
    dataset = one_scored[0].dataset
    folder.write(dataset, tmp_path)
    assert folder.read(tmp_path) == dataset


def test_the_same_dataset_gives_the_same_bytes(one_scored: tuple[Network, Scored], tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder.write(one_scored[0].dataset, tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    about = {"first_monday": "2026-01-05", "weeks": 1, "warm_up_weeks": 0, "units_per_case": 6}
    (tmp_path / "dataset.json").write_text(json.dumps(about))
    with pytest.raises(DatasetUnreadable, match="places"):
        folder.read(tmp_path)


@pytest.mark.slow
def test_the_command_ranks_a_folder_and_measures_it(one_scored: tuple[Network, Scored], tmp_path: Path) -> None:
    made = one_scored[0]
    folder.write(made.dataset, tmp_path)
    columns = "episode,dealer,places,first_shipment_week,first_arrival_week,last_arrival_week,codes_scraped"
    rows = [f"{i},{p.dealer},{p.place},{p.week - 1},{p.week},{p.week + 1},0" for i, p in enumerate(made.plants)]
    (tmp_path / "truth_episodes.csv").write_text("\n".join((columns, *rows)) + "\n")
    out = tmp_path / "alerts.csv"
    assert CliRunner().invoke(app, ["score", str(tmp_path), "--out", str(out)]).exit_code == 0
    assert out.read_text().startswith("week,dealer,place,score\n")
    answer = CliRunner().invoke(app, ["evaluate", str(tmp_path), str(out)])
    assert answer.exit_code == 0
    assert "recall at 5" in answer.stdout
