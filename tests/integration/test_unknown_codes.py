"""A code that is none of ours is answered clearly, and the look is kept."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.settings import Settings, Web
from tests.conftest import counted

pytestmark = pytest.mark.integration
CODE = "/01/06901234500011/10/260818A1/21/AAAAAAAAAAAAAA"


def test_an_unknown_code_is_refused_and_the_look_is_kept_once(
    engine: Engine, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, web=Web(trusted_proxies=("testclient",)))
    client = TestClient(create_app(settings, sessions))
    headers = {"Idempotency-Key": "k1", "X-Edge-Adcode": "440100", "Accept": "text/html"}
    for _ in range(2):
        answer = client.get(CODE, headers=headers)
        assert answer.status_code == 404
        assert "testserver" in answer.text
    with engine.connect() as connection:
        kept = connection.execute(text("select code, adcode from unknown_scan")).all()
    assert kept == [("(01)06901234500011(10)260818A1(21)AAAAAAAAAAAAAA", "440100")]
    assert counted(engine, "scan") == counted(engine, "leaf_record") == 0
