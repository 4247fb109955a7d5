"""Use cases of sanctions: propose, confirm by another person, withdraw while it waits, put in force when it is time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.errors import NotFound
from backend.identity import rules_people as people
from backend.identity import rules_sanctions as rules
from backend.identity import service, store, store_accounts, store_keys, store_sanctions
from backend.identity.rules import OVERSEERS, Party, Principal, Standing
from backend.identity.rules_accounts import Account
from backend.identity.rules_sanctions import Sanction, SanctionState, Wish
from scanner.epcis.canonical import canonical

list_sanctions = store_sanctions.list_sanctions
list_withdrawn_after_confirmation = store_sanctions.list_withdrawn_after_confirmation
find_open = store_sanctions.find_open
count_standings = store_sanctions.count_standings


def propose(session: Session, wish: Wish, *, by: Principal, now: datetime) -> Sanction:
    """Propose a standing for a party (idempotent by id); nothing changes before another person confirms.

    Raises:
        NotFound: no such party.
        NotOfTheBrand, NoSecondPerson, SanctionReused, and those of `rules_sanctions.propose`.
    """
    _check_of_brand(session, by)
    people.check_counts(_account(session, by.user_id))
    store_sanctions.lock_party(session, wish.party)
    party = service.get_party(session, wish.party)
    known = store_sanctions.find(session, wish.id)
    if known is not None:
        if (known.wish, known.proposed_by) != (wish, by.user_id):
            raise rules.SanctionReused(id=str(wish.id))
        return known
    waiting = store_sanctions.find_open(session, wish.party)
    sanction = rules.propose(wish, party, waiting, by=by.user_id, now=now)
    store_sanctions.add(session, sanction)
    _log(session, sanction, "proposed", by=by.user_id, now=now)
    return sanction


def confirm(session: Session, id: UUID, *, by: Principal, delay: timedelta, now: datetime) -> Sanction:
    """Stand for a sanction as the second person (idempotent); it takes effect when the contract's delay has passed.

    Raises:
        NotFound: no such sanction.
        NotOfTheBrand, NoSecondPerson, CountsTooLate, SamePerson, and those of `rules_sanctions.confirm`.
    """
    _check_of_brand(session, by)
    before = _get_locked(session, id)
    after = rules.confirm(before, by=by.user_id, delay=delay, now=now)
    if after != before:
        _check_two_people(session, before, by.user_id)
    return _keep(session, before, after, by.user_id, now)


def _check_two_people(session: Session, sanction: Sanction, by: int) -> None:
    """Two log-ins are two people when both counted before the proposal, and neither made the other."""
    pair = _account(session, sanction.proposed_by), _account(session, by)
    for each in pair:
        people.check_counts(each, before=sanction.proposed_at)
    people.check_two_people(*pair, store_accounts.list_makers(session))


def _account(session: Session, user_id: int) -> Account:
    account = store_accounts.find_account(session, user_id)
    if account is None:
        raise NotFound(f"no log-in {user_id}", account=user_id)
    return account


def withdraw(session: Session, id: UUID, *, by: Principal, now: datetime) -> Sanction:
    """Take a sanction back while it waits (idempotent).

    Raises:
        NotFound: no such sanction.
        NotOfTheBrand, SanctionInForce: as named.
    """
    _check_of_brand(session, by)
    before = _get_locked(session, id)
    return _keep(session, before, rules.withdraw(before, by=by.user_id, now=now), by.user_id, now)


def postpone(session: Session, id: UUID, until: datetime) -> None:
    """The chain has said from when it takes the change; a sanction that waits no more stays as it is."""
    sanction = _get_locked(session, id)
    if sanction.state is SanctionState.CONFIRMED and sanction.effective_from != until:
        store_sanctions.save(session, replace(sanction, effective_from=until))


def put_in_force(session: Session, id: UUID, *, now: datetime) -> bool:
    """Change the standing in our books, now that it is time; False when it was withdrawn meanwhile or is in force."""
    store_keys.take_order(session)  # before any row: captures take it so too
    sanction = _get_locked(session, id)
    if sanction.state is not SanctionState.CONFIRMED:
        return False
    store_sanctions.lock_party(session, sanction.party)
    store.set_standing(session, sanction.party, sanction.standing, now=now)
    _keep(session, sanction, replace(sanction, state=SanctionState.IN_FORCE, in_force_at=now), None, now)
    return True


@dataclass(frozen=True)
class Notice:
    """What weighs on a party: the change that waits, and the one by which it is not active; each may be missing."""

    party: Party
    waiting: Sanction | None
    in_force: Sanction | None

    @property
    def bars(self) -> bool:
        """Whether the party may not trade now."""
        return self.party.standing != Standing.ACTIVE


def notice_of(session: Session, gln: str | None) -> Notice | None:
    """What a party's people must see wherever they begin their day; None when nothing weighs on it."""
    party = service.find_party(session, gln) if gln is not None else None
    if party is None:
        return None
    waiting = store_sanctions.find_open(session, party.gln)
    if party.standing == Standing.ACTIVE:
        return Notice(party, waiting, None) if waiting else None
    past = store_sanctions.list_sanctions(session, party_gln=party.gln, states=(SanctionState.IN_FORCE,))
    in_force = next((each for each in past if each.standing == party.standing), None)
    return Notice(party, waiting, in_force)


