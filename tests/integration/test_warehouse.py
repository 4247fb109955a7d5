"""What the server gives to the warehouse app: its work by party, and files that a phone keeps."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.catalog import service as catalog
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Device
from backend.identity.store import add_device, device
from backend.orders import service as orders
from backend.orders.rules import LineWish
from backend.orders.service import Command, Wish
from backend.settings import Settings
from ledger_indexer.bindings.deployments import Deployment
from scanner.device import events
from scanner.device.events import Lot, Parties, case_uri
from tests.kit.wholesale import AGED, BY_BRAND, BY_DEALER, DEALER, WAREHOUSE, Wholesale, open_wholesale

pytestmark = pytest.mark.integration
LEDGER = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
SIGNER = bytes(range(20))
NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)


@pytest.fixture
def ask(sessions: sessionmaker[Session], tmp_path: Path) -> Callable[..., dict]:  # type: ignore[type-arg]
    settings = Settings(home=tmp_path)
    Deployment(20260, LEDGER, LEDGER, LEDGER, LEDGER, 1, 2).save(settings.deployment_path)
    client = TestClient(create_app(settings, sessions))

    def documents(name: str, path: str = "/warehouse/documents", **query: str) -> dict:  # type: ignore[type-arg]
        with sessions.begin() as session:
            token = identity.log_in(session, name, "a long password", now=datetime.now(UTC))
        answer = client.get(path, params=query, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        loaded: dict = answer.json()  # type: ignore[type-arg]
        return loaded

    with sessions.begin() as session:
        trade = open_wholesale(session, NOW)
        trade.bottle("B1", 122)
        for name, party, role in (("chen", WAREHOUSE, "warehouse"), ("li", DEALER, "dealer")):
            identity.add_user(session, name, "a long password", {role}, party)
        wish = Wish(uuid4(), DEALER, WAREHOUSE, (LineWish(AGED.gtin, 60),))
        order, _ = orders.place(session, wish, by=BY_DEALER, now=NOW)
        orders.approve(session, order.id, Command(uuid4(), BY_BRAND), now=NOW)
        orders.allocate(session, order.id, Command(uuid4(), BY_BRAND), now=NOW)
    return documents


def ship(sessions: sessionmaker[Session], cases: slice) -> list[str]:
    with sessions.begin() as session:
        trade = Wholesale(session, NOW + timedelta(hours=5))
        run = catalog.get_code_run(session, AGED.gtin, "B1")
        going = [case.sscc for case in catalog.list_cases(session, run)[cases]]
        order = orders.list_documents(session, WAREHOUSE)[0]
        lot = Lot(AGED.gtin, "B1", 6 * len(going))
        epcs = [case_uri(sscc) for sscc in going]
        trade.capture(
            WAREHOUSE, events.ship(trade.at(WAREHOUSE), lot, Parties(WAREHOUSE, DEALER), epcs, order=order.uri)
        )
    return going


def test_a_device_learns_what_to_ship_and_every_case_in_a_few_lines(ask: Callable[..., dict]) -> None:  # type: ignore[type-arg]
    work = ask("chen")
    (order,) = work["ship"]
    assert (order["buyer"], order["territory"], order["place"]) == (DEALER, "成都市", WAREHOUSE)
    assert order["lines"] == [{"gtin": AGED.gtin, "batch": "B1", "bottles": 60}]
    (batch,) = work["batches"]
    assert [(count, bottles) for _, count, bottles in batch["cases"]] == [(20, 6), (1, 2)]
    assert work["domain"] == {"chain_id": 20260, "contract": LEDGER}
    assert work["party"]["gln"] == work["places"][0]["gln"] == WAREHOUSE
    assert work["receive"] == []


def test_what_left_is_no_longer_here_and_is_expected_there(
    ask: Callable[..., dict],  # type: ignore[type-arg]
    sessions: sessionmaker[Session],
) -> None:
    going = ship(sessions, slice(3, 8))
    (batch,) = ask("chen")["batches"]
    assert [(count, bottles) for _, count, bottles in batch["cases"]] == [(3, 6), (12, 6), (1, 2)]
    assert ask("chen")["ship"][0]["lines"][0]["bottles"] == 30
    (delivery,) = ask("li")["receive"]
    assert (delivery["sender"], delivery["bottles"]) == (WAREHOUSE, 30)
    assert delivery["cases"] == [[going[0], 5, 6]]


def test_a_device_is_known_unknown_of_another_party_or_revoked(
    ask: Callable[..., dict],  # type: ignore[type-arg]
    sessions: sessionmaker[Session],
) -> None:
    def state(name: str) -> str:
        return str(ask(name, signer="0x" + SIGNER.hex())["device"]["state"])

    assert ask("chen")["device"] is None
    assert state("chen") == "unknown"
    with sessions.begin() as session:
        add_device(session, Device(SIGNER, WAREHOUSE, "handheld"), NOW)
    assert (state("chen"), state("li")) == ("enrolled", "other")
    with sessions.begin() as session:
        keys.revoke(session, SIGNER, now=NOW)
    assert (state("chen"), state("li")) == ("revoked", "revoked")
    told = ask("chen", signer="0x" + SIGNER.hex())["device"]
    assert (told["way"], told["revoked_at"]) == ("invitation", NOW.isoformat())


@pytest.mark.parametrize("way", ["invitation", "proposal"])
def test_a_device_that_waits_is_told_by_which_way_it_came_and_when_it_was_stopped_before_it_counted(
    ask: Callable[..., dict],  # type: ignore[type-arg]
    sessions: sessionmaker[Session],
    way: str,
) -> None:
    def told() -> tuple[str, str, str | None]:
        said = ask("chen", signer="0x" + SIGNER.hex(), path="/warehouse/device")
        assert said == ask("chen", signer="0x" + SIGNER.hex())["device"], "the short answer is the long one's"
        return said["state"], said["way"], said["until"]

    until = datetime.now(UTC) + timedelta(days=2)
    with sessions.begin() as session:
        add_device(session, Device(SIGNER, WAREHOUSE, "handheld", way=way, waits=True), NOW)
    assert told() == ("waits", way, None)
    with sessions.begin() as session:
        session.execute(update(device).where(device.c.signer == SIGNER).values(since=until))
    assert told() == ("waits", way, until.isoformat())
    with sessions.begin() as session:
        keys.revoke(session, SIGNER, now=until - timedelta(hours=1))
    assert told() == ("stopped", way, None)


def test_a_person_without_a_party_has_no_warehouse(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    with sessions.begin() as session:
        identity.add_user(session, "root", "a long password", {"admin"})
        token = identity.log_in(session, "root", "a long password", now=datetime.now(UTC))
    client = TestClient(create_app(Settings(home=tmp_path), sessions))
    answer = client.get("/warehouse/documents", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["kind"]) == (403, "WorksForNobody")


def test_the_service_worker_names_every_file_the_app_needs(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    client = TestClient(create_app(Settings(home=tmp_path), sessions))
    answer = client.get("/warehouse/sw.js")
    assert answer.headers["service-worker-allowed"] == "/warehouse"
    shell = json.loads(re.search(r"^const SHELL = (.*);$", answer.text, re.MULTILINE)[1])  # type: ignore[index]
    for path in shell[1:]:
        found = client.get(path)
        assert found.status_code == 200, path
        if path.endswith(".js") and path.startswith("/warehouse"):
            for name in re.findall(r'from "(\.?/[^"]+)"', found.text):
                assert name.replace("./", "/warehouse/app/") in shell, f"{path} imports {name}"


def test_nothing_but_the_apps_files_is_served(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    client = TestClient(create_app(Settings(home=tmp_path), sessions))
    for path in ("../__init__.py", "%2e%2e/errors.py", "nothing.js", "", "../../pyproject.toml"):
        assert client.get(f"/warehouse/app/{path}").status_code == 404, path
