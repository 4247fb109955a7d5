"""The front door for devices over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import store
from backend.anchoring.rules import AnchorState, EvidenceKind
from backend.app import create_app
from backend.capture import service as capture
from backend.capture.rules import BATCH_ITEMS_MAX, BODY_BYTES_MAX, EvidenceState
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.settings import Captures, Settings, Web
from scanner.device import events
from scanner.device.events import At, Lot, Parties
from tests.kit.described import hold
from tests.kit.people import BRAND, DEALER, GRAIN, NOW, OTHER_DEALER, enrol
from tests.kit.trade import message

pytestmark = pytest.mark.integration
PASSWORD = "quite-a-secret"


@pytest.fixture
def client(tmp_path: Path, sessions: sessionmaker[Session], database_url: str) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path, database_url=database_url, web=Web(demo_clock=True))
    with transaction(sessions) as session:
        enrol(session)
        identity.add_user(session, "auditor", PASSWORD, ["auditor"])
        identity.add_user(session, "dealer", PASSWORD, ["dealer"], DEALER)
        identity.add_user(session, "rival", PASSWORD, ["dealer"], OTHER_DEALER)
    with TestClient(create_app(settings, sessions), headers={"X-Demo-Now": NOW.isoformat()}) as made:
        yield hold(made)


def harvest(batch: str = "G1", kilograms: int = 5, *, by: str = BRAND) -> dict[str, Any]:
    event = events.harvest(At(NOW, by), Lot(GRAIN, batch, kilograms * 1000, "KGM"))
    return message(event, by=by, domain=capture.NO_CHAIN)


def count(sessions: sessionmaker[Session], table: str) -> int:
    with sessions() as session:
        return int(session.execute(text(f"select count(*) from {table}")).scalar_one())


def test_a_capture_is_new_once_and_known_afterwards(client: TestClient, sessions: sessionmaker[Session]) -> None:
    first, second = (client.post("/captures", json=harvest()) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["evidence"] == second.json()["evidence"]
    assert count(sessions, "capture") == 1


@pytest.mark.parametrize("state", EvidenceState)
def test_a_capture_sent_again_is_told_how_far_it_is(
    client: TestClient, sessions: sessionmaker[Session], state: EvidenceState
) -> None:
    evidence = client.post("/captures", json=harvest()).json()["evidence"]
    why = {"kind": "InsufficientBalance", "held": "3"} if state is EvidenceState.REFUSED else None
    with transaction(sessions) as session:
        key = bytes.fromhex(evidence)
        store.set_states(session, [AnchorState(key, EvidenceKind.RECORD, state, why)])
    again, listed = client.post("/captures", json=harvest()), client.post("/captures", json=[harvest()])
    assert (again.status_code, again.json()["state"]) == (200, state)
    assert [each["state"] for each in listed.json()["results"]] == [state]
    seen = get_as(client, "auditor", f"/captures/{evidence}").json()
    assert (seen["state"], seen["refusal"]) == (state, why)


def test_the_same_capture_from_many_lines_at_once_is_taken_once(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    said = harvest()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post("/captures", json=said).status_code, range(16)))
    assert sorted(answers) == [200] * 15 + [201]
    assert count(sessions, "movement") == 1


def test_more_is_never_shipped_than_is_held_however_many_ask_at_once(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    client.post("/captures", json=harvest(kilograms=5))
    said = [
        message(
            events.ship(At(NOW, BRAND), Lot(GRAIN, "G1", 1000, "KGM"), Parties(BRAND, DEALER), order=f"urn:order:{n}"),
            by=BRAND,
            domain=capture.NO_CHAIN,
        )
        for n in range(12)
    ]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: client.post("/captures", json=each), said))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["kind"], refused["details"]["held"], refused["details"]["asked"]) == ("NotHeld", 0, 1000)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 422, "Malformed"),
        (b'{"event": {"event": 1, "event": 2}}', 422, "Malformed"),
        (b'"\\ud800"', 422, "Malformed"),
        (b"[" * 100_000, 422, "Malformed"),
        (b"17", 422, "Malformed"),
        (b'{"event": {}}', 403, "Unsigned"),
        (b'{"event": {}, "signer": "0x00", "signature": "zz"}', 422, "Malformed"),
        (b'{"event": {}, "extra": 1}', 422, "Malformed"),
        (b'{"event": {"type": "\\u0000"}, "signer": "0x' + b"11" * 20 + b'", "signature": "0x' + b"22" * 65 + b'"}',
         422, "Malformed"),
    ],
)  # fmt: skip
def test_whatever_cannot_be_taken_is_answered_kindly_and_kept(
    client: TestClient, sessions: sessionmaker[Session], body: bytes, status: int, kind: str
) -> None:
    answer = client.post("/captures", content=body)
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    with sessions() as session:
        (kept,) = capture.list_refusals(session)
    assert (kept.id, kept.kind) == (answer.json()["refusal"], kind)
    assert kept.body[:1] == body[:1]
    assert count(sessions, "capture") == 0


def test_a_refused_capture_is_kept_with_its_reason_and_claimed_signer(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    said = harvest()
    said["event"]["quantityList"][0]["quantity"] = 6
    answer = client.post("/captures", json=said)
    assert (answer.status_code, answer.json()["kind"]) == (403, "WronglySigned")
    with sessions() as session:
        (kept,) = capture.list_refusals(session)
    assert kept.claimed_signer is not None
    assert "0x" + kept.claimed_signer.hex() == said["signer"]
    assert orjson.loads(kept.body) == said


def test_a_stranger_cannot_fill_the_books_with_refusals(
    client: TestClient, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    client = TestClient(create_app(Settings(home=tmp_path, captures=Captures(refusals_per_minute=3)), sessions))
    rubbish = client.post("/captures", json=[{"event": {}}] * 5).json()["results"]
    assert [each["status"] for each in rubbish] == [403, 403, 403, 429, 429]
    answer = client.post("/captures", json=harvest())
    assert (answer.status_code, answer.json()["kind"]) == (429, "TooMany")
    assert (count(sessions, "refused_capture"), count(sessions, "capture")) == (3, 0)


def test_a_message_past_the_limit_is_refused(client: TestClient) -> None:
    said = harvest()
    said["event"]["jl:note"] = "x" * BODY_BYTES_MAX
    assert client.post("/captures", json=said).status_code == 413
    assert client.post("/captures", json=[{}] * (BATCH_ITEMS_MAX + 1)).status_code == 413


def test_an_array_is_answered_item_by_item(client: TestClient, sessions: sessionmaker[Session]) -> None:
    good, again, bad = harvest("G1"), harvest("G1"), harvest("G2")
    bad["signature"] = "0x" + "11" * 65
    answer = client.post("/captures", json=[good, again, bad, harvest("G3")])
    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()["results"]] == [201, 200, 403, 201]
    assert (answer.json()["accepted"], answer.json()["refused"]) == (3, 1)
    assert (count(sessions, "capture"), count(sessions, "refused_capture")) == (2, 1)


def get_as(client: TestClient, name: str, path: str) -> Any:
    token = client.post("/login", data={"name": name, "password": PASSWORD}).json()["token"]
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_capture_is_read_by_who_oversees_and_by_who_said_it(client: TestClient) -> None:
    client.post("/captures", json=harvest())
    shipped = events.ship(At(NOW, BRAND), Lot(GRAIN, "G1", 1000, "KGM"), Parties(BRAND, DEALER))
    sent = client.post("/captures", json=message(shipped, by=BRAND, domain=capture.NO_CHAIN)).json()["evidence"]
    received = events.receive(
        At(NOW, DEALER), Lot(GRAIN, "G1", 1000, "KGM"), Parties(BRAND, DEALER), bytes.fromhex(sent)
    )
    taken = client.post("/captures", json=message(received, by=DEALER, domain=capture.NO_CHAIN)).json()["evidence"]
    assert client.get(f"/captures/{taken}").status_code == 401
    assert get_as(client, "rival", f"/captures/{taken}").status_code == 404
    assert get_as(client, "dealer", f"/captures/{taken}").json()["event"] == received
    seen = get_as(client, "auditor", f"/captures/{taken}").json()
    assert (seen["party"], seen["state"]) == (DEALER, "captured")
    assert get_as(client, "auditor", "/captures/zz").status_code == 422
    assert get_as(client, "auditor", "/captures/" + "00" * 32).status_code == 404


def test_a_time_at_the_end_of_the_calendar_is_refused_and_told_also_among_others(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    event = events.harvest(At(NOW, BRAND), Lot(GRAIN, "G9", 5000, "KGM"))
    for last in ("9999-12-31T16:00:00Z", "9999-12-31T23:59:59.999Z"):
        said = message(event | {"eventTime": last, "eventTimeZoneOffset": "+00:00"}, by=BRAND, domain=capture.NO_CHAIN)
        answer = client.post("/captures", json=said)
        assert (answer.status_code, answer.json()["kind"]) == (403, "FromTheFuture")
        assert "9999" in answer.json()["told"]
        several = client.post("/captures", json=[harvest("A1"), said, harvest("A2")])
        assert [each["status"] for each in several.json()["results"]][1] == 403
        assert several.json()["accepted"] == 2
    assert count(sessions, "capture") == 2
