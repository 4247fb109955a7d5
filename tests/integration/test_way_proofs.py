"""Whose device signed each hand-over of a bottle and of a case: shown by a file that anybody checks."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli.prove import way_of
from backend.cli.verify import app as verify
from backend.db.engine import make_sessions
from backend.errors import NotFound, Unavailable
from backend.identity import keys
from backend.verification.way_form import format_way
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot
from scanner.device.names import party_id
from tests.databases import fresh_database
from tests.kit.house import House, Story, open_house, path_of, tell_story
from tests.kit.people import BRAND, DEALER, NOW, STORE, WAREHOUSE

pytestmark = pytest.mark.integration
WAY = [BRAND, BRAND, BRAND, BRAND, WAREHOUSE, WAREHOUSE, DEALER, DEALER, STORE]
NOT_LEFT_OUT = "that no step and no packing was left out of the file"


@pytest.fixture(scope="module")
def url(postgres_server: str, template_database: str) -> Iterator[str]:
    with fresh_database(postgres_server, template_database) as made:
        yield made


@pytest.fixture(scope="module")
def sessions(url: str) -> sessionmaker[Session]:
    return make_sessions(create_engine(url, poolclass=NullPool))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, url: str, sessions: sessionmaker[Session]) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house"), url, sessions) as opened:
        yield opened


@pytest.fixture(scope="module")
def story(house: House) -> Story:
    told = tell_story(house)
    house.settle()
    return told


def exported(house: House, wanted: str) -> str:
    node = Node(house.node)
    try:
        with house.sessions() as session, Snapshot(house.settings.database_url or "") as snapshot:
            way = way_of(session, node, snapshot, house.deployment, wanted)
            assert way is not None
            return format_way(way)
    finally:
        node.close()


@pytest.fixture(scope="module")
def bottle(house: House, story: Story) -> str:
    unit = story.gone[0]
    return exported(house, f"bottle:{unit.gtin}/{unit.serial}")


@pytest.fixture(scope="module")
def case(house: House, story: Story) -> str:
    return exported(house, f"case:{story.gone[0].sscc}")


def verified(tmp_path: Path, text: str, *options: str) -> tuple[int, dict[str, Any]]:
    (tmp_path / "way.json").write_text(text)
    outcome = CliRunner().invoke(verify, [str(tmp_path / "way.json"), *options, "--json"])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, json.loads(outcome.stdout)


def pinned(house: House) -> tuple[str, ...]:
    return "--rpc", house.node, "--deployment", str(house.settings.deployment_path)


def test_every_step_of_a_bottle_names_the_party_whose_device_signed_it(
    house: House, tmp_path: Path, bottle: str
) -> None:
    code, answer = verified(tmp_path, bottle)
    assert (code, answer["holds"]) == (0, True), answer
    assert [step["gln"] for step in answer["steps"]] == WAY
    assert [step["party"] for step in answer["steps"]] == ["0x" + party_id(gln).hex() for gln in WAY]
    handed = [(s["step"], s["gln"], s["counterparty_gln"]) for s in answer["steps"] if s["counterparty_gln"]]
    assert handed[-2:] == [("ship", DEALER, STORE), ("receive", STORE, DEALER)]
    assert any("no key was revoked" in what for what in answer["not_proved"]), "without a node it is not known"
    assert NOT_LEFT_OUT in answer["not_proved"]
    code, answer = verified(tmp_path, bottle, *pinned(house))
    assert (code, answer["holds"]) == (0, True), answer
    assert not any("no key was revoked" in what for what in answer["not_proved"])


def test_a_consumer_downloads_the_same_file(house: House, story: Story, tmp_path: Path) -> None:
    client = TestClient(create_app(house.settings, house.sessions))
    answer = client.get(path_of(story.gone[0]) + "/way.json")
    assert (answer.status_code, answer.text) == (
        200,
        exported(house, f"bottle:{story.gone[0].gtin}/{story.gone[0].serial}"),
    )
    assert client.get(path_of(story.gone[0])[:-1] + "?/way.json").status_code == 404
    for _ in range(house.settings.consumers.ways_per_minute):
        answer = client.get(path_of(story.gone[0]) + "/way.json")
    assert answer.status_code == 429


def test_the_words_name_parties_and_what_is_not_proved(house: House, tmp_path: Path, bottle: str) -> None:
    (tmp_path / "way.json").write_text(bottle)
    words = CliRunner().invoke(verify, [str(tmp_path / "way.json"), "--rpc", house.node]).stdout
    assert words.startswith("The proof holds for what it shows: each step that the file tells of https://id.gs1")
    assert f"by GLN {DEALER}, party 0x{party_id(DEALER).hex()}" in words
    assert f"with GLN {STORE}, party 0x{party_id(STORE).hex()}" in words
    assert f"Not proved: {NOT_LEFT_OUT}." in words


def test_a_cases_hand_overs_are_shown_alone(house: House, story: Story, tmp_path: Path, case: str) -> None:
    code, answer = verified(tmp_path, case, *pinned(house))
    assert (code, answer["holds"]) == (0, True), answer
    assert [step["step"] for step in answer["steps"]] == ["ship", "receive"] * 3
    assert answer["unit"].endswith(story.gone[0].sscc)


def at(*way: Any, to: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def edit(file: dict[str, Any]) -> None:
        for key in way[:-1]:
            file = file[key]
        file[way[-1]] = to(file[way[-1]])

    return edit


def swapped(first: tuple[Any, ...], second: tuple[Any, ...]) -> Callable[[dict[str, Any]], None]:
    """One place of the file takes what stands at another."""

    def edit(file: dict[str, Any]) -> None:
        source = file
        for key in second:
            source = source[key]
        at(*first, to=lambda _: source)(file)

    return edit


def flipped(text: str) -> str:
    return text[:20] + ("1" if text[20] != "1" else "2") + text[21:]


EDITS: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (at("steps", -1, "gln", to=lambda _: DEALER), f"step 9: GLN {DEALER} is party"),
    (at("steps", -1, "signature", to=flipped), "step 9: the signature is not the signer's"),
    (swapped(("steps", -1, "signer"), ("steps", 0, "signer")), "step 9: the record is by device"),
    (swapped(("steps", -1, "enrolled"), ("steps", 0, "enrolled")), "step 9: the enrolment is of device"),
    (swapped(("steps", -1, "recorded"), ("steps", -2, "recorded")), "step 9: the event's evidence is"),
    (swapped(("steps", -1, "enrolled"), ("steps", -1, "recorded")), "step 9: the row is a log Captured"),
    (at("steps", -2, "event", "epcList", to=lambda _: []), "step 8: the event's evidence is"),
    (at("steps", -1, "enrolled", "row", "values", "party", to=flipped), "step 9: the row's party is"),
    (at("steps", -1, "enrolled", "receipt", to=flipped), "step 9: the receipt is not"),
    (at("steps", to=lambda steps: [s for s in steps if "commissioning" not in str(s["event"]["bizStep"])]), "no step"),
    (at("code", to=lambda _: None), "a bottle's way comes with the proof of its code"),
    (at("unit", to=lambda text: text[:-14] + "23456789ABCDEF"), "the code is that of"),
    (at("steps", to=lambda _: []), "it proves no step"),
    (at("steps", 0, "gln", to=lambda _: "123"), "not a proof"),
    (at("steps", 0, "holder", to=lambda _: "me"), "unknown field"),
]


@pytest.mark.parametrize(("edit", "reason"), EDITS)
def test_whatever_is_changed_in_a_way_is_named(
    tmp_path: Path, bottle: str, edit: Callable[[dict[str, Any]], None], reason: str
) -> None:
    file = json.loads(bottle)
    if reason == "unknown field":
        file["steps"][0]["holder"] = ""
    edit(file)
    code, answer = verified(tmp_path, json.dumps(file))
    assert (code, answer["holds"]) == (1, False)
    assert reason in answer["reason"]


def test_another_cases_shipment_says_nothing_of_this_one(tmp_path: Path, story: Story, case: str) -> None:
    file = json.loads(case)
    file["unit"] = file["unit"].replace(story.gone[0].sscc, story.kept[0].sscc)
    code, answer = verified(tmp_path, json.dumps(file))
    assert (code, answer["reason"]) == (1, "step 1: the ship says nothing of this unit")


def test_what_does_not_exist_or_did_not_move_has_no_way(house: House, story: Story) -> None:
    with pytest.raises(NotFound):
        exported(house, "case:069012340000000008")
    with pytest.raises(Unavailable, match="in no hand-over yet"):
        exported(house, f"case:{story.kept[0].sscc}")


def test_a_key_that_was_revoked_later_is_said_to_be_and_the_way_holds(
    house: House, story: Story, tmp_path: Path, case: str, bottle: str
) -> None:
    assert bottle, "exported before, for the other tests"
    with house.sessions.begin() as session:
        signer = bytes.fromhex(json.loads(case)["steps"][-1]["signer"][2:])
        keys.revoke(session, signer, now=NOW)
    gone = None
    for _ in range(50):
        house.settle()
        gone = json.loads(exported(house, f"case:{story.gone[0].sscc}"))["steps"][-1].get("revoked")
        if gone:
            break
    assert gone, "the chain was told"
    later = exported(house, f"case:{story.gone[0].sscc}")
    code, answer = verified(tmp_path, later, *pinned(house))
    assert (code, answer["steps"][-1]["revoked_block"]) == (0, gone["block"]["number"])
    file = json.loads(later)
    file["steps"][0]["revoked"] = gone
    assert "the revocation is of another device" in verified(tmp_path, json.dumps(file))[1]["reason"]
