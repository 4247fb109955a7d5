"""Who may make a log-in for whom, when it speaks for a person of its own, and for which party. Pure.

Whoever makes a log-in chooses its first password, and so may be the one who uses it. Hence three rules:

1. A given password is good for one thing: to be replaced by its owner.
2. A log-in counts as a second person from when its owner has done so and an administrator of another line has vouched
   for it. A line is a log-in with all that it made, and all that those made. A log-in that was made on the machine
   itself (`jiulian people`) begins a line and counts at once.
3. A party's log-ins are made by the party. The brand makes the first one, for a party that has none; it is shown to the
   party, and for two days it neither revokes keys nor touches other log-ins, and any of the party may stop it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from backend.errors import Malformed, NotAllowed, Refused
from backend.identity.rules import OF_A_PARTY, WEIGHTY, Party, Principal
from backend.identity.rules_accounts import Account

ADMINISTRATOR = "party_admin"
EVER = datetime.min.replace(tzinfo=UTC)


class PasswordProvisional(NotAllowed):
    """The password of this log-in was given by somebody else: choose one of your own first."""

    go_to = "/password"


class LogInsAreTheirOwn(NotAllowed):
    """A company's log-ins are made by its own administrator. The brand makes the first one only, for a company that has no administrator; others ask theirs."""  # noqa: E501


class RolesNotForIt(Refused):
    """A log-in of this company cannot have these roles."""


class NameTaken(Refused):
    """There is a log-in of this name already; choose another name."""


class RolesMissing(Malformed):
    """A log-in needs at least one role."""


class LogInExists(Refused):
    """This log-in exists already, and nothing was changed; its password stays the one that it has."""


class LogInNotYet(NotAllowed):
    """This log-in was made for the company by somebody outside it. Until its notice has passed it changes neither keys nor other log-ins; another log-in of the company may stop it."""  # noqa: E501


class LastOfItsParty(Refused):
    """This is the company's last log-in, or its last administrator, and the company is not yours: nobody of it would be left to object. What stops a company is a sanction, by two people."""  # noqa: E501


class NoSecondPerson(NotAllowed):
    """This log-in does not count as a person of its own yet: its owner must have replaced the given password, and an administrator who has nothing to do with its maker must have vouched for it."""  # noqa: E501


class CountsTooLate(NotAllowed):
    """This log-in did not count as a person of its own yet when the change was proposed: withdraw it and propose it anew."""  # noqa: E501


class SamePerson(NotAllowed):
    """One of these two log-ins made the other, or made who made it: they may be one person. Somebody else must confirm."""  # noqa: E501


class VouchesForItsOwn(NotAllowed):
    """You cannot vouch for this log-in: you, or whoever made you, made it or is of its line. Another administrator must."""  # noqa: E501


class PasswordNotItsOwn(Refused):
    """The owner of this log-in has not replaced the given password yet; vouch for it afterwards."""


class NothingToVouchFor(Refused):
    """This log-in needs nobody to vouch for it."""


class NoticeIsOver(Refused):
    """This log-in was made by the company itself, or its notice has passed; the company's administrator switches it off."""  # noqa: E501


def counts_since(account: Account) -> datetime | None:
    """From when a log-in counts as a person of its own; None: not yet."""
    if account.made_by is None:
        return EVER
    if account.own_since is None or account.vouched_at is None:
        return None
    return max(account.own_since, account.vouched_at)


def line_of(account: Account, makers: Mapping[int, int | None]) -> list[int]:
    """A log-in, who made it, who made that one, and so on; `makers` names the maker of each."""
    line = list[int]()
    at: int | None = account.id
    while at is not None and at not in line:
        line.append(at)
        at = makers.get(at)
    return line


def check_counts(account: Account, *, before: datetime | None = None) -> None:
    """Raises NoSecondPerson; with `before`, CountsTooLate when it came to count only after that."""
    since = counts_since(account)
    if since is None:
        raise NoSecondPerson(account=account.name)
    if before is not None and since > before:
        raise CountsTooLate(account=account.name, since=since.isoformat(), proposed=before.isoformat())


def check_two_people(one: Account, other: Account, makers: Mapping[int, int | None]) -> None:
    """Raises SamePerson: one made the other, or made its maker."""
    if one.id in line_of(other, makers) or other.id in line_of(one, makers):
        raise SamePerson(proposed=one.name, confirms=other.name)


def check_vouch(by: Account, account: Account, makers: Mapping[int, int | None]) -> None:
    """Whether an administrator may vouch for a log-in.

    Raises:
        NothingToVouchFor: it counts already, or its roles carry no weight.
        NoSecondPerson: the administrator's own log-in does not count.
        VouchesForItsOwn: both go back to one log-in.
        PasswordNotItsOwn: whoever made it may still be who uses it.
    """
    if account.made_by is None or account.vouched_at is not None or not WEIGHTY & account.roles:
        raise NothingToVouchFor(account=account.name)
    check_counts(by)
    if set(line_of(by, makers)) & set(line_of(account, makers)):
        raise VouchesForItsOwn(account=account.name)
    if account.own_since is None:
        raise PasswordNotItsOwn(account=account.name)


def is_outside(by: Principal, party: Party | None) -> bool:
    """Whether a person acts on another company's log-ins: those of a party that is not the brand's own."""
    return party is not None and "brand" not in party.roles and party.gln != by.party


def check_make(by: Principal, roles: Collection[str], party: Party | None, theirs: Sequence[Account]) -> frozenset[str]:
    """The roles of a new log-in, if `by` may make it; `theirs` are all log-ins that the party ever had.

    Raises:
        LogInsAreTheirOwn: not by you, not for them.
        RolesNotForIt: as named.
    """
    wanted = frozenset(roles)
    is_own = by.party is not None and party is not None and party.gln == by.party
    if "admin" not in by.roles and not (ADMINISTRATOR in by.roles and is_own):
        raise LogInsAreTheirOwn(party=party.gln if party else None)
    of_brand = party is None or "brand" in party.roles
    allowed = WEIGHTY | OF_A_PARTY | {"auditor"} if of_brand and "admin" in by.roles else OF_A_PARTY
    if not wanted <= allowed:
        raise RolesNotForIt(roles=sorted(wanted - allowed), party=party.gln if party else None)
    if not is_outside(by, party):
        return wanted
    if any(ADMINISTRATOR in each.roles for each in theirs) or (theirs and ADMINISTRATOR not in wanted):
        assert party is not None
        raise LogInsAreTheirOwn(party=party.gln)
    return wanted | {ADMINISTRATOR}


def check_settled(until: datetime | None, now: datetime) -> None:
    """Raises LogInNotYet: a notice runs until then."""
    if until is not None and now < until:
        raise LogInNotYet(until=until.isoformat())


def check_leaves_somebody(account: Account, theirs: Sequence[Account], now: datetime) -> None:
    """Whether somebody outside a party may switch this log-in of it off; `theirs` are all of the party.

    Raises:
        LastOfItsParty: nobody would be left who has made himself known, or no administrator where there was one.
    """
    left = [each for each in theirs if each.active and each.id != account.id and not each.has_notice(now)]
    is_last_administrator = ADMINISTRATOR in account.roles and not any(ADMINISTRATOR in each.roles for each in left)
    if account.active and not account.has_notice(now) and (not left or is_last_administrator):
        raise LastOfItsParty(account=account.name, party=account.party)
