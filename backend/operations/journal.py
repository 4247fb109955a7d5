"""Writes down how the worker's jobs fare, for whoever looks from another process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from backend import clock
from backend.db.engine import transaction
from backend.operations import store
from backend.operations.rules import JobRun
from ledger_indexer.log_lines import Redaction

_log = logging.getLogger("jiulian.work")
EVERY_S = 5.0
"""Turns are counted in memory and written together so often: a kill loses at most so much of the counts."""


class Turn:
    """One turn of a job; whoever takes it says whether there was something to do."""

    busy = False
    trouble: str | None = None


class Journal:
    """Counts turns of jobs and adds them to the database now and then. A database that is away is waited for."""

    def __init__(
        self, sessions: sessionmaker[Session], secrets: tuple[str, ...] = (), every_s: float = EVERY_S
    ) -> None:
        self._sessions, self._every_s = sessions, every_s
        self._redact = Redaction(secrets)
        self._pending: dict[str, JobRun] = {}
        self._due = 0.0

    @contextmanager
    def turn(self, name: str) -> Iterator[Turn]:
        """Around one turn of a job: counted, timed, and a failure when it raises or names a trouble."""
        taken, at, began = Turn(), clock.now(), monotonic()
        try:
            yield taken
        except Exception as error:
            taken.trouble = str(error)
            raise
        finally:
            before = self._pending.get(name)
            runs, failures = (before.runs, before.failures) if before else (0, 0)
            trouble = self._redact(taken.trouble.splitlines()[0])[:500] if taken.trouble else None
            ms = round((monotonic() - began) * 1000)
            failures += taken.trouble is not None
            self._pending[name] = JobRun(name, runs + 1, failures, at, ms, taken.busy, trouble, told_at=at)

    def write(self, *, at_once: bool = False) -> None:
        """Add what was counted, when it is time; while the database is away it is kept for later."""
        if not self._pending or (monotonic() < self._due and not at_once):
            return
        self._due = monotonic() + self._every_s
        try:
            with transaction(self._sessions) as session:
                store.add_runs(session, [replace(each) for each in self._pending.values()])
        except DBAPIError as error:
            if not isinstance(error, OperationalError) and not error.connection_invalidated:
                raise
            _log.debug("the jobs' figures wait: %s", error)
            return
        self._pending.clear()
