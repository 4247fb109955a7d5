"""SQL of lists of parties and of log-ins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.paging import By, Listing
from backend.db.searching import begins, is_among, typed
from backend.db.tables.identity import party, user
from backend.identity import store, store_accounts
from backend.identity.rules import Party
from backend.identity.rules_accounts import Account

_P, _U = party.c, user.c
_PARTY_SORTS = {
    "standing": (By(_P.standing, down=True), _P.name, _P.gln),
    "name": (_P.name, _P.gln),
    "gln": (_P.gln,),
    "region": (_P.adcode, _P.gln),
}
_ACCOUNT_SORTS = {
    "account": (By(_U.active, down=True), By(_U.party, nulls_first=True), _U.name),
    "name": (_U.name,),
    "login": (By(_U.last_login_at, nulls_first=True), _U.id),
}


def _names(words: str) -> ColumnElement[bool]:
    """Whether a party's name holds words, or its GLN begins with them."""
    return or_(_P.folded.contains(words.lower(), autoescape=True), begins(_P.gln, words))


@dataclass(frozen=True)
class Members:
    """Which parties somebody looks at: all, or one and those it supplies; those of a province (two digits), and those
    whom `words` of a name or the beginning of a GLN mean.
    """

    own: str | None = None
    region: str | None = None
    words: str = ""
    but: str | None = None
    """One that is left out."""

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL."""
        found = [] if self.own is None else [or_(_P.gln == self.own, _P.supplier == self.own)]
        if self.region is not None:
            found.append(_P.adcode.between(f"{self.region}0000", f"{self.region}9999"))
        if words := typed(self.words):
            found.append(_names(words))
        if self.but is not None:
            found.append(_P.gln != self.but)
        return found

    def select(self) -> Select[tuple[str, str]] | None:
        """`member` and `of`, to be joined within a query of another store; None: all parties."""
        if not self.conditions:
            return None
        return select(_P.gln.label("member"), literal("all").label("of")).where(*self.conditions)


def count_provinces(session: Session, members: Members, provinces: Collection[str]) -> dict[str, int]:
    """How many of some parties each of the provinces (two digits) has; those with none are left out."""
    each = [
        select(func.count()).where(*members.conditions, *Members(region=province).conditions).scalar_subquery()
        for province in provinces
    ]
    numbers = session.execute(select(*each)).one()
    return {province: number for province, number in zip(provinces, numbers, strict=True) if number}


def parties(
    words: str = "", standing: str | None = None, role: str | None = None, members: Members | None = None
) -> Listing[Party]:
    """Parties by words of their name or GLN, by standing and by role; those that are not active first."""
    query = select(_P.gln).where(*(members.conditions if members else ()))
    if words := typed(words):
        query = query.where(_names(words))
    if standing is not None:
        query = query.where(_P.standing == standing)
    if role is not None:
        query = query.where(_P.roles.contains([role]))
    return Listing(query, _PARTY_SORTS, _load_parties, reads_all=bool(words))


def _load_parties(session: Session, keys: Sequence[Row[tuple[str]]]) -> list[Party]:
    found = store.parties_of(session, [row.gln for row in keys])
    return [found[row.gln] for row in keys]


def accounts(
    words: str, role: str | None, *, of: Collection[str] = (), party_gln: str | None = None
) -> Listing[Account]:
    """Log-ins by words of their name or the companies `of` that the words mean, by role; with `party_gln` those of that
    party that are no brand administrators. The active ones first, by party and name."""
    query = select(_U.id)
    if words := typed(words):
        query = query.where(or_(_U.folded.contains(words.lower(), autoescape=True), is_among(_U.party, of)))
    if role is not None:
        query = query.where(_U.roles.contains([role]))
    if party_gln is not None:
        query = query.where(_U.party == party_gln, ~_U.roles.contains(["admin"]))
    return Listing(query, _ACCOUNT_SORTS, _load_accounts, reads_all=bool(words))


def _load_accounts(session: Session, keys: Sequence[Row[tuple[int]]]) -> list[Account]:
    found = store_accounts.accounts_of(session, [row.id for row in keys])
    return [found[row.id] for row in keys]
