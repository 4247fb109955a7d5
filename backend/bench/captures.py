"""Captures over HTTP, each durable before its receipt, while worker and indexer carry and mirror them."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend import clock
from backend.bench import filling, load
from backend.bench.goods import Goods
from backend.bench.load import Timed
from backend.db.engine import make_engine, make_sessions, transaction
from backend.demo.stage import Stage
from backend.identity import keys
from backend.settings import Reconciliation, Settings
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.mirror.listening import plain_url
from scanner.device.signing import Domain

GOAL_PER_S, GOAL_LARGE_S = 300, 1.0
LARGE_CASES = 1000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Round:
    """Captures over HTTP with so many captures in the database; seconds in milliseconds, ratios to the baselines."""

    captures_before: int
    captures: int
    per_s: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    empty_route_per_s: int
    bare_commits_per_s: int
    ratio_to_empty_route: float
    ratio_to_bare_commits: float
    shipment_1000_cases_ms: float
    receipt_1000_cases_ms: float
    cpu_ms_each: dict[str, float]
    """CPU that a capture took meanwhile, by part of the product; `client` is the bench itself."""


@dataclass
class Bench:
    """A running product with goods to be captured."""

    home: Path
    sessions: sessionmaker[Session]
    goods: Goods
    host: str
    port: int
    database_url: str
    connections: int
    say: Say

    def measure(self, name: str, each: int) -> Round:
        """One round: sign, warm up, measure, then the baselines."""
        self.say(f"{name}: signing")
        with transaction(self.sessions) as session:
            self.goods.session = session
            before = int(session.execute(text("select count(*) from capture")).scalar_one())
            lanes = list(self.goods.pairs(name, self.connections, each + 3))
            ssccs = self.goods.bottle(f"{name}-large", LARGE_CASES)
            large = self.goods.pair(f"{name}-large", ssccs, self.goods.glns[0])
        posted = [[self._post(said) for pair in lane for said in (pair.shipment, pair.receipt)] for lane in lanes]
        self._send([lane[:6] for lane in posted])
        self.say(f"{name}: measuring with {before:,} captures in the database")
        spent = self._cpu()
        taken = self._send([lane[6:] for lane in posted])
        spent = {part: round((s - spent.get(part, 0)) * 1000 / len(taken.each), 2) for part, s in self._cpu().items()}
        shipment, receipt = (self._send([[self._post(said)]]).whole for said in (large.shipment, large.receipt))
        before_empty = self._cpu().get("web", 0)
        empty = load.send(self.host, self.port, [[load.get(self.host, "/healthz")] * each * 2] * self.connections, 200)
        spent["web, empty route"] = round((self._cpu().get("web", 0) - before_empty) * 1000 / len(empty.each), 2)
        size = sum(map(len, posted[0])) // len(posted[0])
        bare = load.insert(plain_url(self.database_url), self.connections, each * 2, size)
        return _round(before, taken, empty, bare, (shipment, receipt), spent)

    def _cpu(self) -> dict[str, float]:
        """Seconds of CPU that the parts have used so far, by part; of PostgreSQL's, those that still run."""
        used = defaultdict(float, client=time.process_time())
        roots = [psutil.Process()]
        with suppress(OSError):
            roots.append(psutil.Process(int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])))
        for child in (each for root in roots for each in root.children(recursive=True)):
            with suppress(psutil.Error):
                line = " ".join(child.cmdline()[:5])
                times = child.cpu_times()
                used[next((part for word, part in _PARTS.items() if word in line), "other")] += (
                    times.user + times.system
                )
        return dict(used)

    def _post(self, body: bytes) -> bytes:
        return load.post(self.host, "/captures", body)

    def _send(self, lanes: list[list[bytes]]) -> Timed:
        return load.send(self.host, self.port, lanes, 201)


_PARTS = {
    "postgres:": "postgres",
    "anvil": "chain",
    " chain": "chain",
    " serve": "web",
    " work": "worker",
    " index": "indexer",
}


def _round(
    before: int, taken: Timed, empty: Timed, bare: Timed, large: tuple[float, float], spent: dict[str, float]
) -> Round:
    p50, p95, p99 = (round(taken.quantile(share) * 1000, 1) for share in (0.5, 0.95, 0.99))
    ratios = (round(taken.rate / empty.rate, 3), round(taken.rate / bare.rate, 3))
    baselines = (round(empty.rate), round(bare.rate))
    shipment, receipt = (round(seconds * 1000, 1) for seconds in large)
    return Round(
        before, len(taken.each), round(taken.rate), p50, p95, p99, *baselines, *ratios, shipment, receipt, spent
    )


def bench(home: Path, *, connections: int, each: int, growth: tuple[int, ...], say: Say) -> dict[str, object]:
    """Rounds with the data of the first one, and with as many times of it as `growth` says."""
    rounds = {}
    with _running(home, connections, say) as at:
        rounds["1x"] = at.measure("first", each)
        grown = 1
        for times in growth:
            say(f"copying to {times} times the data")
            with transaction(at.sessions) as session:
                filling.multiply(session, times - grown, grown)
            with at.sessions() as session:
                session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("vacuum analyze"))
            grown = times
            rounds[f"{times}x"] = at.measure(f"grown{times}", each)
        facts = _facts(at.sessions)
    return {
        "connections": connections,
        "goal_per_s": GOAL_PER_S,
        "goal_1000_cases_ms": GOAL_LARGE_S * 1000,
        **facts,
        "rounds": {name: asdict(each) for name, each in rounds.items()},
    }


def _facts(sessions: sessionmaker[Session]) -> dict[str, object]:
    with sessions() as session:
        settings = ("server_version", "fsync", "synchronous_commit")
        return {f"postgres_{name}": session.execute(text(f"show {name}")).scalar_one() for name in settings}


@contextmanager
def _running(home: Path, connections: int, say: Say) -> Iterator[Bench]:
    """Database, chain, contracts, web, indexer and worker, as `jiulian demo` runs them."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    stage = Stage(Settings(home=home, reconciliation=Reconciliation(every_minutes=0)), say, {})
    try:
        addresses = stage.start()
        sessions = make_sessions(make_engine(addresses.database_url))
        deployment = Deployment.load(home / "deployment.json")
        domain = Domain(deployment.chain_id, bytes.fromhex(deployment.batch_ledger.removeprefix("0x")))
        with transaction(sessions) as session:
            register = keys.load_register(home / "deployment.json")
            goods = Goods(session, domain, register, clock.now(), dealers=40)
        web = urlsplit(addresses.web)
        yield Bench(
            home, sessions, goods, str(web.hostname), int(web.port or 0), addresses.database_url, connections, say
        )
    finally:
        stage.stop()
