"""Use cases of log-ins: make one, vouch for it, change a password, switch one off and on, know a browser again."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.errors import NotFound
from backend.identity import rules_people as people
from backend.identity import service, store_accounts, store_list
from backend.identity.rules import WEIGHTY, Party, Principal
from backend.identity.rules_accounts import (
    PASSWORD_MOST,
    Account,
    NotYourAccount,
    PasswordWeak,
    WrongPassword,
    check_name,
    check_strength,
    check_switch_off,
    may_manage,
)
from backend.identity.rules_keys import NOTICE

list_log = store_accounts.list_log
count_sessions = store_accounts.count_sessions
list_from_outside = store_accounts.list_from_outside


def change_password(session: Session, by: Principal, current: str, new: str, *, token: str, now: datetime) -> None:
    """Give oneself another password; every other session of this log-in ends, the one of `token` stays.

    Raises:
        WrongPassword: `current` is not the password.
        PasswordWeak: the new one is easy to guess, or the same.
    """
    kept = store_accounts.get_password_hash(session, by.user_id)
    if not service.is_password(current, kept):
        raise WrongPassword()
    check_strength(new, by.name)
    if new == current:
        raise PasswordWeak(reason="same")
    fresh = service.hash_password(new)
    store_accounts.set_password(session, by.user_id, fresh, but=service.token_hash(token), at=now)
    store_accounts.add_log(session, "password changed", at=now, by=by.user_id, user_id=by.user_id, party=by.party)


def listing(session: Session, by: Principal, words: str = "", role: str | None = None) -> Listing[Account] | None:
    """Log-ins that an administrator manages: the brand's all, a party's own those of the party; None: nobody's.

    `words` stand in the log-in's name or its party's, or begin the party's GLN; `role` is one that it has.

    Raises:
        SearchTooWide: too many companies are meant by `words`.
    """
    if "admin" in by.roles:
        return store_list.accounts(words, role, of=service.list_matching(session, words) if words.strip() else ())
    return store_list.accounts(words, role, party_gln=by.party) if by.party is not None else None


def find_managed(session: Session, by: Principal, user_id: int) -> Account | None:
    """A log-in by its number, if it is one that `by` manages."""
    account = store_accounts.find_account(session, user_id)
    return account if account is not None and may_manage(by, account) else None


def switch(session: Session, user_id: int, active: bool, *, by: Principal, now: datetime) -> Account:
    """Switch a log-in off or on (idempotent). Off ends its sessions at once.

    From outside a party never the last log-in; and what is switched on from there runs its notice anew.

    Raises:
        NotFound: no such log-in, or none that `by` may know of.
        NotYourAccount, SwitchesOffItself, LastAdministrator, LastOfItsParty, LogInNotYet: it must not be.
    """
    party = _lock_party_of(session, user_id)
    administrators = store_accounts.lock_administrators(session)
    account = store_accounts.find_account(session, user_id, locked=True)
    if account is None or not may_manage(by, account):
        raise NotFound(f"no log-in {user_id}", account=user_id)
    people.check_settled(by.notice_until, now)
    outside = people.is_outside(by, party)
    if not active:
        check_switch_off(by, account, administrators)
        if outside and account.party is not None:
            people.check_leaves_somebody(account, store_accounts.list_accounts(session, account.party), now)
    elif by.user_id not in {each.id for each in administrators}:
        raise NotYourAccount(account=user_id)
    if account.active != active:
        store_accounts.set_active(session, user_id, active)
        if active and outside:
            store_accounts.set_notice(session, user_id, now + NOTICE)
            account = replace(account, notice_until=now + NOTICE)
        action = "log-in switched on" if active else "log-in switched off"
        store_accounts.add_log(session, action, at=now, by=by.user_id, user_id=user_id, party=account.party)
    return replace(account, active=active)


def _lock_party_of(session: Session, user_id: int) -> Party | None:
    """The party of a log-in, whose log-ins nobody else makes or switches before this transaction ends."""
    account = store_accounts.find_account(session, user_id)
    if account is None or account.party is None:
        return None
    store_accounts.lock_party_accounts(session, account.party)
    return service.get_party(session, account.party)


def make(
    session: Session,
    name: str,
    password: str,
    roles: Collection[str],
    party: str | None,
    *,
    by: Principal,
    now: datetime,
) -> Account:
    """Make a log-in with a password that its owner must replace. The same again by the same person is answered alike.

    Raises:
        NotFound: no such party.
        NameNotUsable, RolesMissing: what was said makes no log-in.
        LogInExists: it was made already, with another password or by somebody else; nothing was changed.
        NameTaken, LogInsAreTheirOwn, RolesNotForIt, LogInNotYet, PasswordWeak: it must not be.
    """
    check_name(name)
    if not roles:
        raise people.RolesMissing(field="roles")
    of = service.get_party(session, party) if party is not None else None
    theirs = store_accounts.lock_party_accounts(session, party) if party is not None else []
    known = store_accounts.find_by_name(session, name)
    if known is not None:
        if known.party != party or not set(roles) <= known.roles or not may_manage(by, known):
            raise people.NameTaken(name=name)
        _check_repeated(session, known, password, by)
        return known
    people.check_settled(by.notice_until, now)
    wanted = people.check_make(by, roles, of, theirs)
    check_strength(password, name)
    until = now + NOTICE if people.is_outside(by, of) else None
    hashed = service.hash_password(password)
    made = store_accounts.add_made(session, name, hashed, wanted, party, by=by.user_id, at=now, notice_until=until)
    if made is None:
        raise people.NameTaken(name=name)
    store_accounts.add_log(session, "log-in made", at=now, by=by.user_id, user_id=made, party=party)
    return Account(made, name, wanted, party, True, made_by=by.user_id, made_at=now, notice_until=until)


def _check_repeated(session: Session, known: Account, password: str, by: Principal) -> None:
    """Whether a command to make a log-in is the one that made it.

    Only its maker is told, and only of the password that he gave: nobody tries an owner's password here.

    Raises:
        LogInExists: it is not.
    """
    is_given = known.made_by == by.user_id and known.own_since is None
    if not is_given or not service.is_password(password, store_accounts.get_password_hash(session, known.id)):
        raise people.LogInExists(account=known.name)


def vouch(session: Session, user_id: int, *, by: Principal, now: datetime) -> Account:
    """Say, as an administrator of another line, that a log-in is a person of its own (idempotent).

    Raises:
        NotFound: no such log-in.
        NothingToVouchFor, NoSecondPerson, VouchesForItsOwn, PasswordNotItsOwn: as named.
    """
    account = store_accounts.find_account(session, user_id, locked=True)
    own = store_accounts.find_account(session, by.user_id)
    if account is None or own is None:
        raise NotFound(f"no log-in {user_id}", account=user_id)
    if account.vouched_by == by.user_id:
        return account
    people.check_vouch(own, account, store_accounts.list_makers(session))
    store_accounts.vouch(session, user_id, by.user_id, now)
    store_accounts.add_log(session, "log-in vouched for", at=now, by=by.user_id, user_id=user_id, party=account.party)
    return replace(account, vouched_by=by.user_id, vouched_at=now)


def stop(session: Session, user_id: int, *, by: Principal, now: datetime) -> Account:
    """Switch a log-in off that somebody outside made for one's own party, while its notice runs: any of the party may.

    Raises:
        NotFound: no such log-in of one's own party.
        LogInNotYet, NoticeIsOver: not by you, or not any more.
    """
    _lock_party_of(session, user_id)
    account = store_accounts.find_account(session, user_id, locked=True)
    if account is None or account.party is None or account.party != by.party:
        raise NotFound(f"no log-in {user_id}", account=user_id)
    people.check_settled(by.notice_until, now)
    if not account.has_notice(now):
        raise people.NoticeIsOver(account=account.name)
    if account.active:
        store_accounts.set_active(session, user_id, False)
        store_accounts.add_log(session, "log-in stopped", at=now, by=by.user_id, user_id=user_id, party=account.party)
    return replace(account, active=False)


def list_weighty(session: Session) -> list[tuple[Account, str, str | None]]:
    """Log-ins whose word counts as a second person's and that an administrator made; maker and who vouched, by name."""
    return store_accounts.list_weighty(session, WEIGHTY)


def _browser_hash(token: str) -> bytes:
    return hashlib.sha256(b"browser:" + token[:PASSWORD_MOST].encode("utf-8", "surrogatepass")).digest()


def is_known_browser(session: Session, token: str, name: str) -> bool:
    """Whether this person has logged in with this browser before."""
    return store_accounts.is_known_browser(session, _browser_hash(token), name)


def know_browser(session: Session, token: str, name: str, *, now: datetime) -> None:
    """Remember that this person has logged in with this browser."""
    store_accounts.know_browser(session, _browser_hash(token), name, now)