def names_of(session: Session, sanctions: Iterable[Sanction]) -> dict[int, str]:
    """Names of the people behind sanctions, by number."""
    ids = {id for each in sanctions for id in (each.proposed_by, each.confirmed_by, each.withdrawn_by) if id}
    return store_sanctions.names(session, ids)


def parties_of(session: Session, sanctions: Iterable[Sanction]) -> list[Party]:
    """The parties that sanctions are about."""
    found = service.parties_of(session, {each.party for each in sanctions})
    return [found[gln] for gln in sorted(found)]


def party_seen_by(session: Session, gln: str, by: Principal) -> Party:
    """A party as far as a person may know it: the brand's people know all, others their own.

    Raises:
        NotFound: no such party, or not theirs.
    """
    if by.party != gln and not (by.has(*OVERSEERS) and is_of_brand(session, by)):
        raise NotFound(f"no party with GLN {gln}", gln=gln)
    return service.get_party(session, gln)


def listing(session: Session, by: Principal, words: str, standing: Standing | None, role: str | None) -> Listing[Party]:
    """Parties by words of name or GLN, standing and role, for those who oversee them.

    Raises:
        NotFound: the person is not of the brand, and learns of no list.
    """
    if not is_of_brand(session, by):
        raise NotFound()
    return service.list_of_parties(words, standing, role)


def is_of_brand(session: Session, by: Principal) -> bool:
    """Whether a person speaks for the brand."""
    own = service.find_party(session, by.party) if by.party is not None else None
    return rules.is_of_brand(by, own)


def _check_of_brand(session: Session, by: Principal) -> None:
    if not is_of_brand(session, by):
        raise rules.NotOfTheBrand(party=by.party)


def _get_locked(session: Session, id: UUID) -> Sanction:
    sanction = store_sanctions.find(session, id, locked=True)
    if sanction is None:
        raise NotFound(f"no sanction {id}", sanction=str(id))
    return sanction


def _keep(session: Session, before: Sanction, after: Sanction, by: int | None, now: datetime) -> Sanction:
    if after != before:
        store_sanctions.save(session, after)
        _log(session, after, after.state, by=by, now=now)
    return after


def _log(session: Session, sanction: Sanction, action: str, *, by: int | None, now: datetime) -> None:
    record = rules.record(sanction, action, now)
    store_accounts.add_log(
        session,
        f"sanction {action}",
        at=now,
        by=by,
        party=sanction.party,
        sanction=sanction.id,
        record=record,
        evidence=sha256(canonical(record)).digest(),
    )
