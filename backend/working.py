"""What the worker's jobs work with, and what a job is."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar, cast

from sqlalchemy.orm import Session, sessionmaker

from backend.settings import Settings

Kept = TypeVar("Kept")
AlertReaction = Callable[[Session, int], None]
"""What follows a new alert, given its id, in the transaction that raised it."""


class Work:
    """Settings, database, what follows an alert that a job raises, and what jobs keep open at a node."""

    def __init__(
        self, settings: Settings, sessions: sessionmaker[Session], alert_reactions: Sequence[AlertReaction] = ()
    ) -> None:
        self.settings = settings
        self.sessions = sessions
        self.alert_reactions = alert_reactions
        self._at_node: dict[object, object] = {}

    def at_node(self, open_: Callable[[Settings], Kept]) -> Kept:
        """What `open_` makes of the settings, made once until the node is forgotten. Raises what `open_` raises."""
        if open_ not in self._at_node:
            self._at_node[open_] = open_(self.settings)
        return cast(Kept, self._at_node[open_])

    def keep_at_node(self, open_: Callable[[Settings], Kept], opened: Kept) -> None:
        """Take something that is open already for what `open_` would make."""
        self._at_node[open_] = opened

    def forget_node(self) -> None:
        """Look the node up again: the embedded one may answer elsewhere after a restart."""
        self._at_node.clear()


Step = Callable[[Work], bool]
"""Does one step in a transaction of its own; says whether there was something to do."""


class Job(NamedTuple):
    """What the worker does by itself. `rest_s`: how long it rests when it found nothing to do."""

    name: str
    step: Step
    rest_s: float
