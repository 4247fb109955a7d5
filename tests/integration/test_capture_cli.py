"""`jiulian capture`: documents of other systems."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.capture import service as capture
from backend.cli import capture as cli
from backend.db.engine import transaction
from backend.settings import Settings
from scanner.device import events, keystore
from scanner.device.events import At, Lot, Parties
from tests import outside
from tests.kit.people import BRAND, DEALER, GRAIN, NOW, enrol, key

pytestmark = pytest.mark.integration


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command; gives its exit code and the JSON on its last line."""
    monkeypatch.setattr(cli, "get_settings", lambda: Settings(home=tmp_path / "home", database_url=database_url))

    def command(*arguments: object) -> tuple[int, dict[str, Any]]:
        result = CliRunner().invoke(cli.app, [*map(str, arguments), "--json"])
        return result.exit_code, json.loads(result.stdout.splitlines()[-1])

    return command


def document(*found: dict[str, Any]) -> dict[str, Any]:
    context = found[0]["@context"] if found else events.CONTEXT
    body = {"eventList": [{name: each[name] for name in each if name != "@context"} for each in found]}
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-18T04:00:00Z",
        "epcisBody": body,
    }


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def harvest(at: datetime = NOW, batch: str = "G1") -> dict[str, Any]:
    return events.harvest(At(at, BRAND), Lot(GRAIN, batch, 1000, "KGM"))


def test_documents_of_others_become_evidence_and_move_nothing(
    run: Any, tmp_path: Path, sessions: sessionmaker[Session]
) -> None:
    shipped = events.ship(At(NOW, BRAND), Lot(GRAIN, "G1", 1000, "KGM"), Parties(BRAND, DEALER))
    code, said = run(write(tmp_path / "a.json", document(harvest(), shipped)))
    assert (code, said["accepted"], said["refused"], said["events"]) == (0, 1, 0, 2)
    with sessions() as session:
        kinds = session.execute(text("select kind, count(*) from anchor group by kind")).all()
        assert [tuple(each) for each in kinds] == [("leaf", 2)]
        assert session.execute(text("select count(*) from movement")).scalar_one() == 0


def test_an_event_comes_back_as_it_went_in(run: Any, tmp_path: Path, sessions: sessionmaker[Session]) -> None:
    _, said = run(write(tmp_path / "a.json", document(harvest())))
    evidence = bytes.fromhex(said["items"][0]["events"][0]["evidence"])
    with sessions() as session:
        found = capture.find_event(session, evidence)
    assert found is not None
    assert found.event == harvest()


def test_the_same_document_again_adds_nothing(run: Any, tmp_path: Path, sessions: sessionmaker[Session]) -> None:
    path = write(tmp_path / "a.json", document(harvest()))
    first, second = run(path), run(path)
    assert first[1]["items"][0]["events"][0]["evidence"] == second[1]["items"][0]["events"][0]["evidence"]
    assert not second[1]["items"][0]["events"][0]["fresh"]
    with sessions() as session:
        assert session.execute(text("select count(*) from capture")).scalar_one() == 1


def test_folders_are_searched_and_each_refusal_names_its_field_and_is_kept(
    run: Any, tmp_path: Path, sessions: sessionmaker[Session]
) -> None:
    folder = tmp_path / "in"
    write(folder / "1.json", document(harvest()))
    write(folder / "deep" / "2.jsonld", document(harvest() | {"eventTime": "soon"}))
    (folder / "3.json").write_bytes(b"\xff\xfe not json")
    (folder / "readme.txt").write_text("not a document")
    code, said = run(folder)
    assert (code, said["documents"], said["accepted"], said["refused"]) == (0, 3, 1, 2)
    by_file = {Path(each["file"]).name: each for each in said["items"]}
    assert by_file["2.jsonld"]["field"] == "epcisBody.eventList[0].eventTime"
    assert by_file["3.json"]["field"] == "document"
    with sessions() as session:
        assert len(capture.list_refusals(session)) == 2


def test_a_file_that_cannot_be_read_is_told_by_the_exit_code(run: Any, tmp_path: Path) -> None:
    code, said = run(tmp_path / "nowhere.json", write(tmp_path / "a.json", document(harvest())))
    assert (code, said["accepted"]) == (2, 1)
    assert "nowhere.json" in said["unreadable"][0]


def test_a_device_of_a_party_moves_stock_by_documents_too(
    run: Any, tmp_path: Path, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        enrol(session)
    keystore.save_key(tmp_path / "brand.json", key(BRAND), None, lambda n: bytes(n))
    path = write(tmp_path / "a.json", document(harvest(datetime.now(UTC))))
    assert run(path, "--device", tmp_path / "brand.json")[0] == 0
    with sessions() as session:
        assert session.execute(text("select held from holding")).scalar_one() == 1000


def test_a_key_nobody_enrolled_is_refused(run: Any, tmp_path: Path) -> None:
    keystore.save_key(tmp_path / "stranger.json", key("stranger"), None, lambda n: bytes(n))
    path = write(tmp_path / "a.json", document(harvest()))
    code, said = run(path, "--device", tmp_path / "stranger.json")
    assert (code, said["items"][0]["events"][0]["kind"]) == (0, "UnknownDevice")


@pytest.mark.external
def test_every_document_of_the_reference_repository_is_answered(run: Any, shared_data: Path) -> None:
    folder = shared_data / "openepcis-test-resources"
    code, said = run(folder)
    assert code == 0
    assert said["documents"] == said["accepted"] + said["refused"] == len(said["items"])
    for each in said["items"]:
        path = Path(each["file"])
        right = outside.is_epcis(path.read_text("utf-8-sig")) and not outside.meant_as_wrong(path, folder)
        assert each["state"] == ("accepted" if right else "refused"), each["file"]
        if each["state"] == "refused":
            assert each["field"], each["file"]
