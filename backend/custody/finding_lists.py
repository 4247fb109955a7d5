"""Findings as pages and programs list them: those that are kept, and before them what was told past our desk."""

from sqlalchemy.orm import Session

from backend.custody import service as custody
from backend.custody.schemas import FindingList
from backend.db.searching import typed
from backend.units import foreign
from backend.units.told import KeptFinding

PAST_MOST = 100
"""Captures past our desk that are shown, the newest."""


def wanted_of(query: FindingList) -> foreign.Wanted:
    """What a list of findings is asked for."""
    return foreign.Wanted(query.party, query.kind, query.batch.strip() or None)


def past_desk(session: Session, query: FindingList) -> tuple[int, list[KeptFinding], list[KeptFinding]]:
    """How many captures parties told the contract past our desk, the newest of them, and those of them that fit; they
    stand before the first page only, and have no kind to be looked for."""
    if query.page_number > 1 or query.kind:
        return 0, [], []
    total, told = custody.list_past_desk(session, PAST_MOST)
    batch = query.batch.strip() or None
    return total, told, [one for one in told if query.party in (None, one.party) and _is_of(session, one, batch)]


def _is_of(session: Session, each: KeptFinding, batch: str | None) -> bool:
    """Whether something told past our desk is of a batch, however it is typed."""
    own = foreign.thing_of(session, each.unit).batch or ""
    return batch is None or typed(own).casefold() == typed(batch).casefold()
