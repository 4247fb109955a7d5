"""Stories played in this process: the real application over a real database, without a chain."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.catalog.service import list_places
from backend.demo.client import Client
from backend.demo.company import ADMIN, Company
from backend.demo.opening import PASSWORD, employ
from backend.demo.play import play, prepare
from backend.demo.world import make_world
from backend.identity.service import add_user
from backend.settings import Consumers, Settings, Web
from ledger_indexer.bindings.deployments import Deployment
from scanner.device.signing import Domain

LEDGER = "0x" + "11" * 20
TODAY = date(2026, 3, 18)


@pytest.fixture
def played(sessions: sessionmaker[Session], engine: Engine, tmp_path: Path) -> Callable[..., Company]:
    """Plays the story of a seed through the application's own routes."""

    def run(seed: int, scale: float = 1.0, client: Any = None) -> Company:
        home = tmp_path / "home"
        settings = Settings(
            home=home,
            web=Web(demo_clock=True, trusted_proxies=("testclient",)),
            consumers=Consumers(scans_per_minute=10_000),
        )
        deployment = Deployment(7, "0x" + "22" * 20, "0x" + "33" * 20, LEDGER, "0x" + "44" * 20, 1, 0, {})
        home.mkdir(exist_ok=True)
        deployment.save(settings.deployment_path)
        with sessions() as session, session.begin():
            add_user(session, ADMIN, PASSWORD, ["admin"])
            places = {place.adcode: place for place in list_places(session)}
        domain = Domain(7, bytes.fromhex(LEDGER[2:]))
        client = client or TestClient(create_app(settings, sessions))
        company = prepare(make_world(seed, places, scale=scale), Client(client), domain, TODAY)
        company.employ = lambda people: employ(sessions, people)
        for _ in play(company, lambda label, known: None):
            pass
        return company

    return run
