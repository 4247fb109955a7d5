"""The worker: runs jobs in order, again and again, until it is told to stop.

Time heals an unreachable node or database: the job waits and says so. Anything else is ours to mend: the worker says
what it was and stops, with a code other than zero.
"""

import logging
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from types import FrameType

import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError

from backend.capabilities import ALERT_REACTIONS, JOBS
from backend.db.engine import make_engine, make_sessions
from backend.errors import Unavailable
from backend.operations.journal import Journal
from backend.settings import Settings
from backend.working import Job, Step, Work
from ledger_indexer import log_lines
from ledger_indexer.mirror.listening import CHANNEL, plain_url

_log = logging.getLogger("jiulian.work")
_PAUSE_S, _PAUSE_MOST_S = 0.5, 5.0
_IDLE_MOST_S = 1.0
_SLOW_S = 30.0
"""Jobs that rest so long are not woken by every block: one of them asks the node for each of our keys."""


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
    jobs: Sequence[Job]
    stop: threading.Event = field(default_factory=threading.Event)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.work.sessions, tuple(self.work.settings.secrets))

    def run(self) -> None:
        """Run until told to stop. Raises whatever time does not heal."""
        turns = [_Turn(*job) for job in self.jobs]
        notices = _MirrorNotices(self.work.settings.database_url or "")
        try:
            while not self.stop.is_set():
                busy = False
                for turn in turns:
                    if not self.stop.is_set() and monotonic() >= turn.due:
                        busy = self._take(turn) or busy
                self.journal.write()
                if not busy and notices.wait(min(_IDLE_MOST_S, max(0.0, min(t.due for t in turns) - monotonic()))):
                    for turn in turns:
                        if not turn.trouble and turn.rest < _SLOW_S:
                            turn.due = 0.0
        finally:
            self.journal.write(at_once=True)
            notices.close()

    def _take(self, turn: _Turn) -> bool:
        try:
            with self.journal.turn(turn.name) as taken:
                busy = taken.busy = turn.step(self.work)
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


class _MirrorNotices:
    """Listens for the indexer's notices that the mirror has moved; without a connection it only waits."""

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
    log_lines.set_up(settings.log.format, settings.secrets)
    engine = make_engine(settings.database_url or "", pool_size=2)
    worker = Worker(Work(settings, make_sessions(engine), ALERT_REACTIONS), JOBS)
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
