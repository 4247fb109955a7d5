"""A file leaves a real socket at its reader's pace, and its reader holds nothing that others need."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Annotated

import pytest
import uvicorn
from fastapi import Query, Request, Response
from fastapi.testclient import TestClient
from sqlalchemy import Engine, QueuePool, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.db.paging import Listing
from backend.identity import store as identity
from backend.settings import Settings, Web
from backend.web.downloads import SHARE
from backend.web.exports import Field, exported
from backend.web.lists import ListQuery
from backend.web.requests import Transaction

pytestmark = pytest.mark.integration
READERS, SECONDS, FILES = 4, 8.0, 12
_PARTIES = text(
    "insert into party (gln, name, roles, adcode, standing, enrolled_at)"
    " select '69' || lpad(n::text, 11, '0'), 'a store with a rather long name, number ' || n, array['store'], '520100',"
    " 'active', now() from generate_series(1, 2000) n"
)


@pytest.fixture
def house(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Two thousand companies, and three who may read of them."""
    with sessions.begin() as session:
        session.execute(_PARTIES)
        for name in ("brand", "second", "third"):
            identity.add_user(session, name, "no password fits", ["brand"], None)
            found = identity.find_password_hash(session, name)
            assert found is not None
            until = datetime(2100, 1, 1, tzinfo=UTC)
            identity.add_session(session, sha256(name.encode()).digest(), found[0], until)
    return sessions


@pytest.fixture
def port(house: sessionmaker[Session], tmp_path: Path) -> Iterator[int]:
    """The product on a socket whose buffers are small, so that what is not read stays with the product."""
    web = Web(trusted_proxies=("127.0.0.1",), downloads=READERS, download_seconds=SECONDS, files_per_minute=FILES)
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    opened.bind(("127.0.0.1", 0))
    opened.listen(64)
    app = create_app(Settings(home=tmp_path, web=web), house)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    yield opened.getsockname()[1]
    server.should_exit = True
    thread.join(10)


_ADDRESS = count(1)


def _headers(who: str = "third", address: str = "") -> dict[str, str]:
    """Those of a reader, with an address of his own where none is said."""
    return {"Authorization": f"Bearer {who}", "X-Forwarded-For": address or f"192.0.2.{next(_ADDRESS)}"}


def _ask_slowly(port: int, who: str, address: str = "") -> socket.socket:
    """Ask for a file, and read no more of it than its first byte."""
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    asking.settimeout(20)
    asking.connect(("127.0.0.1", port))
    headers = "".join(f"{name}: {value}\r\n" for name, value in _headers(who, address).items())
    asking.sendall(f"GET /parties?format=csv HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    assert asking.recv(1) == b"H"
    return asking


def _get(port: int, path: str, who: str = "third", address: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=_headers(who, address))
    answer = connection.getresponse()
    read = answer.status, answer.read()
    connection.close()
    return read


def test_readers_of_a_byte_a_second_hold_no_connection_and_are_cut_off(port: int, engine: Engine) -> None:
    whole = _get(port, "/parties?format=csv")
    assert whole[0] == 200
    slow = [_ask_slowly(port, ("brand", "second")[at % 2]) for at in range(READERS)]
    began = time.monotonic()
    assert _get(port, "/parties?format=csv")[0] == 503, "as many as may are leaving"
    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.checkedout() == 0
    with engine.connect() as connection:
        query = "select count(*) from pg_stat_activity where datname = current_database() and xact_start is not null"
        assert connection.execute(text(query + " and pid <> pg_backend_pid()")).scalar_one() == 0
    assert _get(port, "/parties?page_size=1")[0] == 200, "others read on"
    taken = [1] * READERS
    while time.monotonic() < began + SECONDS:
        for at, reader in enumerate(slow):
            taken[at] += len(reader.recv(1))
        time.sleep(1)
    while (again := _get(port, "/parties?format=csv"))[0] == 503 and time.monotonic() < began + 4 * SECONDS:
        time.sleep(0.2)
    assert again == whole, "their places are free again"
    for at, reader in enumerate(slow):
        while rest := _rest(reader):
            taken[at] += len(rest)
        reader.close()
    assert max(taken) < len(whole[1]), "nobody got the end of it"


def _rest(reader: socket.socket) -> bytes:
    try:
        return reader.recv(65_536)
    except ConnectionError:
        return b""


def test_one_log_in_holds_no_more_than_its_share_wherever_it_asks_from(port: int) -> None:
    office = "192.0.2.250"
    slow = [_ask_slowly(port, "brand", office) for _ in range(SHARE)]
    for address in (office, "198.51.100.7"):
        status, body = _get(port, "/parties?format=csv", "brand", address)
        assert (status, json.loads(body)["kind"]) == (429, "FilesUnderWay")
        assert json.loads(body)["details"] == {"most": SHARE}
        assert _get(port, "/parties?format=csv", "second", address)[0] == 200, "others are served"
    for each in slow:
        each.close()
    began = time.monotonic()
    while _get(port, "/parties?format=csv", "brand")[0] != 200:
        assert time.monotonic() < began + 4 * SECONDS, "its places are free again"
        time.sleep(0.5)


def test_who_shares_an_address_shares_no_count_of_files(port: int) -> None:
    office = "192.0.2.251"
    answers = [_get(port, "/parties?format=csv&q=nobody", "brand", office)[0] for _ in range(FILES + 1)]
    assert answers == [200] * FILES + [429]
    assert _get(port, "/parties?format=csv", "brand", "198.51.100.8")[0] == 429, "another address is no other person"
    assert _get(port, "/parties?format=csv", "second", office)[0] == 200


def test_a_list_that_takes_too_long_is_refused_and_ends_in_the_database(
    house: sessionmaker[Session], engine: Engine, tmp_path: Path
) -> None:
    app = create_app(Settings(home=tmp_path, web=Web(file_seconds=0.2)), house)
    columns: list[Field[int]] = [Field("瓶数", lambda row: row)]

    @app.get("/slow")
    def slow(request: Request, session: Transaction, query: Annotated[ListQuery, Query()]) -> Response:
        listing = Listing(select(func.pg_sleep(30)), {"": ()}, lambda _, keys: [1 for _ in keys], lambda _: 1)
        return exported(request, session, "slow", listing, query, columns)

    client = TestClient(app, headers=_headers())
    began = time.monotonic()
    answer = client.get("/slow?format=csv")
    assert (answer.status_code, answer.json()["kind"]) == (409, "FileTakesTooLong")
    assert time.monotonic() - began < 20
    with engine.connect() as connection:
        assert connection.execute(text("show statement_timeout")).scalar_one() == "0", "it bound that transaction only"
