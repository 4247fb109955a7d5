"""The edge of the web server: answers leave a real socket at once, and a nonsensical origin is no fault of ours."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.cli.serve import listening_socket
from backend.clock import now
from backend.identity import service as identity
from backend.settings import Accounts, Settings, Web
from tests.kit.described import ours

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
    assert answer.json()["kind"] == "CrossSite"
    assert ours().faults(answer) == []


def test_a_write_from_our_own_page_is_let_through(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    client = TestClient(create_app(Settings(home=tmp_path), sessions))
    answer = client.post("/login", headers={"Origin": "http://testserver"}, data={"name": "a", "password": "b"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ([("X-Forwarded-For", "192.0.2.{n}, 203.0.113.9")], "added to the client's own line"),
        ([("X-Forwarded-For", "192.0.2.{n}"), ("X-Forwarded-For", "203.0.113.9")], "in a line of the proxy's own"),
        ([("X-Forwarded-For", "2001:db8:1:2::{n}")], "one network of an IPv6 client"),
        ([("X-Forwarded-For", "::ffff:203.0.113.9")], "IPv4 in the writing of IPv6"),
    ],
)
def test_a_limit_by_address_holds_whatever_a_client_says_of_its_own(
    sessions: sessionmaker[Session], tmp_path: Path, sent: list[tuple[str, str]], address: str
) -> None:
    settings = Settings(
        home=tmp_path, web=Web(trusted_proxies=("testclient",)), accounts=Accounts(logins_per_minute=10)
    )
    client = TestClient(create_app(settings, sessions), headers={"Accept": "application/json"})
    answers = []
    for n in range(1, 13):
        headers = [(name, value.replace("{n}", str(n))) for name, value in sent]
        answers.append(
            client.post("/login", data={"name": f"guest {n}", "password": "x"}, headers=httpx2.Headers(headers))
        )
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2, address


def test_clients_of_two_networks_do_not_share_a_limit(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, web=Web(trusted_proxies=("testclient",)), accounts=Accounts(logins_per_minute=1))
    client = TestClient(create_app(settings, sessions), headers={"Accept": "application/json"})
    for address in ("2001:db8:1:2::1", "2001:db8:1:3::1", "203.0.113.9", "203.0.113.10"):
        answer = client.post("/login", data={"name": "x", "password": "x"}, headers={"X-Forwarded-For": address})
        assert answer.status_code == 401, address


@pytest.mark.parametrize("number", ["9223372036854775808", "0", "-1"])
@pytest.mark.parametrize(
    "path", ["/users/{}/off", "/users/{}/on", "/users/{}/vouching", "/users/{}/objection", "/alerts/{}/decision"]
)
def test_a_number_that_no_row_can_have_is_refused(
    sessions: sessionmaker[Session], tmp_path: Path, path: str, number: str
) -> None:
    with sessions() as session, session.begin():
        identity.add_user(session, "all", "a long password", ["admin", "compliance"])
        token = identity.log_in(session, "all", "a long password", now=now())
    client = TestClient(create_app(Settings(home=tmp_path), sessions), headers={"Authorization": f"Bearer {token}"})
    assert client.post(path.format(number)).status_code == 422


@pytest.mark.parametrize("path", ["/devices/invitation", "/devices/proposal"])
@pytest.mark.parametrize("party", ["06901234000011", "x" * 5000, "\0"])
def test_a_company_that_cannot_be_is_refused_by_the_forms_of_keys(
    sessions: sessionmaker[Session], tmp_path: Path, path: str, party: str
) -> None:
    with sessions() as session, session.begin():
        identity.add_user(session, "all", "a long password", ["brand"])
        token = identity.log_in(session, "all", "a long password", now=now())
    client = TestClient(create_app(Settings(home=tmp_path), sessions), headers={"Authorization": f"Bearer {token}"})
    assert client.post(path, data={"party": party, "request": "x"}).status_code == 422
