"""Use cases of identity: enrol, log in, tell a device."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select
from sqlalchemy.orm import Session

from backend.errors import NotFound
from backend.identity import store, store_accounts, store_keys, store_list
from backend.identity.passwords import Passwords
from backend.identity.rules import (
    Device,
    Location,
    Party,
    Principal,
    RevokedDevice,
    SearchTooWide,
    UnknownDevice,
    WrongCredentials,
)
from backend.identity.rules_keys import NoticeNotOver, is_waiting

passwords = Passwords()
"""How passwords are kept; tests put a cheaper one in its place (tests/conftest.py)."""
SESSION_LENGTH = timedelta(hours=12)
MATCHES_MOST = 1_000
"""Companies that words may mean where something of theirs is looked for."""


def enrol_party(session: Session, party: Party, *, now: datetime) -> None:
    """Add a party to the directory (idempotent). The chain learns of it through anchoring."""
    store.add_party(session, party, now)


def get_party(session: Session, gln: str) -> Party:
    """The party with this GLN.

    Raises:
        NotFound: no such party.
    """
    party = store.find_party(session, gln)
    if party is None:
        raise NotFound(f"no party with GLN {gln}", gln=gln)
    return party


find_party = store.find_party
list_parties = store.list_parties
names_of = store.names_of
count_regions = store.count_regions
count_supplied = store.count_supplied
having = store.having
supplied_by = store.supplied_by
parties_of = store.parties_of
list_of_parties = store_list.parties
find_user = store_accounts.find_by_name
count_provinces = store_list.count_provinces
Members = store_list.Members
add_location = store.add_location
list_locations = store.list_locations
list_devices = store.list_devices
find_device = store.find_device
set_standing = store.set_standing
add_stand_ins = store.add_stand_ins
list_standings = store_keys.list_standings
hold_standing = store_keys.share_order


def list_matching(session: Session, words: str, *, among: Select[tuple[str]] | None = None) -> list[str]:
    """GLNs of parties whose name holds some words, or whose GLN begins with them.

    `among` selects the GLNs of those that the asker may know of: others are neither found nor counted. None: all.

    Raises:
        SearchTooWide: more than `MATCHES_MOST` do.
    """
    found = store.list_matching(session, words, MATCHES_MOST + 1, among=among)
    if len(found) > MATCHES_MOST:
        raise SearchTooWide(most=MATCHES_MOST)
    return found


def find_location(session: Session, gln: str) -> Location | None:
    """The place with this GLN."""
    return next(iter(store.list_locations(session, [gln])), None)


def get_speaker(session: Session, signer: bytes, *, now: datetime) -> Party:
    """The party for which this key may capture; device and party in one query, since every capture asks.

    Raises:
        UnknownDevice: never enrolled.
        RevokedDevice: enrolled once, revoked since.
        NoticeNotOver: its own company did not admit it, and its notice still runs.
    """
    found = store.find_speaker(session, signer)
    if found is None:
        raise UnknownDevice(signer="0x" + signer.hex())
    party, device = found
    _check_speaks(device, now)
    return party


def _check_speaks(device: Device, now: datetime) -> None:
    signer = "0x" + device.signer.hex()
    if device.revoked_at is not None:
        raise RevokedDevice(signer=signer, revoked_at=device.revoked_at.isoformat())
    if is_waiting(device, now):
        raise NoticeNotOver(signer=signer, since=device.since and device.since.isoformat())


def add_user(session: Session, name: str, password: str, roles: Collection[str], party: str | None = None) -> None:
    """Add a person who may log in (idempotent by name)."""
    store.add_user(session, name, passwords.hash(password), roles, party)


def token_hash(token: str) -> bytes:
    """By which a session's token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def hash_password(password: str) -> str:
    """What is kept of a password: argon2id with a salt of its own."""
    return passwords.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether a password is the one that was kept; None: of nobody, which takes as long to say."""
    return passwords.is_right(password, kept)


def log_in(session: Session, name: str, password: str, *, now: datetime) -> str:
    """Check a password and open a session; returns its secret token.

    Raises:
        WrongCredentials: unknown name or wrong password, in the same time either way.
    """
    found = store.find_password_hash(session, name)
    right = is_password(password, found[1] if found else None)
    if found is None or not right:
        raise WrongCredentials()
    token = secrets.token_urlsafe(32)
    store_accounts.note_login(session, found[0], now)
    store.add_session(session, token_hash(token), found[0], now + SESSION_LENGTH)
    return token


def log_out(session: Session, token: str) -> None:
    """Close a session."""
    store.delete_session(session, token_hash(token))


def find_principal(session: Session, token: str, *, now: datetime) -> Principal | None:
    """The person behind a token, or None when it is unknown or has expired."""
    return store.find_principal(session, token_hash(token), now)
