"""Use cases of log-ins: change a password, switch a log-in off and on, know a browser again."""

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from backend.errors import NotFound
from backend.identity import service, store_accounts
from backend.identity.rules import Principal
from backend.identity.rules_accounts import (
    PASSWORD_MOST,
    Account,
    NotYourAccount,
    PasswordWeak,
    WrongPassword,
    check_strength,
    check_switch_off,
    may_manage,
)

list_log = store_accounts.list_log
count_sessions = store_accounts.count_sessions


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
    store_accounts.set_password(session, by.user_id, fresh, but=service.token_hash(token))
    store_accounts.add_log(session, "password changed", at=now, by=by.user_id, user_id=by.user_id, party=by.party)


def list_accounts(session: Session, by: Principal) -> list[Account]:
    """The log-ins that an administrator manages: all for the brand's, those of the own party for a party's."""
    if "admin" in by.roles:
        return store_accounts.list_accounts(session)
    if by.party is None:
        return []
    return [each for each in store_accounts.list_accounts(session, by.party) if may_manage(by, each)]


def switch(session: Session, user_id: int, active: bool, *, by: Principal, now: datetime) -> Account:
    """Switch a log-in off or on (idempotent). Off ends its sessions at once.

    Raises:
        NotFound: no such log-in, or none that `by` may know of.
        NotYourAccount, SwitchesOffItself, LastAdministrator: it must not be.
    """
    administrators = store_accounts.lock_administrators(session)
    account = store_accounts.find_account(session, user_id, locked=True)
    if account is None or not may_manage(by, account):
        raise NotFound(f"no log-in {user_id}", account=user_id)
    if not active:
        check_switch_off(by, account, administrators)
    elif by.user_id not in {each.id for each in administrators}:
        raise NotYourAccount(account=user_id)
    if account.active != active:
        store_accounts.set_active(session, user_id, active)
        action = "log-in switched on" if active else "log-in switched off"
        store_accounts.add_log(session, action, at=now, by=by.user_id, user_id=user_id, party=account.party)
    return Account(account.id, account.name, account.roles, account.party, active, account.last_login_at)


def _browser_hash(token: str) -> bytes:
    return hashlib.sha256(b"browser:" + token[:PASSWORD_MOST].encode("utf-8", "surrogatepass")).digest()


def is_known_browser(session: Session, token: str, name: str) -> bool:
    """Whether this person has logged in with this browser before."""
    return store_accounts.is_known_browser(session, _browser_hash(token), name)


def know_browser(session: Session, token: str, name: str, *, now: datetime) -> None:
    """Remember that this person has logged in with this browser."""
    store_accounts.know_browser(session, _browser_hash(token), name, now)
