"""People with log-ins, entered once for all tests, and browsers for them."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.settings import Accounts, Settings, Web
from tests.databases import Once
from tests.kit.accounts import Visit, enter_people, log_in


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    """All of these tests begin with the same people."""
    return once(enter_people)[0]


@pytest.fixture
def ids(once: Once) -> dict[str, int]:
    """Numbers of the people by name."""
    return dict(once(enter_people)[1])


@pytest.fixture
def visit(sessions: sessionmaker[Session], tmp_path: Path, ids: dict[str, int]) -> Visit:
    """A visitor's browser or program, from an address of its own; one application for all of them."""
    settings = Settings(
        home=tmp_path, web=Web(trusted_proxies=("testclient",)), accounts=Accounts(logins_per_minute=10_000)
    )
    app = create_app(settings, sessions)

    def open_(name: str | None = None, *, html: bool = False, address: str = "203.0.113.1") -> TestClient:
        client = TestClient(app, follow_redirects=False)
        client.headers["X-Forwarded-For"] = address
        client.headers["Accept"] = "text/html" if html else "application/json"
        if name:
            answer = log_in(client, name)
            assert answer.status_code in (200, 303)
            if not html:
                client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    return open_
