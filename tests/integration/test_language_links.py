"""The link to the other language, and the way through the log-in, lead back to what was asked for."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.settings import Settings
from tests.kit.people import enrol

pytestmark = pytest.mark.integration
PASSWORD = "quite-a-secret"


@pytest.fixture
def client(tmp_path: Path, sessions: sessionmaker[Session], database_url: str) -> TestClient:
    with transaction(sessions) as session:
        enrol(session)
        identity.add_user(session, "auditor", PASSWORD, ["auditor"])
    app = create_app(Settings(home=tmp_path, database_url=database_url), sessions)
    return TestClient(app, headers={"accept": "text/html"}, follow_redirects=False)


def test_a_search_is_kept_by_the_language_link_and_by_the_log_in(client: TestClient) -> None:
    sent = client.get("/parties?q=洛阳&lang=zh")
    assert sent.headers["location"] == "/login?next=/parties%3Fq%3D%25E6%25B4%259B%25E9%2598%25B3%26lang%3Dzh"
    form = client.get(sent.headers["location"]).text
    assert 'value="/parties?q=%E6%B4%9B%E9%98%B3&amp;lang=zh"' in form
    client.post("/login", data={"name": "auditor", "password": PASSWORD, "next": "/"})
    page = client.get("/parties?q=洛阳&lang=zh").text
    assert 'class="language" href="?q=%E6%B4%9B%E9%98%B3&amp;lang=en"' in page
