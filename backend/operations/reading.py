"""The newest figures, gathered at most every few seconds however many ask for them."""

from dataclasses import replace
from threading import Lock
from time import monotonic

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from backend.db.engine import snapshot
from backend.errors import Unavailable
from backend.nodes import find_node
from backend.operations import service, store
from backend.operations.rules import Figures
from backend.settings import Settings
from ledger_indexer.log_lines import Redaction

KEPT_S = 5.0
STATEMENT_MS = 2_000


class FigureReader:
    """Reads the figures of the house from its database and its node."""

    def __init__(self, sessions: sessionmaker[Session], settings: Settings, kept_s: float = KEPT_S) -> None:
        self.settings = settings
        self._sessions, self._kept_s = sessions, kept_s
        self._redact = Redaction(settings.secrets)
        self._lock = Lock()
        self._newest: Figures | Unavailable | None = None
        self._good_until = 0.0

    def read(self) -> Figures:
        """The figures, at most some seconds old.

        Raises:
            Unavailable: the database does not answer, or not in time.
        """
        with self._lock:
            if self._newest is None or monotonic() >= self._good_until:
                self._newest = self._gather()
                self._good_until = monotonic() + self._kept_s
            if isinstance(self._newest, Unavailable):
                raise self._newest
            return self._newest

    def _gather(self) -> Figures | Unavailable:
        node = find_node(self.settings)
        try:
            with snapshot(self._sessions) as session:
                store.limit_time(session, STATEMENT_MS)
                found = service.gather(session)
        except DBAPIError:
            return Unavailable("the database does not answer at the moment")  # kept: who asks next need not wait again
        asked = service.ask_node(node.http if node else None, found.mirror.block)
        if asked.trouble:
            asked = replace(asked, trouble=self._redact(asked.trouble))
        return replace(found, node=asked)
