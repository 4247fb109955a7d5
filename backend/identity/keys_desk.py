"""The desk for keys: one transaction for a change; what is refused is kept in another, for the party to see."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from backend.errors import JiulianError, Unavailable
from backend.identity import store_keys
from backend.identity.rules_keys import ChangeKind
from backend.web.requests import Patience


@dataclass(frozen=True)
class Desk:
    """Takes changes of keys one by one; `patience` is what a stranger's address has left."""

    sessions: sessionmaker[Session]
    now: datetime
    patience: Patience | None = None

    def take(
        self, kind: ChangeKind, party: str, change: Callable[[Session], object], *, person: str | None = None
    ) -> JiulianError | None:
        """Make a change; the refusal, kept as an attempt on the party's keys, or None.

        Raises:
            Unavailable: not now; nothing is kept.
            TooMany: too much was refused to this address.
        """
        if self.patience is not None:
            self.patience.check()
        try:
            with self.sessions() as session, session.begin():
                change(session)
        except Unavailable:
            raise
        except JiulianError as error:
            if self.patience is not None:
                self.patience.spend()
            self.keep(kind, party, error, person=person)
            return error
        return None

    def keep(self, kind: ChangeKind, party: str, error: JiulianError, *, person: str | None = None) -> None:
        """Keep what was refused."""
        details = json.loads(json.dumps(error.details, default=str))
        with self.sessions() as session, session.begin():
            store_keys.add_attempt(session, party, kind, error.kind, str(error), details, person=person, at=self.now)
