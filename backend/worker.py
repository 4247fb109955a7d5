"""The worker: runs jobs in order, again and again, until it is told to stop.

Time heals an unreachable node or database: the job waits and says so. Anything else is ours to mend: the worker says
what it was and stops, with a code other than zero.
"""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from time import monotonic
from types import FrameType

import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from backend import clock, nodes
from backend.anchoring import jobs as anchoring
from backend.anchoring.chain import Chain
from backend.anchoring.rules import Carrier
from backend.db.engine import make_engine, make_sessions, snapshot, transaction
from backend.errors import Unavailable
from backend.reconciliation import jobs as reconciliation
from backend.risk import jobs as risk
from backend.settings import Settings
from backend.verification import jobs as verification
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.node.keys import relayer_keys
from ledger_indexer.store import CHANNEL, plain_url

_log = logging.getLogger("jiulian.work")
_PAUSE_S, _PAUSE_MOST_S = 0.5, 5.0
_IDLE_MOST_S = 1.0
_SLOW_S = 30.0
"""Jobs that rest so long are not woken by every block: one of them asks the node for each of our keys."""
LANES, SANCTIONER_ACCOUNT = 4, 4
"""Keys that carry captures on the embedded chain (on another one, as many as are configured), and the account after
them that changes standings there."""


class Work:
    """What jobs work with: settings, database, and the chain once contracts are deployed."""

    def __init__(self, settings: Settings, sessions: sessionmaker[Session]) -> None:
        self.settings = settings
        self.sessions = sessions
        self._carrier: Carrier | None = None

    @property
    def carrier(self) -> Carrier:
        """Who carries evidence to the chain.

        Raises:
            Unavailable: no contracts are deployed yet, or no node is known.
        """
        if self._carrier is None:
            self._carrier = open_carrier(self.settings)
        return self._carrier

    def forget_node(self) -> None:
        """Look the node up again: the embedded one may answer elsewhere after a restart."""
        self._carrier = None


def open_carrier(settings: Settings) -> Carrier:
    """A lane for each of our keys at the configured or embedded node, for the deployed contracts.

    Raises:
        Unavailable: no contracts are deployed yet, or no node is known.
    """
    node = nodes.get_node(settings)
    try:
        deployment = Deployment.load(settings.deployment_path)
        keys = [key.get_secret_value() for key in settings.relayer_keys] or relayer_keys(settings.home / "chain", LANES)
    except FileNotFoundError as error:
        raise Unavailable(f"no contracts are deployed yet: {error.filename} is not there") from error
    lanes = tuple(Chain(node.http, key) for key in keys)
    patience = timedelta(seconds=settings.bundle_after_s)
    return Carrier(lanes, deployment, patience, _open_sanctioner(settings, deployment, node.http))


def _open_sanctioner(settings: Settings, deployment: Deployment, rpc: str) -> Chain | None:
    """Whoever changes standings, when we have the key of the account that the deployment names for it."""
    keys: list[bytes | str] = []
    if settings.sanctioner_key is not None:
        keys.append(settings.sanctioner_key.get_secret_value())
    elif not settings.relayer_keys:
        keys += relayer_keys(settings.home / "chain", SANCTIONER_ACCOUNT + 1)[SANCTIONER_ACCOUNT:]
    found = (Chain(rpc, key) for key in keys)
    return next((each for each in found if "0x" + each.relayer.hex() == (deployment.sanctioner or "").lower()), None)


Step = Callable[[Work], bool]
"""Does one step in a transaction of its own; says whether there was something to do."""


def _chain_step(step: Callable[..., bool], work: Work) -> bool:
    carrier = work.carrier
    with transaction(work.sessions) as session:
        return step(session, carrier, now=clock.now())


def _settle(work: Work) -> bool:
    with transaction(work.sessions) as session:
        return anchoring.settle(session, finality_depth=work.carrier.deployment.finality_depth)


def _learn(work: Work) -> bool:
    with transaction(work.sessions) as session:
        return anchoring.learn(session, finality_depth=work.carrier.deployment.finality_depth, now=clock.now())


def _keep_decisions(work: Work) -> bool:
    with transaction(work.sessions) as session:
        return anchoring.keep_decisions(session, now=clock.now())


def _score(work: Work) -> bool:
    if work.settings.risk_every_hours == 0:
        return False
    with transaction(work.sessions) as session:
        every = timedelta(hours=work.settings.risk_every_hours)
        return risk.score_due(session, every=every, now=clock.now())


