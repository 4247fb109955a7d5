"""What was tried on a company's keys stays to be seen, however much is tried after it."""

from pathlib import Path
from random import Random

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.db.engine import transaction
from backend.identity import keys
from backend.identity import service as identity
from backend.settings import Consumers, Settings
from scanner.device import joining
from tests.fakes.relay import DEPLOYMENT
from tests.kit.people import BRAND, DEALER, OTHER_DEALER, enrol, key

pytestmark = pytest.mark.integration
PASSWORD = "a long password"


@pytest.fixture
def client(sessions: sessionmaker[Session], tmp_path: Path) -> TestClient:
    settings = Settings(home=tmp_path, consumers=Consumers(wrong_codes_per_minute=1000))
    DEPLOYMENT.save(settings.deployment_path)
    with transaction(sessions) as session:
        enrol(session)
        identity.add_user(session, "brand", PASSWORD, ["brand"], BRAND)
        identity.add_user(session, "dealer", PASSWORD, ["dealer"], DEALER)
    return TestClient(create_app(settings, sessions), headers={"Accept": "application/json"})


def as_(client: TestClient, name: str, accept: str = "application/json") -> dict[str, str]:
    token = client.post("/login", data={"name": name, "password": PASSWORD}).json()["token"]
    return {"Authorization": f"Bearer {token}", "Accept": accept}


def test_strangers_cannot_push_the_brands_attempt_off_the_dealers_page(client: TestClient, tmp_path: Path) -> None:
    register = keys.load_register(Settings(home=tmp_path).deployment_path)
    brand, dealer = as_(client, "brand"), as_(client, "dealer", "text/html")
    forged = {**joining.proposal(OTHER_DEALER, key("forged"), "planted", register.domain), "party": DEALER}
    assert client.post("/devices/proposals", json=forged, headers=brand).status_code == 403
    code = joining.new_code(Random(1).randbytes)
    for number in range(60):
        guess = joining.redemption(DEALER, key(f"guess {number}"), "x", code, register.domain)
        assert client.post("/devices/redemptions", json=guess).status_code >= 400
    page = client.get("/devices", headers=dealer).text
    tried = page[page.index("· 提出设备 ·") :]
    assert "· brand ·" in tried[:200], "who tried is told, first of all"
    assert "同样的尝试共 60 次" in tried
    assert client.get("/devices", headers=as_(client, "dealer")).json()["attempts"] == 61
