"""How much is on its way to the chain, counted in no time however much has arrived there."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import func, literal_column, select, text
from sqlalchemy.orm import Session

from backend.anchoring.rules import OPEN, UNSEEN, IntentState
from backend.capture.rules import EvidenceState
from backend.db.tables.anchoring import anchor, intent

_EXACT_BYTES_MOST = 64 * 2**20
"""Tables up to this size are counted; of larger ones the database's own estimate is taken."""
_LANES = text(
    "with recursive lane as ("
    " (select relayer from intent order by relayer limit 1)"
    " union all select (select i.relayer from intent i where i.relayer > lane.relayer order by i.relayer limit 1)"
    " from lane where lane.relayer is not null"
    ") select relayer from lane where relayer is not null"
)


def count_not_final(session: Session) -> dict[EvidenceState, int]:
    """Evidence that is not final, by state: captured, bundled, anchored, refused."""
    query = select(anchor.c.state, func.count()).where(anchor.c.state != literal_column("'final'"))
    return {EvidenceState(state): int(count) for state, count in session.execute(query.group_by(anchor.c.state))}


def count_final(session: Session, not_final: int) -> tuple[int, bool]:
    """How much evidence is final, and whether that is an estimate."""
    size = session.execute(select(func.pg_relation_size("anchor"))).scalar_one()
    if size <= _EXACT_BYTES_MOST:
        query = select(func.count()).select_from(anchor).where(anchor.c.state == EvidenceState.FINAL)
        return int(session.execute(query).scalar_one()), False
    rows = session.execute(text("select reltuples from pg_class where oid = 'anchor'::regclass")).scalar_one()
    return max(0, int(rows) - not_final), True


def oldest_waiting(session: Session) -> datetime | None:
    """When the oldest evidence that waits for a transaction was queued, by the database's clock."""
    waiting = select(func.min(anchor.c.queued_at)).where(anchor.c.state == literal_column("'captured'"))
    found: datetime | None = session.execute(waiting).scalar_one()
    return found


def lanes(session: Session) -> list[bytes]:
    """Every relayer that ever wrote an intent."""
    return [bytes(relayer) for relayer in session.execute(_LANES).scalars()]


def open_intents(session: Session) -> tuple[dict[bytes, dict[IntentState, int]], dict[bytes, datetime]]:
    """Intents that are not final, by relayer and state; and when each relayer's oldest unseen one was written."""
    counts: dict[bytes, dict[IntentState, int]] = defaultdict(dict)
    oldest: dict[bytes, datetime] = {}
    query = select(intent.c.relayer, intent.c.state, func.count(), func.min(intent.c.written_at))
    grouped = query.where(intent.c.state.in_(OPEN)).group_by(intent.c.relayer, intent.c.state)
    for relayer, state, count, written_at in session.execute(grouped):
        counts[relayer][IntentState(state)] = count
        if state in UNSEEN:
            oldest[relayer] = min(written_at, oldest.get(relayer, written_at))
    return counts, oldest


def captures_under_way(session: Session) -> dict[bytes, int]:
    """Evidence in intents that are not final, by relayer."""
    under_way = select(intent.c.relayer, func.count()).join_from(anchor, intent, anchor.c.intent == intent.c.id)
    query = under_way.where(intent.c.state.in_(OPEN)).group_by(intent.c.relayer)
    return {relayer: int(count) for relayer, count in session.execute(query)}
