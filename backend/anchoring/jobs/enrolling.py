"""Steps that write who takes part: parties and devices are enrolled, and silenced."""

import logging
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice

from sqlalchemy.orm import Session

from backend.anchoring import calls, store, store_told
from backend.anchoring.jobs.sanctioning import may_change
from backend.anchoring.jobs.writer import Writer
from backend.anchoring.rules import DEATHS_MAX, Call, Carrier, Relay, device_key, party_key, territory_of
from backend.identity import service as identity
from backend.identity.rules import Party
from ledger_indexer import queries
from scanner.device.names import party_id

_log = logging.getLogger(__name__)


def enrol(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Enrol parties and devices that the chain does not know yet, parties first."""
    return store.lock(session) and _write_all(session, carrier.first, "enrol", _enrolments(session, carrier), now)


def sanction(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Revoke devices and change standings, once everything that was captured before is on its way before it.

    Other lanes' captures must be in blocks: between lanes there is no order. `bundle_records` gives those lanes nothing
    new while a sanction is due, so this comes soon.
    """
    if not store.lock(session) or store.list_waiting(session, "record", 1):
        return False
    if any(store.load(session, relay.relayer).unseen for relay in carrier.lanes[1:]):
        return False
    alive = store.keys_alive(session, ("revoke:", "standing:"))
    revoked = _write_all(session, carrier.first, "sanction", _revocations(session, carrier, alive), now)
    standings = list(_worth_a_try(session, _standings(session, carrier, alive, now)))
    if not standings or _must_wait(session, carrier):
        return revoked
    return _write_all(session, carrier.sanctions_by, "sanction", iter(standings), now) or revoked


def _must_wait(session: Session, carrier: Carrier) -> bool:
    """Where standings have a key of their own, what the first lane carries must be in blocks as well."""
    return carrier.sanctions_by is not carrier.first and store.load(session, carrier.first.relayer).unseen > 0


def is_sanction_due(session: Session, carrier: Carrier, now: datetime) -> bool:
    """Whether somebody is to be silenced on chain."""
    alive = store.keys_alive(session, ("revoke:", "standing:"))
    wanted = chain(_revocations(session, carrier, alive), _standings(session, carrier, alive, now))
    return any(True for _ in _worth_a_try(session, wanted))


def is_standing_under_way(session: Session, carrier: Carrier) -> bool:
    """Whether a change of standing is under way by a key of its own: no capture may come by its side."""
    return carrier.sanctioner is not None and bool(store.keys_unseen(session, "standing:"))


def _write_all(session: Session, relay: Relay, kind: str, wanted: Iterator[tuple[str, Call]], now: datetime) -> bool:
    room = store.load(session, relay.relayer).room(now)
    writer: Writer | None = None
    for key, call in islice(_worth_a_try(session, wanted), room):
        writer = writer or Writer(session, relay, now)
        writer.write(kind, key, call)
    return writer is not None


def _worth_a_try(session: Session, wanted: Iterator[tuple[str, Call]]) -> Iterator[tuple[str, Call]]:
    for key, call in wanted:
        if store.count_dead(session, key) < DEATHS_MAX:
            yield key, call
        else:
            _log.error("%s was refused by the chain %d times and is given up", key, DEATHS_MAX)


def _enrolments(session: Session, carrier: Carrier) -> Iterator[tuple[str, Call]]:
    connection, deployment = session.connection(), carrier.deployment
    for gln in store_told.untold_parties(session):
        party = identity.get_party(session, gln)
        if not is_party_mirrored(session, gln, party.bitmap, party.adcode):
            call = calls.enrol_party(deployment, party_id(gln), party.bitmap, territory_of(party.adcode))
            yield party_key(gln, party.bitmap, party.adcode), call
    for signer, gln in store_told.untold_devices(session):
        if queries.device(connection, signer) is None:
            yield device_key(signer), calls.enrol_device(deployment, party_id(gln), signer)


def is_party_mirrored(session: Session, gln: str, roles: int, adcode: str) -> bool:
    """Whether the mirror shows a party with these roles and this territory."""
    found = queries.party(session.connection(), party_id(gln))
    return found is not None and (found.roles, found.territory) == (roles, territory_of(adcode))


def _revocations(session: Session, carrier: Carrier, alive: set[str]) -> Iterator[tuple[str, Call]]:
    """Asked for before every run of captures: looks at those who were silenced, not at everybody who takes part."""
    connection, deployment = session.connection(), carrier.deployment
    for device in identity.list_devices(session, revoked=True):
        key = f"revoke:{device.signer.hex()}"
        if key in alive:
            continue
        known = queries.device(connection, device.signer)
        if known.revoked is False if known else store.keys_alive(session, (device_key(device.signer),)):
            yield key, calls.revoke_device(deployment, device.signer)


def _standings(session: Session, carrier: Carrier, alive: set[str], now: datetime) -> Iterator[tuple[str, Call]]:
    said = _standings_said(alive)
    parties = {party.gln: party for party in identity.list_parties(session, sanctioned=True)}
    parties |= {gln: identity.get_party(session, gln) for gln in said if gln not in parties}
    for party in parties.values():
        number, standing = said.get(party.gln) or (0, _mirrored_standing(session, party))
        if standing == party.standing or not store.keys_alive(session, (f"party:{party.gln}:",)):
            continue
        if may_change(session, carrier.deployment, party.gln, party.standing, now):
            key = f"standing:{party.gln}:{party.standing}:{number + 1}"
            yield key, calls.set_standing(carrier.deployment, party_id(party.gln), party.standing)


def _standings_said(alive: set[str]) -> dict[str, tuple[int, str]]:
    """The last standing that we told the chain, by GLN, with its number."""
    said: dict[str, tuple[int, str]] = {}
    for key in alive:
        if key.startswith("standing:"):
            _, gln, standing, number = key.split(":")
            said[gln] = max(said.get(gln, (0, "")), (int(number), standing))
    return said


def _mirrored_standing(session: Session, party: Party) -> str:
    found = queries.party(session.connection(), party_id(party.gln))
    return next((name for name, value in calls.STANDINGS.items() if found and value == found.standing), "active")
