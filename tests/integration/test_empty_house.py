"""A house without parties: its pages say what is missing and what the next step is."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.identity import store
from backend.settings import Settings

pytestmark = pytest.mark.integration


def test_who_orders_where_nobody_buys_is_told_the_next_step(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    with sessions.begin() as session:
        store.add_user(session, "root", "no password fits", ["admin"], None)
        person = store.find_password_hash(session, "root")
        assert person is not None
        store.add_session(session, sha256(b"root").digest(), person[0], datetime(2100, 1, 1, tzinfo=UTC))
    root = TestClient(create_app(Settings(home=tmp_path), sessions))
    root.headers |= {"Authorization": "Bearer root", "Accept": "text/html"}
    assert 'href="/orders/new"' in root.get("/orders").text
    form = root.get("/orders/new")
    assert form.status_code == 200
    assert "POST /parties" in form.text
    assert 'href="/parties">查看参与方' in form.text
    assert root.get("/parties").status_code == 200
    assert root.get("/orders/new?buyer=6900000000000").status_code == 404
