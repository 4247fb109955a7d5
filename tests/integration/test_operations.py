"""How the house fares, as metrics, command and page tell it: who may look, and what is never told."""

import io
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.anchoring import service as anchoring
from backend.app import create_app
from backend.capabilities import JOBS
from backend.capture.rules import BATCH_BYTES_MAX
from backend.cli import status
from backend.clock import now
from backend.db.engine import make_engine, make_sessions, transaction
from backend.errors import Unavailable
from backend.identity import service as identity
from backend.operations import service
from backend.operations.journal import Journal
from backend.settings import Accounts, Chain, Metrics, Settings, Web
from backend.worker import Worker
from backend.working import Job, Work
from ledger_indexer import log_lines
from tests.fakes.relay import DEPLOYMENT
from tests.kit.described import hold
from tests.kit.house import open_house, path_of, tell_story
from tests.kit.people import NOW, enrol

pytestmark = pytest.mark.integration
TOKEN = "a-token-of-metrics-0123"
BEHIND = Web(trusted_proxies=("203.0.113.7",))
ROUTE = "/01/{gtin}/10/{batch}/21/{serial}"
UNKNOWN = "/01/06901234500011/10/260818A1/21/AAAAAAAAAAAAAA"
Figures = dict[tuple[str, ...], float]


@pytest.fixture
def open_web(sessions: sessionmaker[Session], tmp_path: Path) -> Callable[..., TestClient]:
    """The application with settings of web and metrics, and a client of it."""

    def open_(
        web: Web | None = None,
        metrics: Metrics | None = None,
        *,
        client: tuple[str, int] = ("testclient", 50_000),
        raise_server_exceptions: bool = True,
    ) -> TestClient:
        settings = Settings(home=tmp_path, web=web or Web(), metrics=metrics or Metrics(token=TOKEN))
        app = create_app(settings, sessions)
        return TestClient(app, client=client, raise_server_exceptions=raise_server_exceptions)

    return open_


