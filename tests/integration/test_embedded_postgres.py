"""The embedded PostgreSQL: asked to stop, it closes its books, whoever still holds a session."""

from pathlib import Path

import psycopg
import pytest

from backend.db import embedded

pytestmark = pytest.mark.integration


def test_it_stops_in_order_while_a_session_is_open_and_starts_again(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    url = embedded.ensure(tmp_path).replace("+psycopg", "")
    try:
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("create table kept (n int)")
            embedded.stop(tmp_path)
        # A server that was killed leaves its pid, and has to recover at the next start.
        assert not (tmp_path / "postgres" / "postmaster.pid").exists()
        assert not embedded.is_running(tmp_path)
        with psycopg.connect(embedded.ensure(tmp_path).replace("+psycopg", "")) as session:
            assert session.execute("select count(*) from kept").fetchone() == (0,)
    finally:
        embedded.stop(tmp_path)
