"""SQL of log-ins: passwords, sessions, browsers that are known, and the log of who did what."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.tables.identity import identity_log, known_browser, login_session, party, user
from backend.identity.rules import ADMINISTRATORS
from backend.identity.rules_accounts import Account

_BROWSERS_MOST = 20
"""Browsers that are remembered of one person."""


def _account(row: Row[object]) -> Account:
    said = (row.made_by, row.made_at, row.own_since, row.vouched_by, row.vouched_at, row.notice_until)
    return Account(row.id, row.name, frozenset(row.roles), row.party, row.active, row.last_login_at, *said)


def list_accounts(session: Session, party_gln: str | None = None) -> list[Account]:
    """Log-ins by name, all or those of a party."""
    query = select(user).order_by(user.c.active.desc(), user.c.party.nulls_first(), user.c.name)
    if party_gln is not None:
        query = query.where(user.c.party == party_gln)
    return [_account(row) for row in session.execute(query)]


def accounts_of(session: Session, ids: Collection[int]) -> dict[int, Account]:
    """Some log-ins by their numbers."""
    return {row.id: _account(row) for row in session.execute(select(user).where(user.c.id.in_(ids)))}


def lock_administrators(session: Session) -> list[Account]:
    """Active administrators of the brand and of parties; none of them changes before this transaction ends."""
    is_one = user.c.roles.overlap(list(ADMINISTRATORS))
    query = select(user).where(is_one).order_by(user.c.id).with_for_update()
    return [account for account in map(_account, session.execute(query)) if account.active]


def find_account(session: Session, user_id: int, *, locked: bool = False) -> Account | None:
    """A log-in by its number."""
    query = select(user).where(user.c.id == user_id)
    row = session.execute(query.with_for_update() if locked else query).one_or_none()
    return _account(row) if row else None


def find_by_name(session: Session, name: str) -> Account | None:
    """A log-in by its name, switched off or not."""
    row = session.execute(select(user).where(user.c.name == name)).one_or_none()
    return _account(row) if row else None


def add_made(
    session: Session,
    name: str,
    password_hash: str,
    roles: Collection[str],
    party: str | None,
    *,
    by: int,
    at: datetime,
    notice_until: datetime | None,
) -> int | None:
    """Add a log-in that somebody made; its number, or None when the name is taken."""
    values = {"name": name, "password_hash": password_hash, "roles": sorted(roles), "party": party}
    added = upsert(user).values(**values, made_by=by, made_at=at, notice_until=notice_until)
    return session.execute(added.on_conflict_do_nothing().returning(user.c.id)).scalar_one_or_none()


def lock_party_accounts(session: Session, party_gln: str) -> list[Account]:
    """All log-ins that a party ever had; none is made for it or switched before this transaction ends."""
    session.execute(select(party.c.gln).where(party.c.gln == party_gln).with_for_update(key_share=True))
    return list_accounts(session, party_gln)


def list_makers(session: Session) -> dict[int, int | None]:
    """Who made each log-in, by number; of those that somebody made."""
    query = select(user.c.id, user.c.made_by).where(user.c.made_by.is_not(None))
    return {row.id: row.made_by for row in session.execute(query)}


def list_weighty(session: Session, roles: Collection[str]) -> list[tuple[Account, str, str | None]]:
    """Log-ins with some of these roles that an administrator made: each with its maker's name and who vouched for it;
    those that wait for somebody to vouch first."""
    maker, voucher = user.alias("maker"), user.alias("voucher")
    made = select(maker.c.name).where(maker.c.id == user.c.made_by).scalar_subquery()
    vouched = select(voucher.c.name).where(voucher.c.id == user.c.vouched_by).scalar_subquery()
    query = select(user, made.label("maker"), vouched.label("voucher"))
    query = query.where(user.c.active, user.c.made_by.is_not(None), user.c.roles.overlap(sorted(roles)))
    rows = session.execute(query.order_by(user.c.vouched_at.desc().nulls_first(), user.c.made_at.desc()))
    return [(_account(row), row.maker, row.voucher) for row in rows]


def list_from_outside(session: Session, party_gln: str) -> list[tuple[Account, str | None]]:
    """Log-ins that somebody outside a party made for it, or switched on again, and who made them; the newest first."""
    maker = user.alias("maker")
    query = select(user, maker.c.name.label("maker")).outerjoin(maker, maker.c.id == user.c.made_by)
    query = query.where(user.c.party == party_gln, user.c.notice_until.is_not(None))
    return [(_account(row), row.maker) for row in session.execute(query.order_by(user.c.notice_until.desc()))]


def vouch(session: Session, user_id: int, by: int, at: datetime) -> None:
    """Somebody stands for it that a log-in is a person of its own."""
    session.execute(update(user).where(user.c.id == user_id).values(vouched_by=by, vouched_at=at))


def set_notice(session: Session, user_id: int, until: datetime) -> None:
    """A log-in of a party was touched from outside: its notice runs anew."""
    session.execute(update(user).where(user.c.id == user_id).values(notice_until=until))


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


def set_password(session: Session, user_id: int, password_hash: str, *, but: bytes, at: datetime) -> None:
    """The owner's new password: all sessions but one end, and no browser counts as known any more."""
    own_since = func.coalesce(user.c.own_since, at)
    session.execute(update(user).where(user.c.id == user_id).values(password_hash=password_hash, own_since=own_since))
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
    record: dict[str, object] | None = None,
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