def _reconcile(work: Work) -> bool:
    if work.settings.reconcile_every_minutes == 0:
        return False
    with snapshot(work.sessions) as session:
        every = timedelta(minutes=work.settings.reconcile_every_minutes)
        patience = timedelta(minutes=work.settings.reconcile_patience_minutes)
        return reconciliation.reconcile_due(session, every=every, patience=patience, now=clock.now())


def _forget(work: Work) -> bool:
    with transaction(work.sessions) as session:
        return verification.forget_old_scans(session, work.settings, now=clock.now())


JOBS: list[tuple[str, Step, float]] = [
    ("enrol", partial(_chain_step, anchoring.enrol), 0.5),
    ("bundle records", partial(_chain_step, anchoring.bundle_records), 0.2),
    ("bundle leaves", partial(_chain_step, anchoring.bundle_leaves), 0.5),
    ("announce sanctions", partial(_chain_step, anchoring.announce_sanctions), 1.0),
    ("put sanctions in force", partial(_chain_step, anchoring.put_in_force), 1.0),
    ("sanction", partial(_chain_step, anchoring.sanction), 1.0),
    ("keep decisions", _keep_decisions, 2.0),
    ("send", partial(_chain_step, anchoring.send), 0.2),
    ("send again", partial(_chain_step, anchoring.send_again), 30.0),
    ("settle", _settle, 1.0),
    ("learn of keys", _learn, 5.0),
    ("raise fees", partial(_chain_step, anchoring.bump), 5.0),
    ("examine", partial(_chain_step, anchoring.examine), 5.0),
    ("score", _score, 60.0),
    ("reconcile", _reconcile, 60.0),
    ("forget old scans", _forget, 3600.0),
]
"""Name, step and how long it rests, in seconds, when it found nothing to do. They run in this order."""


@dataclass
class _Turn:
    """When a job is due, and how it fares."""

    name: str
    step: Step
    rest: float
    due: float = 0.0
    pause: float = _PAUSE_S
    trouble: str = ""


@dataclass
class Worker:
    """Runs jobs over one database until `stop` is set."""

    work: Work
    jobs: list[tuple[str, Step, float]]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Run until told to stop. Raises whatever time does not heal."""
        turns = [_Turn(*job) for job in self.jobs]
        ear = _Ear(self.work.settings.database_url or "")
        try:
            while not self.stop.is_set():
                busy = False
                for turn in turns:
                    if not self.stop.is_set() and monotonic() >= turn.due:
                        busy = self._take(turn) or busy
                if not busy and ear.wait(min(_IDLE_MOST_S, max(0.0, min(t.due for t in turns) - monotonic()))):
                    for turn in turns:
                        if not turn.trouble and turn.rest < _SLOW_S:
                            turn.due = 0.0
        finally:
            ear.close()

    def _take(self, turn: _Turn) -> bool:
        try:
            busy = turn.step(self.work)
        except (Unavailable, OperationalError) as error:
            self._wait(turn, error)
            return False
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self._wait(turn, error)
            return False
        if turn.trouble:
            _log.info("%s: goes on", turn.name)
        turn.trouble, turn.pause = "", _PAUSE_S
        turn.due = 0.0 if busy else monotonic() + turn.rest
        return busy

    def _wait(self, turn: _Turn, error: Exception) -> None:
        trouble = str(error).splitlines()[0]
        if trouble != turn.trouble:
            _log.warning("%s waits: %s", turn.name, trouble)
        rest = error.retry_after_s if isinstance(error, Unavailable) else 0.0
        if not rest:  # a node that asks for rest is there, and to meet it anew would be more questions
            self.work.forget_node()
        turn.trouble, turn.due = trouble, monotonic() + max(turn.pause, rest)
        turn.pause = min(_PAUSE_MOST_S, turn.pause * 2)


class _Ear:
    """Hears from the indexer that the mirror has moved; without a connection it only waits."""

    def __init__(self, url: str) -> None:
        self._url = plain_url(url)
        self._connection: psycopg.Connection | None = None

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; True when the mirror moved."""
        if seconds <= 0:
            return False
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._url, autocommit=True, application_name="jiulian-work")
                self._connection.execute(f"listen {CHANNEL}")
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.OperationalError:
            self.close()
            threading.Event().wait(seconds)
            return False

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def run(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT, over `settings.database_url`. Exits with 1 on what time cannot heal."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    engine = make_engine(settings.database_url or "", pool_size=2)
    worker = Worker(Work(settings, make_sessions(engine)), JOBS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, partial(_stop, worker.stop))
    try:
        worker.run()
    except Exception as error:
        _log.exception("the worker stops: %s", error)
        raise SystemExit(1) from error
    finally:
        engine.dispose()


def _stop(stop: threading.Event, number: int, frame: FrameType | None) -> None:
    stop.set()
