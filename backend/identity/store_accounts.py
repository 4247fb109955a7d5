"""SQL of log-ins: passwords, sessions, browsers that are known, and the log of who did what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.tables.identity import identity_log, known_browser, login_session, user
from backend.identity.rules_accounts import Account

_BROWSERS_MOST = 20
"""Browsers that are remembered of one person."""


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.name, frozenset(row.roles), row.party, row.active, row.last_login_at)


def list_accounts(session: Session, party: str | None = None) -> list[Account]:
    """Log-ins by name, all or those of a party."""
    query = select(user).order_by(user.c.active.desc(), user.c.party.nulls_first(), user.c.name)
    if party is not None:
        query = query.where(user.c.party == party)
    return [_account(row) for row in session.execute(query)]


def lock_administrators(session: Session) -> list[Account]:
    """Active administrators of the brand and of parties; none of them changes before this transaction ends."""
    is_one = user.c.roles.overlap(["admin", "party_admin"])
    query = select(user).where(is_one).order_by(user.c.id).with_for_update()
    return [account for account in map(_account, session.execute(query)) if account.active]


def find_account(session: Session, user_id: int, *, locked: bool = False) -> Account | None:
    """A log-in by its number."""
    query = select(user).where(user.c.id == user_id)
    row = session.execute(query.with_for_update() if locked else query).one_or_none()
    return _account(row) if row else None


def set_active(session: Session, user_id: int, active: bool) -> None:
    """Switch a log-in off or on; off ends its sessions and forgets its browsers."""
    session.execute(update(user).where(user.c.id == user_id).values(active=active))
    if not active:
        session.execute(delete(login_session).where(login_session.c.user == user_id))
        session.execute(delete(known_browser).where(known_browser.c.user == user_id))


def get_password_hash(session: Session, user_id: int) -> str:
    """The hash of a person's password; nobody else changes it before this transaction ends."""
    query = select(user.c.password_hash).where(user.c.id == user_id).with_for_update()
    return str(session.execute(query).scalar_one())


def set_password(session: Session, user_id: int, password_hash: str, *, but: bytes) -> None:
    """A new password: all sessions but one end, and no browser counts as known any more."""
    session.execute(update(user).where(user.c.id == user_id).values(password_hash=password_hash))
    theirs = (login_session.c.user == user_id, login_session.c.token_hash != but)
    session.execute(delete(login_session).where(*theirs))
    session.execute(delete(known_browser).where(known_browser.c.user == user_id))


def note_login(session: Session, user_id: int, at: datetime) -> None:
    """Remember when a person logged in last, and clear away sessions that have expired."""
    session.execute(update(user).where(user.c.id == user_id).values(last_login_at=at))
    session.execute(delete(login_session).where(login_session.c.user == user_id, login_session.c.expires_at <= at))


def is_known_browser(session: Session, token_hash: bytes, name: str) -> bool:
    """Whether this person has logged in with this browser before."""
    query = select(known_browser.c.user).join(user, user.c.id == known_browser.c.user)
    query = query.where(known_browser.c.token_hash == token_hash, user.c.name == name)
    return bool(session.execute(select(exists(query))).scalar_one())


def know_browser(session: Session, token_hash: bytes, name: str, at: datetime) -> None:
    """Remember that a person has logged in with a browser; of each person the newest few."""
    who = select(user.c.id).where(user.c.name == name).scalar_subquery()
    added = upsert(known_browser).values(token_hash=token_hash, user=who, seen_at=at)
    session.execute(added.on_conflict_do_update(index_elements=["token_hash", "user"], set_={"seen_at": at}))
    newest = select(known_browser.c.token_hash).where(known_browser.c.user == who)
    newest = newest.order_by(known_browser.c.seen_at.desc()).limit(_BROWSERS_MOST)
    session.execute(delete(known_browser).where(known_browser.c.user == who, known_browser.c.token_hash.not_in(newest)))


def add_log(
    session: Session,
    action: str,
    *,
    at: datetime,
    by: int | None,
    party: str | None = None,
    user_id: int | None = None,
    sanction: UUID | None = None,
    record: dict[str, Any] | None = None,
    evidence: bytes | None = None,
) -> None:
    """Keep who did what, for good."""
    session.execute(
        insert(identity_log).values(
            action=action,
            at=at,
            by=by,
            party=party,
            user=user_id,
            sanction=sanction,
            record=record,
            evidence=evidence,
        )
    )


def list_log(session: Session, *, user_id: int) -> list[tuple[datetime, str, str | None]]:
    """What was done about a log-in: when, what, and the name of who did it."""
    query = select(identity_log.c.at, identity_log.c.action, user.c.name)
    query = query.outerjoin(user, user.c.id == identity_log.c.by).where(identity_log.c.user == user_id)
    return [(row.at, row.action, row.name) for row in session.execute(query.order_by(identity_log.c.id))]


def count_sessions(session: Session, user_id: int, now: datetime) -> int:
    """How many sessions of a person are open."""
    query = select(func.count()).select_from(login_session)
    query = query.where(login_session.c.user == user_id, login_session.c.expires_at > now)
    return int(session.execute(query).scalar_one())