def read(client: TestClient) -> Figures:
    """The metrics, by name and labels' values."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def log_in(client: TestClient, sessions: sessionmaker[Session], role: str) -> TestClient:
    with transaction(sessions) as session:
        identity.add_user(session, role, "高粱红了 九月九日酿新酒", [role])
        token = identity.log_in(session, role, "高粱红了 九月九日酿新酒", now=now())
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.mark.parametrize(
    ("web", "metrics", "headers", "status"),
    [
        (Web(), Metrics(), {}, 404),
        (Web(), Metrics(), {"Authorization": "Bearer "}, 404),
        (Web(), Metrics(token=TOKEN), {}, 404),
        (Web(), Metrics(token=TOKEN), {"Authorization": f"Bearer {TOKEN}x"}, 404),
        (Web(), Metrics(token=TOKEN), {"Authorization": f"Bearer {TOKEN}"}, 200),
        (Web(), Metrics(addresses=("203.0.113.0/24",)), {}, 200),
        (Web(), Metrics(addresses=("198.51.100.0/24",)), {}, 404),
        # behind a proxy that nobody trusts, its address stands for all the world
        (Web(), Metrics(addresses=("203.0.113.0/24",)), {"X-Forwarded-For": "203.0.113.8"}, 404),
        (Web(), Metrics(addresses=("203.0.113.0/24",)), {"Forwarded": "for=192.0.2.1"}, 404),
        # a trusted proxy says who its client is
        (BEHIND, Metrics(addresses=("203.0.113.0/24",)), {"X-Forwarded-For": "8.8.8.8"}, 404),
        (BEHIND, Metrics(addresses=("10.0.0.0/8",)), {"X-Forwarded-For": "10.1.2.3"}, 200),
        # A trusted proxy that names no client stands for none.
        (BEHIND, Metrics(addresses=("203.0.113.0/24",)), {}, 404),
        (BEHIND, Metrics(addresses=("203.0.113.0/24",)), {"X-Forwarded-For": " "}, 404),
        (BEHIND, Metrics(addresses=("203.0.113.0/24",)), {"X-Forwarded-For": "203.0.113.7"}, 404),
    ],
)  # fmt: skip
def test_nobody_reads_the_metrics_but_who_may(
    open_web: Callable[..., TestClient], web: Web, metrics: Metrics, headers: dict[str, str], status: int
) -> None:
    client = open_web(web, metrics, client=("203.0.113.7", 5000))
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("jiulian_" in answer.text) is (status == 200)


def test_requests_are_counted_by_route_and_status_never_by_what_a_client_typed(
    open_web: Callable[..., TestClient],
) -> None:
    client = open_web()
    client.get(UNKNOWN)
    client.get("/healthz")
    client.get("/there/is/nothing/06901234500011?q=1")
    client.request("BREW", "/healthz")
    client.get("/orders")
    client.get("/static/css/base.css")
    client.post("/orders", headers={"Origin": "https://elsewhere.test"})
    figures = read(client)
    assert figures["jiulian_requests_total", "GET", ROUTE, "404"] == 1
    assert figures["jiulian_requests_total", "GET", "/healthz", "200"] == 1
    assert figures["jiulian_requests_total", "GET", "none", "404"] == 1
    assert figures["jiulian_requests_total", "GET", "/static", "200"] == 1
    assert figures["jiulian_requests_total", "GET", "/orders", "401"] == 1
    assert figures["jiulian_requests_total", "POST", "none", "403"] == 1
    assert sum(value for key, value in figures.items() if key[0] == "jiulian_requests_total" and key[1] == "OTHER") == 1
    assert figures["jiulian_scan_seconds_count",] == 1
    assert figures["jiulian_request_seconds_count", ROUTE] == 1
    assert figures["jiulian_refusals_total", "Unauthenticated"] == 1
    assert figures["jiulian_refusals_total", "CrossSite"] == 1
    assert "260818A1" not in str(figures)
    assert "elsewhere" not in str(figures)


def test_every_refusal_is_counted_by_kind_once_whoever_says_it(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    accounts = Accounts(logins_per_minute=2)
    settings = Settings(home=tmp_path, metrics=Metrics(token=TOKEN), accounts=accounts)
    DEPLOYMENT.save(tmp_path / "deployment.json")
    client = hold(TestClient(create_app(settings, sessions), follow_redirects=False))
    as_person, as_program = {"Accept": "text/html"}, {"Accept": "application/json"}
    stranger, elsewhere = {"name": "a", "password": "b"}, {"Origin": "https://elsewhere.test"}
    asked: list[tuple[str, str, dict[str, str], dict[str, str], int, str]] = [
        ("GET", "/orders", as_person, {}, 303, "Unauthenticated"),
        ("GET", "/orders", as_program, {}, 401, "Unauthenticated"),
        ("POST", "/orders", {"Sec-Fetch-Site": "cross-site"}, {}, 403, "CrossSite"),
        ("POST", "/login", elsewhere, {}, 403, "CrossSite"),
        ("POST", "/login", as_person, stranger, 401, "WrongCredentials"),
        ("POST", "/login", as_program, stranger, 401, "WrongCredentials"),
        ("POST", "/login", as_person, stranger, 429, "TooMany"),
        ("POST", "/captures", as_program, {"long": "x" * BATCH_BYTES_MAX}, 413, "TooLarge"),
        ("GET", "/nowhere", as_person, {}, 404, "NotFound"),
        ("GET", "/static/nothing.css", {}, {}, 404, "NotFound"),
        ("DELETE", "/healthz", {}, {}, 405, "Http"),
        ("GET", "/login?next=%00", {}, {}, 422, "TextNotReadable"),
    ]
    wanted: Counter[str] = Counter()
    for method, path, headers, form, expected, kind in asked:
        answer = client.request(method, path, headers=headers, data=form or None)
        wanted[kind] += 1
        counted = {key[1]: value for key, value in read(client).items() if key[0] == "jiulian_refusals_total"}
        assert (answer.status_code, counted) == (expected, wanted), (method, path)


def test_a_form_that_is_shown_again_counts_as_refused(
    open_web: Callable[..., TestClient], sessions: sessionmaker[Session]
) -> None:
    client = log_in(open_web(), sessions, "admin")
    html = {"Accept": "text/html"}
    new = {"current": "x", "new": "anything at all 3141", "again": "anything at all 3141"}
    assert client.post("/password", data=new, headers=html).status_code == 409
    user = {"name": "new", "password": "short", "roles": "brand"}
    assert client.post("/users/new", data=user, headers=html).status_code == 409
    counted = {key[1]: value for key, value in read(client).items() if key[0] == "jiulian_refusals_total"}
    assert counted == {"WrongPassword": 1, "PasswordWeak": 1}


def test_each_refused_capture_of_an_array_is_counted_by_kind(
    open_web: Callable[..., TestClient], tmp_path: Path
) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    client = open_web()
    client.post("/captures", json=[{"event": {}}, {"event": {}}, {"event": {}}])
    counted = {key[1]: value for key, value in read(client).items() if key[0] == "jiulian_refusals_total"}
    assert sum(counted.values()) == 3
    kept = {key[1]: value for key, value in read(client).items() if key[0] == "jiulian_captures_refused_last_day"}
    assert kept == counted


def test_evidence_is_counted_by_state_with_the_age_of_the_queue(
    open_web: Callable[..., TestClient], sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        for number in range(3):
            anchoring.add_leaf(session, "scan", {"number": number}, now=NOW)
        session.execute(text("update anchor set queued_at = now() - interval '5 minutes' where seq % 3 = 0"))
        session.execute(text("update anchor set state = 'final' where seq % 3 = 1"))
    figures = read(open_web())
    assert figures["jiulian_database_up",] == 1
    assert figures["jiulian_evidence", "captured"] == 2
    assert figures["jiulian_evidence", "final"] == 1
    assert figures["jiulian_evidence", "refused"] == 0
    assert 299 < figures["jiulian_queue_age_seconds",] < 400
    assert figures["jiulian_node_up",] == 0
    assert figures["jiulian_health",] == 2


def test_without_a_database_the_metrics_say_so(tmp_path: Path) -> None:
    sessions = make_sessions(make_engine("postgresql://nobody@127.0.0.1:1/none"))
    client = TestClient(create_app(Settings(home=tmp_path, metrics=Metrics(token=TOKEN)), sessions))
    figures = read(client)
    assert figures["jiulian_database_up",] == 0
    assert ("jiulian_health",) not in figures


def test_figures_are_gathered_once_for_all_who_ask_within_seconds(
    open_web: Callable[..., TestClient], sessions: sessionmaker[Session]
) -> None:
    client = open_web()
    before = read(client)
    with transaction(sessions) as session:
        anchoring.add_leaf(session, "scan", {"number": 1}, now=NOW)
    assert read(client)["jiulian_evidence", "captured"] == before["jiulian_evidence", "captured"] == 0


def run_worker(work: Work, jobs: list[Job], seconds: float = 0.5) -> None:
    worker = Worker(work, jobs)
    timer = threading.Timer(seconds, worker.stop.set)
    timer.start()
    try:
        worker.run()
    finally:
        timer.cancel()


def test_a_worker_leaves_its_jobs_figures_for_other_processes_and_the_next_worker_adds_to_them(
    tmp_path: Path, database_url: str, sessions: sessionmaker[Session], open_web: Callable[..., TestClient]
) -> None:
    secret = "hosted-key-0123456789"
    chain = Chain(rpc_url=f"https://node.test/v2/{secret}")
    work = Work(Settings(home=tmp_path, database_url=database_url, chain=chain), sessions)

    def away(_: Work) -> bool:
        raise Unavailable(f"no answer from https://node.test/v2/{secret}\nmore")

    jobs = [Job("send", lambda _: False, 0.05), Job("settle", away, 0.05)]
    run_worker(work, jobs)
    with sessions() as session:
        first = {job.name: job for job in service.list_jobs(session)}
    assert first["send"].runs >= 2
    assert (first["send"].failures, first["send"].busy, first["send"].trouble) == (0, False, None)
    assert first["settle"].failures == first["settle"].runs >= 1
    assert first["settle"].trouble == f"no answer from https://node.test/v2/{log_lines.HIDDEN}"
    run_worker(work, [Job("send", lambda _: False, 0.05), Job("settle", lambda _: False, 0.05)])
    with sessions() as session:
        then = {job.name: job for job in service.list_jobs(session)}
    assert then["send"].runs > first["send"].runs
    assert then["settle"].failures == first["settle"].failures
    assert then["settle"].trouble is None
    figures = read(open_web())
    assert figures["jiulian_job_runs_total", "send"] == then["send"].runs
    assert figures["jiulian_job_failures_total", "settle"] == then["settle"].failures
    assert figures["jiulian_job_resting", "send"] == 1
    assert figures["jiulian_worker_seen_timestamp_seconds",] == pytest.approx(time.time(), abs=30)


def test_a_job_that_ends_the_worker_is_written_down_as_failed(
    tmp_path: Path, database_url: str, sessions: sessionmaker[Session]
) -> None:
    def broken(_: Work) -> bool:
        raise ValueError("we made a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        run_worker(Work(Settings(home=tmp_path, database_url=database_url), sessions), [Job("score", broken, 1.0)])
    with sessions() as session:
        (job,) = service.list_jobs(session)
    assert (job.name, job.runs, job.failures, job.trouble) == ("score", 1, 1, "we made a mistake")


def test_while_the_database_is_away_turns_are_kept_and_no_job_is_stopped(sessions: sessionmaker[Session]) -> None:
    away = make_sessions(make_engine("postgresql://nobody@127.0.0.1:1/none"))
    journal = Journal(away, every_s=0)
    for _ in range(3):
        with journal.turn("send") as turn:
            turn.busy = True
        journal.write()
    journal._sessions = sessions
    journal.write()
    journal.write(at_once=True)
    with sessions() as session:
        (job,) = service.list_jobs(session)
    assert (job.runs, job.busy) == (3, True)


@pytest.mark.parametrize(("role", "seen"), [("brand", 200), ("auditor", 200), ("admin", 200), ("dealer", 403)])
def test_the_page_is_for_the_brand_and_who_audits_it(
    open_web: Callable[..., TestClient], sessions: sessionmaker[Session], role: str, seen: int
) -> None:
    client = log_in(open_web(), sessions, role)
    answer = client.get("/operations", headers={"Accept": "text/html"})
    assert answer.status_code == seen
    if seen == 200:
        assert '<h1 class="refused">需要处理</h1>' in answer.text
        assert "后台程序从未运行过" in answer.text
        assert "截至" in answer.text
        english = client.get("/operations?lang=en", headers={"Accept": "text/html"}).text
        assert "The worker has never run" in english
        assert client.get("/operations", headers={"Accept": "application/json"}).json()["health"] == "ill"


def ask_status(monkeypatch: pytest.MonkeyPatch, settings: Settings, *options: str) -> tuple[int, str]:
    monkeypatch.setattr(status, "get_settings", lambda: settings)
    ran = CliRunner().invoke(status.app, list(options))
    return ran.exit_code, ran.output


def test_a_house_at_work_is_well_on_page_and_screen_and_ill_once_its_worker_is_gone(
    tmp_path: Path, database_url: str, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(metrics=Metrics(token=TOKEN))
    with open_house(tmp_path, database_url, sessions, settings=settings) as house:
        story = tell_story(house)
        assert ask_status(monkeypatch, house.settings)[0] == 1, "no worker has run yet"
        worker = Worker(house.work, JOBS)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            wait_until_final(sessions)
        finally:
            worker.stop.set()
            thread.join(20)
        client = TestClient(create_app(house.settings, sessions))
        client.get(path_of(story.gone[0]))
        figures = read(client)
        code, shown = ask_status(monkeypatch, house.settings)
        as_json = json.loads(ask_status(monkeypatch, house.settings, "--json")[1])
        page = log_in(client, sessions, "brand").get("/operations", headers={"Accept": "text/html"}).text
        with transaction(sessions) as session:
            session.execute(text("update job_run set told_at = told_at - interval '1 hour'"))
        later = ask_status(monkeypatch, house.settings)
    assert as_json["findings"] == []
    assert (code, as_json["health"]) == (0, "well"), shown
    assert shown.startswith("The house is well, as of ")
    assert "0 blocks behind" in shown
    assert as_json["mirror"]["block"] == as_json["node"]["block"] == figures["jiulian_mirror_block",]
    assert figures["jiulian_mirror_lag_blocks",] == figures["jiulian_mirror_lag_seconds",] == 0
    assert figures["jiulian_scan_seconds_count",] == 1
    assert figures["jiulian_lanes",] == len(as_json["lanes"]) >= 1
    assert {job["name"] for job in as_json["jobs"]} == {job.name for job in JOBS}
    assert '<h1 class="good">运行正常</h1>' in page
    assert "没有落后" in page
    assert later[0] == 1
    assert "The worker has said nothing for 1 hour" in later[1]


def wait_until_final(sessions: sessionmaker[Session], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with sessions() as session:
            states = {state for _, state in anchoring.count_states(session)}
            if states == {"final"} and service.list_jobs(session):
                return
        time.sleep(0.1)
    raise AssertionError(f"not everything became final: {states}")


def test_a_mirror_that_stands_still_is_told_in_blocks_and_seconds(
    tmp_path: Path, database_url: str, sessions: sessionmaker[Session]
) -> None:
    with open_house(tmp_path, database_url, sessions) as house:
        with transaction(sessions) as session:
            enrol(session)
        house.until(lambda session: bool(anchoring.lanes(session)))
        house.settle()
        node = service.ask_node(house.node, None)
        assert node.block is not None
        behind = service.ask_node(house.node, node.block - 1)
    assert behind.block is not None
    assert behind.block >= node.block > 0
    assert behind.first_missing_at is not None
    assert abs((now() - behind.first_missing_at).total_seconds()) < 60
    gone = service.ask_node("http://127.0.0.1:1", 1)
    assert gone.block is None
    assert gone.trouble


def test_status_starts_nothing_and_says_when_there_is_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask_status(monkeypatch, Settings(home=tmp_path, database_url=None))[0] == 3
    assert list(tmp_path.iterdir()) == []
    away = Settings(home=tmp_path, database_url="postgresql://me:pa55-w0rd@127.0.0.1:1/none")
    code, shown = ask_status(monkeypatch, away)
    assert code == 3
    assert "pa55-w0rd" not in shown
    for silent in (away, Settings(home=tmp_path, database_url=None)):
        code, shown = ask_status(monkeypatch, silent, "--json")
        told = json.loads(shown)
        assert (code, told["exit_code"], told["health"]) == (3, 3, "unknown")
        assert told["reason"]
        assert "pa55-w0rd" not in shown


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What the process writes to its log meanwhile, as JSON, every level of it."""
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    log_lines.set_up("json", (), stream)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


