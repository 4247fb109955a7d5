"""The record of custody and units made anew from the captures alone, and compared with the live one.

Captures are played again, in the order in which they were kept, into tables of the same shape in a schema of their own;
parties count as active there, since whatever is kept was allowed when it was taken.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import Accepted, Stored
from backend.catalog import service as catalog
from backend.custody import service, store_rebuilt
from backend.db import rebuilt
from backend.identity import service as identity
from backend.units import service as units
from scanner.device.capture import captured

_AT_ONCE = 500
_TABLES = (*store_rebuilt.TABLES, *units.REBUILT)
_HIDDEN = (*units.HIDDEN_IN_REBUILDING, *catalog.HIDDEN_IN_REBUILDING)


@dataclass(frozen=True, slots=True)
class Differs:
    """A row that stands in one of the two records only: its table, whether the live one has it, and its values."""

    table: str
    live: bool
    row: str

    @property
    def sentence(self) -> str:
        """For people."""
        where = "the live record has" if self.live else "the captures give"
        return f"{self.table}: {where} {self.row}, and the other has not"


def compare(session: Session, progress: Callable[[int], None] = lambda _: None) -> Differs | None:
    """Rebuild beside the live record and give the first difference, or None. Leaves nothing behind.

    Raises:
        JiulianError: a kept capture is refused when it is played again, which is a difference in itself.
    """
    _play(session, progress)
    found = rebuilt.first_difference(session, _TABLES)
    rebuilt.drop(session)
    return Differs(*found) if found else None


def rebuild(session: Session, progress: Callable[[int], None] = lambda _: None) -> None:
    """Put the record that the captures give in the place of the live one, in this transaction."""
    rebuilt.lock(session, _TABLES)
    _play(session, progress)
    rebuilt.replace_live(session, _TABLES)
    rebuilt.drop(session)


def _play(session: Session, progress: Callable[[int], None]) -> None:
    rebuilt.create(session, (*_TABLES, *_HIDDEN))
    identity.add_stand_ins(session, rebuilt.SCHEMA)
    rebuilt.enter(session)
    roles = {party.gln: bool(party.roles) for party in identity.list_parties(session)}
    after = 0
    while batch := capture.list_captures(session, after=after, limit=_AT_ONCE):
        for each in batch:
            service.apply(session, _accepted(each, roles[each.party]))
        after = batch[-1].seq
        progress(after)
    rebuilt.leave(session)


def _accepted(each: Stored, has_roles: bool) -> Accepted:
    reading = capture.reading_for(each.event, has_roles=has_roles)
    signed = captured(each.evidence, reading)
    return Accepted(
        each.evidence, each.event, reading, signed, each.signer, each.signature, each.party, each.captured_at
    )
