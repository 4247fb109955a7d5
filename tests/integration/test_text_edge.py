"""What is no text is refused at the edge, in whatever field it comes: never an error of ours, never a row."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.identity import service as identity
from backend.settings import Settings
from backend.web.text import FIELD_MOST
from scanner.codes.run import Unit
from tests.architecture.test_routes import routes_of
from tests.conftest import counted
from tests.integration.test_opening import path_of, run  # noqa: F401  (a fixture)
from tests.kit.people import gln

pytestmark = pytest.mark.integration
NUL = "a\0b"


@pytest.fixture
def client(sessions: sessionmaker[Session], tmp_path: Path) -> TestClient:
    return TestClient(create_app(Settings(home=tmp_path), sessions), follow_redirects=False)


def fields_of(route: APIRoute) -> list[str]:
    body = [each for each in route.dependant.body_params if type(each.field_info).__name__ == "Form"]
    return [each.alias for each in body]


def test_every_field_of_every_form_refuses_a_null_character(client: TestClient) -> None:
    app: Any = client.app
    forms = [(route, fields) for route in routes_of(app) if (fields := fields_of(route))]
    assert {"/login", "/password"} < {route.path for route, _ in forms}
    for route, fields in forms:
        for field in fields:
            answer = client.post(route.path.replace("{", "").replace("}", ""), data={field: NUL})
            assert (answer.status_code, answer.json()["kind"]) == (422, "TextNotReadable"), (route.path, field)
            assert answer.json()["details"] == {"field": field}


def test_an_opening_with_a_right_code_and_a_broken_form_is_refused_and_opens_nothing(
    client: TestClient,
    run: Any,  # noqa: F811
    engine: Engine,
) -> None:
    bottle: Unit = run.units[0]
    form = {"inner": bottle.inner, "confirmed": "yes", "once": "x"}
    for field in form:
        answer = client.post(path_of(bottle) + "/open", data=form | {field: form[field] + "\0"})
        assert answer.status_code == 422
    assert client.post(path_of(bottle) + "/open", data=form | {"once": "x" * (FIELD_MOST + 1)}).status_code == 422
    assert counted(engine, "opening") == 0
    assert client.post(path_of(bottle) + "/open", data=form).status_code == 200


def test_a_body_that_is_read_as_it_comes_stays_so_whatever_it_is_called(client: TestClient) -> None:
    answer = client.post("/captures", data={"event": "{}"})
    assert (answer.status_code, answer.json()["kind"]) == (422, "Malformed")


def test_addresses_queries_and_json_refuse_it_too(client: TestClient, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        identity.add_user(session, "root", "a long password", {"admin"})
        token = identity.log_in(session, "root", "a long password", now=datetime.now(UTC))
    client.headers["Authorization"] = f"Bearer {token}"
    for path in (
        "/01/06901234000016/10/B%00/21/x",
        "/parties?q=%00",
        "/static/a%00b",
        "/parties/69%00",
        "/login?next=%00",
    ):
        assert client.get(path).status_code in (404, 422), path
    body = {"gln": gln(91), "name": NUL, "roles": ["dealer"], "adcode": "510100"}
    answer = client.post("/parties", json=body)
    assert (answer.status_code, answer.json()["kind"]) == (422, "TextNotReadable")