def test_no_password_key_address_or_path_of_a_person_is_in_the_log(
    open_web: Callable[..., TestClient],
    sessions: sessionmaker[Session],
    lines: Callable[[], list[dict[str, object]]],
    tmp_path: Path,
) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    client = open_web(Web(trusted_proxies=("testclient",)))
    where = {"X-Forwarded-For": "203.0.113.99", "X-Edge-Adcode": "440103", "Accept": "text/html"}
    client.get(f"{UNKNOWN}?secret-of-query=1", headers=where)
    client.post("/login?next=/secret-next", data={"name": "secret-name", "password": "secret-password"}, headers=where)
    client.get("/orders", headers={"Authorization": "Bearer secret-token", "Cookie": "jiulian_session=secret-cookie"})
    client.post(f"{UNKNOWN}/open", data={"code": "SECRET-INNER"}, headers=where)
    client.post("/captures", json={"event": {"secret-event": 1}, "signature": "0xsecret"}, headers=where)
    client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    told = json.dumps(lines(), ensure_ascii=False)
    assert told.count('"route"') >= 5
    for hidden in ("secret", "SECRET", "203.0.113.99", "440103", "06901234500011", "260818A1", "AAAAAAAA", TOKEN):
        assert hidden not in told, hidden


def test_a_request_has_an_id_that_only_a_trusted_proxy_may_give(
    open_web: Callable[..., TestClient], lines: Callable[[], list[dict[str, object]]]
) -> None:
    given = {"X-Request-Id": "edge-0123456789"}
    edge = open_web(Web(trusted_proxies=("testclient",)))
    assert edge.get("/orders", headers=given).headers["x-request-id"] == given["X-Request-Id"]
    stranger = open_web()
    made = [stranger.get("/orders", headers=given).headers["x-request-id"] for _ in range(2)]
    assert given["X-Request-Id"] not in made
    assert made[0] != made[1]
    forged = edge.get("/orders", headers={"X-Request-Id": 'x" forged="1'})
    assert "forged" not in forged.headers["x-request-id"]
    mine = [line for line in lines() if line.get("logger") == "jiulian.web"]
    assert [line["request"] for line in mine] == [given["X-Request-Id"], *made, forged.headers["x-request-id"]]
    assert mine[0]["refused"] == "Unauthenticated"
    assert (mine[0]["route"], mine[0]["status"]) == ("/orders", 401)


def test_what_nobody_caught_is_logged_with_its_request_and_answered_with_its_id(
    open_web: Callable[..., TestClient], lines: Callable[[], list[dict[str, object]]]
) -> None:
    client = open_web(raise_server_exceptions=False)

    assert isinstance(client.app, FastAPI)

    @client.app.get("/broken")
    def broken() -> None:
        logging.getLogger("any").info("on the way")
        raise ValueError("password=secret-password")

    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.text == "Internal Server Error"
    told = {str(line["message"]): line for line in lines() if line.get("request") == answer.headers["x-request-id"]}
    assert {"on the way", "a request failed", "GET 500"} <= told.keys()
    assert "ValueError" in str(told["a request failed"]["error"])
    assert "secret-password" not in json.dumps(list(told.values()))
    assert read(client)["jiulian_requests_total", "GET", "/broken", "500"] == 1
