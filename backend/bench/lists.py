"""Every list page, and pages that lists lead to, over a real socket: in a large company and in a small one."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import uvicorn
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend import clock
from backend.app import create_app
from backend.bench import lists_data, load
from backend.bench.lists_data import Say, Size
from backend.bench.load import Timed
from backend.cli.serve import listening_socket
from backend.db import embedded, migrate
from backend.db.engine import make_engine, make_sessions, transaction
from backend.settings import Settings

GOAL_MS = 100
SMALL = Size(orders=1_000, stores=1_000, units=5_000)
_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a list: who asks, what kind of question it is, and its address."""

    who: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question took in the large company and in the small one, in milliseconds; `small_p95` the baseline.

    `times` is the median in empty routes of the same run. `cpu` is what an answer cost in all processes, the client's
    too: it says more than a clock where others are at work.
    """

    who: str
    kind: str
    path: str
    p50: float
    p95: float
    most: float
    small_p95: float
    cpu: float
    times: float

    @property
    def good(self) -> bool:
        """Whether nineteen of twenty answers come within the goal."""
        return self.p95 < GOAL_MS


def questions(size: Size) -> list[Asked]:
    """Each list: its first and last page, the one in the middle, filtered, sorted and searched; by who uses it. Then
    pages that lists lead to."""
    orders, parties, batches = size.orders // 50, (size.stores + size.dealers) // 50, size.batches * 3 // 50
    asked = {
        "brand": {
            "/orders": ["", f"page_number={orders}", f"page_number={orders // 2}", "state=received", "sort=-amount",
                        f"sort=bottles&page_number={orders // 2}", "q=烟酒店 7777", "q=abcd"],
            "/batches": ["", f"page_number={batches}", "kind=recalled", "sort=-held", "q=YL0000"],
            "/stock": ["", f"page_number={parties}", f"page_number={parties // 2}", "region=51", "q=烟酒店 7777"],
            "/findings": ["", f"page_number={size.orders // 500}", "kind=Gone", "batch=YL000100"],
            "/dealers": ["", f"page_number={max(1, size.dealers // 50)}", "sort=-name", "q=1001"],
            "/parties": ["", f"page_number={parties}", f"page_number={parties // 2}", "standing=suspended",
                         "role=dealer", "sort=-name", "q=烟酒店 7777"],
            "/devices": ["", "q=烟酒店 7777"],
            "/reconciliations": ["", f"page_number={max(1, size.orders // 500)}"],
        },
        "compliance": {
            "/alerts": ["", f"page_number={max(1, size.orders // 800)}", "tab=filed&sort=age"],
            "/risk/runs": ["", f"page_number={max(1, size.orders // 5_000)}"],
        },
        "admin": {"/users": ["", f"page_number={parties}", f"page_number={parties // 2}", "role=brand", "sort=-login",
                             "q=690000077"]},
        "dealer": {"/orders": ["", "state=received", "sort=-bottles", "q=烟酒店 7777"], "/stock": ["", "sort=-name"],
                   "/devices": [""]},
    }  # fmt: skip
    lists = [
        Asked(who, _kind(question), f"{path}?{question}".rstrip("?"))
        for who, pages in asked.items()
        for path, questions in pages.items()
        for question in questions
    ]
    return lists + [Asked(who, "one thing", path) for who, paths in _things(size).items() for path in paths]


def _things(size: Size) -> dict[str, list[str]]:
    """Pages of one thing: those with the most behind them, and one like most."""
    dealer, store = (lists_data.gln(lists_data.FIRST_DEALER + each) for each in (1, size.dealers + 7))
    warehouse = lists_data.gln(lists_data.FIRST_WAREHOUSE + 1)
    return {
        "brand": [
            *(f"/stock/{each}" for each in (warehouse, dealer, store)),
            f"/stock/{warehouse}/movements",
            *(f"/batches/{lists_data.lot(each)}" for each in (1, size.batches // 2)),
            f"/orders/{lists_data.order(8)}",
            "/orders/new",
            f"/dealers/{dealer}",
            f"/parties/{dealer}",
        ],
        "compliance": ["/alerts/1", "/alerts/5"],
        "dealer": [f"/orders/{lists_data.order(1)}", "/orders/new", f"/stock/{dealer}", "/warehouse/documents"],
    }


def _kind(question: str) -> str:
    if "page_number" in question:
        return "far page"
    return next((kind for word, kind in _KINDS.items() if word in question), "filtered" if question else "first page")


_KINDS = {"sort=": "sorted", "q=": "searched"}


def bench(home: Path, size: Size, *, each: int, say: Say) -> tuple[list[Answered], dict[str, object]]:
    """Fill two databases, ask every question of both, and say what it took; and of an empty route, the bare server."""
    answers: dict[str, dict[int, Timed]] = {}
    spent: dict[int, float] = {}
    busy = round(os.getloadavg()[0], 1)
    empty: dict[str, Timed] = {}
    try:
        for name, of in {"small": SMALL, "large": size}.items():
            sessions = _filled(home, name, of, say)
            asked = questions(of)
            with _serving(home, sessions) as port:
                say(f"asking the {name} company")
                bare = load.send("127.0.0.1", port, [[load.get("127.0.0.1", "/healthz")] * each * 10], 200)
                empty[name] = bare
                answers[name] = {}
                for at, one in enumerate(asked):
                    request = load.get("127.0.0.1", one.path, token=one.who)
                    load.send("127.0.0.1", port, [[request] * _WARM_UP], 200)
                    before = _cpu(home)
                    answers[name][at] = load.send("127.0.0.1", port, [[request] * each], 200)
                    spent[at] = (_cpu(home) - before) / each
        with sessions() as session:
            version = session.execute(text("show server_version")).scalar_one()
    finally:
        embedded.stop(home)
    rows = [
        _answered(one, answers["large"][at], answers["small"][at], spent[at], empty["large"])
        for at, one in enumerate(questions(size))
    ]
    return rows, {
        "orders": size.orders,
        "stores": size.stores,
        "units": size.units,
        "postgres": version,
        "cores": os.cpu_count(),
        "busy_before": busy,
        "empty_route_p50_p95": {name: [_ms(bare, 0.5), _ms(bare, 0.95)] for name, bare in empty.items()},
    }


def _cpu(home: Path) -> float:
    """Seconds of CPU that this process, which serves and asks, and PostgreSQL's have used so far."""
    used = time.process_time()
    with suppress(OSError, psutil.Error):
        postmaster = psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
        for child in postmaster.children():
            with suppress(psutil.Error):
                used += sum(child.cpu_times()[:2])
    return used


