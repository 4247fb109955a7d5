"""What a password must be, and who may switch whose log-in off. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

from backend.errors import Malformed, NotAllowed, Refused, TooMany
from backend.identity.rules import Principal

PASSWORD_LEAST, PASSWORD_MOST = 10, 200
"""Characters of a password; the upper bound keeps what is hashed small."""
NAME_MOST = 120
_DISTINCT_LEAST = 5

_OFTEN = frozenset(
    """
    password passw0rd passwort qwerty qwertyuiop qwertyuio asdfghjkl zxcvbnm admin administrator root user guest test
    letmein welcome iloveyou monkey dragon sunshine princess football baseball superman trustno changeme default secret
    login master a abc abcd abcde aa qq q w e r p ssword ssw rd woaini woainima wodemima mima woaiwojia wang zhang liu
    chen jiulian baijiu maotai wuliangye beijing shanghai china zhongguo
    """.split()  # noqa: SIM905
)
"""Words that lists of stolen passwords begin with; with digits and signs around them they are no better."""
_ROWS = (
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
)


class WrongPassword(Refused):
    """The current password is wrong."""


class PasswordWeak(Refused):
    """The new password is too easy to guess; `reason` says why."""


class NameNotUsable(Malformed):
    """A log-in needs a name, and a short one."""


class TooManyGuesses(TooMany):
    """Too many wrong passwords for this account; wait for as many seconds as are named."""


class SwitchesOffItself(Refused):
    """Nobody may switch off the log-in by which he is logged in."""


class LastAdministrator(Refused):
    """This is the last administrator; make somebody else one before."""


class NotYourAccount(NotAllowed):
    """Only an administrator of this log-in's party, or of the brand, may do that."""


@dataclass(frozen=True)
class Account:
    """A person's log-in, as administrators see it.

    `made_by` and `vouched_by` are numbers of log-ins; nobody made one that was made on the machine itself. `own_since`:
    when its owner replaced the given password. `notice_until`: made for a party from outside, which it may stop.
    """

    id: int
    name: str
    roles: frozenset[str]
    party: str | None
    active: bool
    last_login_at: datetime | None = None
    made_by: int | None = None
    made_at: datetime | None = None
    own_since: datetime | None = None
    vouched_by: int | None = None
    vouched_at: datetime | None = None
    notice_until: datetime | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the person administers the brand's whole product."""
        return "admin" in self.roles

    def has_notice(self, now: datetime) -> bool:
        """Whether it was made from outside its party, and the notice runs."""
        return self.notice_until is not None and now < self.notice_until


def check_name(name: str) -> None:
    """Raises NameNotUsable: it is empty or too long."""
    if not name.strip() or len(name) > NAME_MOST:
        raise NameNotUsable(field="name", most=NAME_MOST)


def check_strength(password: str, name: str) -> None:
    """Whether a password is hard to guess: long, not about the account, not among those that are tried first.

    Raises:
        PasswordWeak: with `reason` short, long, simple, name or common.
    """
    reason = _weakness(password, name.casefold())
    if reason:
        raise PasswordWeak(reason=reason, least=PASSWORD_LEAST, most=PASSWORD_MOST)


def _weakness(password: str, name: str) -> str | None:
    plain = password.casefold()
    if len(password) < PASSWORD_LEAST:
        return "short"
    if len(password) > PASSWORD_MOST:
        return "long"
    if len(set(plain)) < _DISTINCT_LEAST or _is_row(plain):
        return "simple"
    rest = plain.replace(name, "") if name else plain
    if rest != plain and len(rest) < PASSWORD_LEAST // 2 + 1:
        return "name"
    words = set(re.split(r"[\W\d_]+", plain)) - {""}
    if not words:
        return "simple"
    return "common" if words <= _OFTEN else None


def _is_row(plain: str) -> bool:
    """Whether it walks along the alphabet, the digits or a keyboard, there or back, once or again and again."""
    for row in _ROWS:
        for way in (row, row[::-1]):
            turns = way * (len(plain) // len(way) + 2)
            if plain in turns:
                return True
    return False


def may_manage(by: Principal, account: Account) -> bool:
    """The brand's administrators manage all log-ins; a party's own only the party's, and no brand administrator."""
    if "admin" in by.roles:
        return True
    return "party_admin" in by.roles and by.party is not None and account.party == by.party and not account.is_admin


def check_switch_off(by: Principal, account: Account, administrators: list[Account]) -> None:
    """Whether a log-in may be switched off; `administrators` are the active ones, as they stand now.

    Raises:
        NotYourAccount: not one of those that `by` manages, or `by` is no administrator any more.
        SwitchesOffItself, LastAdministrator: nobody would be left to switch it on again.
    """
    if by.user_id not in {each.id for each in administrators} or not may_manage(by, account):
        raise NotYourAccount(account=account.id)
    if account.id == by.user_id:
        raise SwitchesOffItself(account=account.id)
    if account.is_admin and not any(each.is_admin and each.id != account.id for each in administrators):
        raise LastAdministrator(account=account.id)
