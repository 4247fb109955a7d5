"""SQL of sanctions."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from backend.db import paging
from backend.db.tables.identity import party, sanction, user
from backend.identity import store_list
from backend.identity.rules_sanctions import OPEN, STANDINGS, Sanction, SanctionState, sanction_from


def lock_party(session: Session, gln: str) -> None:
    """Keep others from proposing for a party, and its standing as it is, until this transaction ends."""
    session.execute(select(party.c.gln).where(party.c.gln == gln).with_for_update())


def find(session: Session, id: UUID, *, locked: bool = False) -> Sanction | None:
    """A sanction by its id."""
    query = select(sanction).where(sanction.c.id == id)
    row = session.execute(query.with_for_update() if locked else query).one_or_none()
    return sanction_from(row) if row else None


def find_open(session: Session, gln: str) -> Sanction | None:
    """The sanction that waits for a party; there is at most one."""
    row = session.execute(select(sanction).where(sanction.c.party == gln, sanction.c.state.in_(OPEN))).one_or_none()
    return sanction_from(row) if row else None


def list_sanctions(
    session: Session, *, party_gln: str | None = None, states: Collection[SanctionState] | None = None
) -> list[Sanction]:
    """Sanctions, the newest first; of a party, in some states, or all."""
    query = select(sanction).order_by(sanction.c.proposed_at.desc(), sanction.c.id)
    if party_gln is not None:
        query = query.where(sanction.c.party == party_gln)
    if states is not None:
        query = query.where(sanction.c.state.in_(states))
    return [sanction_from(row) for row in session.execute(query)]


def list_withdrawn_after_confirmation(session: Session, since: datetime) -> list[Sanction]:
    """Those that may have been announced on chain before they were withdrawn."""
    query = select(sanction).where(sanction.c.state == SanctionState.WITHDRAWN, sanction.c.confirmed_at.is_not(None))
    return [sanction_from(row) for row in session.execute(query.where(sanction.c.withdrawn_at >= since))]


def add(session: Session, value: Sanction) -> None:
    """Keep a new sanction."""
    session.execute(insert(sanction).values(**asdict(value)))


def save(session: Session, value: Sanction) -> None:
    """Write what became of a sanction."""
    session.execute(update(sanction).where(sanction.c.id == value.id).values(**asdict(value)))


def names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Names of people by number."""
    return {row.id: row.name for row in session.execute(select(user.c.id, user.c.name).where(user.c.id.in_(ids)))}


def count_standings(session: Session, words: str = "", role: str | None = None) -> dict[str, int]:
    """How many parties have each standing; of all, or of those that `words` and a role mean."""
    query = store_list.parties(words, role=role).keys
    return paging.count_by(session, query, party.c.standing, STANDINGS)