def _answered(one: Asked, large: Timed, small: Timed, cpu: float, empty: Timed) -> Answered:
    p50, p95, most = (_ms(large, share) for share in (0.5, 0.95, 1.0))
    times = round(large.quantile(0.5) / empty.quantile(0.5), 1)
    return Answered(one.who, one.kind, one.path, p50, p95, most, _ms(small, 0.95), round(cpu * 1000, 1), times)


def _ms(timed: Timed, share: float) -> float:
    return round(timed.quantile(share) * 1000, 1)


def _filled(home: Path, name: str, size: Size, say: Say) -> sessionmaker[Session]:
    """A database with a company in it: one that is there already, filled the same way, or a new one."""
    url = embedded.ensure(home, f"{name}_{lists_data.fingerprint(size)}")
    migrate.upgrade(url)
    sessions = make_sessions(make_engine(url))
    with sessions() as session:
        filled = session.execute(text("select exists (select from app_user where name = 'brand')")).scalar_one()
    if filled:
        say(f"using the {name} company that was kept")
        return sessions
    began = time.perf_counter()
    lists_data.fill(sessions, size, say)
    with transaction(sessions) as session:
        for who, (role, party) in _PEOPLE.items():
            lists_data.add_person(session, who, role, party, token=who, until=clock.now() + _KEPT)
    say(f"filled the {name} company in {time.perf_counter() - began:.0f} s")
    return sessions


_KEPT = timedelta(days=3_650)


_PEOPLE: Mapping[str, tuple[str, str | None]] = {
    "brand": ("brand", lists_data.BRAND),
    "compliance": ("compliance", None),
    "admin": ("admin", None),
    "dealer": ("dealer", lists_data.gln(lists_data.FIRST_DEALER + 1)),
}


@contextmanager
def _serving(home: Path, sessions: sessionmaker[Session]) -> Iterator[int]:
    """The web server over a socket of its own, as `jiulian serve` runs it; its port."""
    opened = listening_socket("127.0.0.1", 0)
    config = uvicorn.Config(
        create_app(Settings(home=home), sessions), log_level="warning", access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    try:
        yield opened.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
