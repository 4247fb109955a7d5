"""Findings as page, file and programs list them: those that are kept, and before them what was told past our desk."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy.orm import Session

from backend.custody import store_past
from backend.custody.schemas import FindingList
from backend.db.paging import Joined
from backend.units import foreign
from backend.units.told import KeptFinding

PAST = store_past.KIND
"""The kind of what was told past our desk."""


def listing(query: FindingList) -> Joined[KeptFinding]:
    """The findings that are asked for, the newest first: one list for page, file and programs."""
    wanted = foreign.Wanted(query.party, query.kind, query.batch.strip() or None)
    return Joined(store_past.listing(wanted), foreign.listing(wanted))


def counts(session: Session) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How many findings there are of each party and of each kind, of both sorts together; the most frequent first."""
    past = store_past.count_by_party(session)
    kept_kinds, kept_parties = foreign.count_all(session)
    parties = Counter(past) + Counter(kept_parties)
    kinds = Counter({PAST: sum(past.values())}) + Counter(kept_kinds)
    return dict(parties.most_common()), dict(kinds.most_common())
