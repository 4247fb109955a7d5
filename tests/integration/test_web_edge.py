"""The edge of the web server: answers leave a real socket at once, and a nonsensical origin is no fault of ours."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.cli.serve import listening_socket
from backend.settings import Settings

pytestmark = pytest.mark.integration


@pytest.fixture
def port() -> Iterator[int]:
    """A route that does nothing, behind the product's own socket."""
    app = FastAPI()

    @app.get("/nothing")
    async def nothing() -> dict[str, str]:
        return {"said": "nothing"}

    opened = listening_socket("127.0.0.1", 18_800)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    yield opened.getsockname()[1]
    server.should_exit = True
    thread.join(10)


@pytest.mark.quiet
def test_an_answer_does_not_wait_for_the_acknowledgement_of_the_one_before(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    seconds = []
    for _ in range(50):
        began = time.perf_counter()
        connection.request("GET", "/nothing")
        connection.getresponse().read()
        seconds.append(time.perf_counter() - began)
    connection.close()
    assert median(seconds) < 0.005, f"half of the answers took {median(seconds) * 1000:.1f} ms and more"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_listening_socket_says_that_it_speaks_tcp(host: str) -> None:
    try:
        opened = listening_socket(host, 18_900)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with opened:
        assert opened.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize(
    "origin",
    ["http://[::1", "http://]", "http://[", "http://[x]y", "null", "", "//", "http://", "\xff", "http://ex\u2100mple"],
)
@pytest.mark.parametrize("path", ["/login", "/logout", "/captures", "/nowhere"])
def test_a_write_from_an_origin_that_cannot_be_read_is_refused(
    sessions: sessionmaker[Session], tmp_path: Path, origin: str, path: str
) -> None:
    client = TestClient(create_app(Settings(home=tmp_path), sessions))
    answer = client.post(path, headers={"Origin": origin.encode()}, data={"name": "a", "password": "b"})
    assert answer.status_code == 403
    assert answer.json()["kind"] == "Untrusted"


def test_a_write_from_our_own_page_is_let_through(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    client = TestClient(create_app(Settings(home=tmp_path), sessions))
    answer = client.post("/login", headers={"Origin": "http://testserver"}, data={"name": "a", "password": "b"})
    assert answer.status_code == 401
