"""What the parts of a house are told, and which of them it starts."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.demo import running
from backend.demo import stage as staging
from backend.demo.cli import STORY, of_story
from backend.demo.processes import Process, Supervisor
from backend.demo.stage import Stage
from backend.nodes import Node
from backend.settings import Metrics, Settings, Web


def _started(home: Path, monkeypatch: pytest.MonkeyPatch, *without: str) -> tuple[Stage, dict[str, Process]]:
    """A stage of which the processes are noted and none is started."""
    added: dict[str, Process] = {}
    monkeypatch.setattr(staging, "migrated_database", lambda _: "postgresql://db.test/one")
    monkeypatch.setattr(Stage, "_start_chain", lambda _: Node("http://node.test", None))
    monkeypatch.setattr(Stage, "_await", lambda *_: None)
    monkeypatch.setattr(Supervisor, "add", lambda _, each: added.setdefault(each.name, each))
    (home / "deployment.json").write_text("{}")
    settings = Settings(home=home, web=Web(port=0), database_url="postgresql://db.test/one")
    stage = Stage(settings, lambda _: None, {}, without)
    stage.start()
    return stage, added


def test_a_part_that_is_left_out_is_not_started_and_its_port_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, added = _started(tmp_path, monkeypatch, "web")
    assert set(added) == {"indexer", "worker"}
    assert stage.addresses is not None
    port = int(stage.addresses.web.rpartition(":")[2])
    taken = staging.listening_socket("127.0.0.1", port, attempts=1)
    taken.close()
    stage.stop()


def test_a_part_that_is_none_is_refused() -> None:
    told = CliRunner().invoke(running.app, ["--without", "database"])
    assert told.exit_code == 2
    assert "web, indexer, worker" in told.output


def test_a_house_lets_nobody_read_its_metrics_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, added = _started(tmp_path, monkeypatch)
    assert set(added) == {"web", "indexer", "worker"}
    assert not any("_METRICS_" in name for each in added.values() for name in each.environment)
    stage.stop()


def test_the_demo_lets_this_machine_read_where_the_operator_said_nothing() -> None:
    assert of_story(Settings())["JIULIAN_METRICS_ADDRESSES"] == '["127.0.0.1"]'
    for said in (Metrics(token="a-token-of-the-operator"), Metrics(addresses=("10.0.0.0/8",))):
        assert of_story(Settings(metrics=said)) == STORY
