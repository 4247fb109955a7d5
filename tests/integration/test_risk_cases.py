"""Alerts through the front door: the queue, taking turns, deciding, and who may."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import service as anchoring
from backend.app import create_app
from backend.cases import service as cases
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.identity.rules import Party, Principal
from backend.settings import Settings, Web
from tests.databases import Once
from tests.kit.counting import counting
from tests.kit.described import hold
from tests.kit.risk_trade import END, PASSWORD, tell_scored

pytestmark = pytest.mark.integration
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    return once(tell_scored)[0]


@pytest.fixture
def alerts(once: Once) -> list[int]:
    """Alerts of the made-up trade, the gravest first."""
    return list(once(tell_scored)[1])


@pytest.fixture
def client(sessions: sessionmaker[Session], alerts: list[int]) -> Iterator[TestClient]:
    """A program at the front door, at the time the story ends."""
    with TestClient(create_app(Settings(web=Web(demo_clock=True)), sessions), follow_redirects=False) as opened:
        opened.headers["X-Demo-Now"] = END.isoformat()
        yield hold(opened)


def log_in(client: TestClient, name: str) -> None:
    token = client.post("/login", data={"name": name, "password": PASSWORD}).json()["token"]
    client.headers["authorization"] = f"Bearer {token}"


def body(outcome: str = "confirmed", **changes: object) -> dict[str, object]:
    reasons = {"confirmed": ["too_many"], "dismissed": ["gift"], "watch": ["too_few"], "undo": []}[outcome]
    return {"outcome": outcome, "reasons": reasons, "alert_version": 1, "case_version": 0, **changes}


def test_a_decision_is_kept_with_its_reason_and_is_evidence(
    client: TestClient, alerts: list[int], session: Session
) -> None:
    log_in(client, "何静")
    answer = client.post(f"/alerts/{alerts[0]}/decision", json=body())
    assert answer.status_code == 201
    evidence = bytes.fromhex(answer.json()["evidence"].removeprefix("ni:///sha-256;"))
    assert anchoring.states(session, [evidence])[evidence].state == "captured"
    (kept,) = cases.list_decisions(session, alerts[0])
    assert (kept.by, kept.outcome, kept.reasons) == ("何静", "confirmed", ("too_many",))


def test_companies_that_an_alert_does_not_name_are_not_read(
    client: TestClient, alerts: list[int], sessions: sessionmaker[Session]
) -> None:
    log_in(client, "何静")
    asked = []
    for first in (100, 200):
        with counting(sessions) as each:
            shown = client.get(f"/alerts/{alerts[0]}", headers=HTML)
        asked.append(each.statements)
        with transaction(sessions) as session:
            for number in range(first, first + 20):
                party = Party(f"69900000{number:05d}", "a shop", frozenset({"store"}), "510100")
                identity.enrol_party(session, party, now=END)
    assert asked[0] == asked[1]
    assert f"待审 {len(alerts)}</a>" in shown.text


def test_who_decides_on_what_has_changed_is_refused(client: TestClient, alerts: list[int]) -> None:
    log_in(client, "何静")
    client.post(f"/alerts/{alerts[0]}/decision", json=body())
    second = client.post(f"/alerts/{alerts[0]}/decision", json=body("dismissed"))
    assert (second.status_code, second.json()["kind"]) == (409, "CaseDecided")
    changed = client.post(f"/alerts/{alerts[1]}/decision", json=body(alert_version=9))
    assert (changed.status_code, changed.json()["kind"]) == (409, "AlertChanged")


def test_a_decision_without_a_reason_is_sent_back(client: TestClient, alerts: list[int]) -> None:
    log_in(client, "何静")
    answer = client.post(f"/alerts/{alerts[0]}/decision", json=body(reasons=[]))
    assert (answer.status_code, answer.json()["kind"]) == (422, "ReasonMissing")


def _posted(client: TestClient, alert: int, **changes: object) -> Any:
    form = {"outcome": "watch", "note": "去店里看过，等进货单", "alert_version": 1, "case_version": 0, **changes}
    return client.post(f"/alerts/{alert}/decision", data=form, headers=HTML)


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"reason-watch": "too_few", "watch_until": "2999-01-01"}, "watch_until", "观察"),
        ({"outcome": "dismissed", "note": ""}, "note", "原因"),
    ],
)
def test_a_refused_decision_comes_back_with_what_was_chosen_and_written(
    client: TestClient, alerts: list[int], changes: dict[str, object], field: str, why: str
) -> None:
    log_in(client, "何静")
    answer = _posted(client, alerts[0], **changes)
    assert answer.status_code == 422
    form = answer.text.partition("data-decide")[2].partition("</form>")[0]
    (wrong,) = [tag for tag in form.split("<input")[1:] if "autofocus" in tag]
    assert f'name="{field}"' in wrong
    assert why in answer.text.partition('id="problem"')[2].partition("</p>")[0]
    assert f'value="{changes.get("outcome", "watch")}" required checked' in form
    assert f'value="{changes.get("note", "去店里看过，等进货单")}"' in form
    if "watch_until" in changes:
        assert 'value="too_few" checked' in form
        assert 'value="2999-01-01"' in form


def test_who_decides_too_late_sees_what_was_decided_and_keeps_the_note(client: TestClient, alerts: list[int]) -> None:
    log_in(client, "何静")
    assert _posted(client, alerts[0], outcome="dismissed").status_code == 303
    late = _posted(client, alerts[0], outcome="confirmed", note="另一个看法，写了很久")
    assert late.status_code == 409
    assert "另一个看法，写了很久" in late.text
    assert "去店里看过" not in late.text.partition('id="problem"')[2].partition("</p>")[0]
    assert 'value="undo"' in late.text, "the alert as it stands now"


def test_a_decision_can_be_taken_back_and_both_stay_on_record(
    client: TestClient, alerts: list[int], session: Session
) -> None:
    log_in(client, "何静")
    client.post(f"/alerts/{alerts[0]}/decision", json=body())
    assert client.post(f"/alerts/{alerts[0]}/decision", json=body("undo", case_version=1)).status_code == 201
    assert [each.outcome for each in cases.list_decisions(session, alerts[0])] == ["confirmed", "undo"]
    assert cases.count_tabs(session, END)["review"] == len(alerts)


def test_the_form_works_without_scripts(client: TestClient, alerts: list[int]) -> None:
    log_in(client, "何静")
    form = {
        "outcome": "dismissed",
        "reason-confirmed": "too_many",
        "reason-dismissed": "gift",
        "watch_until": "2026-04-01",
        "note": "",
        "alert_version": "1",
        "case_version": "0",
    }
    answer = client.post(f"/alerts/{alerts[0]}/decision", data=form, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{alerts[0]}")
    assert "误报" in client.get(f"/alerts/{alerts[0]}", headers=HTML).text


def test_two_who_ask_at_once_get_different_alerts(sessions: sessionmaker[Session], alerts: list[int]) -> None:
    with transaction(sessions) as session:
        people = cases.store.user_names(session, range(1, 9))
    named = {name: Principal(id, name, frozenset({"compliance"}), None) for id, name in people.items()}

    def take(name: str) -> int | None:
        with transaction(sessions) as session:
            return cases.take_next(session, named[name], now=END)

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(take, ("何静", "罗敏")))
    assert len(set(taken)) == 2
    assert alerts[0] in taken


def test_an_alert_of_an_earlier_release_s_worker_gets_its_file_when_it_is_needed(
    client: TestClient, alerts: list[int], sessions: sessionmaker[Session]
) -> None:
    """Between the migration and its own restart such a worker raises alerts without a file."""
    with transaction(sessions) as session:
        session.execute(text("delete from case_file"))
    log_in(client, "何静")
    assert client.get(f"/alerts/{alerts[1]}").status_code == 200
    assert client.post(f"/alerts/{alerts[1]}/decision", json=body()).status_code == 201
    with transaction(sessions) as session:
        taker = Principal(1, "何静", frozenset({"compliance"}), None)
        assert cases.take_next(session, taker, now=END) == alerts[0], "the gravest, without a file like all others"


def test_an_auditor_reads_and_decides_nothing(client: TestClient, alerts: list[int]) -> None:
    log_in(client, "周审")
    assert client.get("/alerts", headers=HTML).status_code == 200
    assert "记下决定" not in client.get(f"/alerts/{alerts[0]}", headers=HTML).text
    assert client.post(f"/alerts/{alerts[0]}/decision", json=body()).status_code == 403
    assert client.post("/alerts/taken").status_code == 403


def test_a_dealer_sees_no_alert(client: TestClient, alerts: list[int]) -> None:
    log_in(client, "李商")
    assert client.get("/alerts").status_code == 403
    assert client.get(f"/alerts/{alerts[0]}").status_code == 403
    assert client.post("/risk/runs").status_code == 403


def test_a_run_can_be_asked_for_at_any_time(client: TestClient) -> None:
    log_in(client, "何静")
    answer = client.post("/risk/runs")
    assert answer.status_code == 201
    assert answer.json()["findings"] >= 3


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_speak_both_languages(client: TestClient, alerts: list[int], language: str) -> None:
    log_in(client, "何静")
    for path in ("/alerts?", "/alerts?tab=closed&", f"/alerts/{alerts[0]}?", "/risk/runs?"):
        assert client.get(f"{path}lang={language}", headers=HTML).status_code == 200
