"""Steps that write who takes part: parties are enrolled, and every change of who may speak, in the order of our books.

A change of a party's standing and a revocation are barriers: captures that they bear upon and that were taken before
must stand on chain before them for good, and those taken after wait until the change itself does. So the contract asks
in the order in which we were asked, whatever key and lane carries what. A revocation waits for the leaves of its device
too (packings, say): the contract does not ask who signed them, but whoever checks the way of a bottle does.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice

from sqlalchemy.orm import Session

from backend.anchoring import calls, store, store_enrolments, store_intents
from backend.anchoring.jobs.bearing import Barrier, barrier_of, parties_of
from backend.anchoring.jobs.sanctioning import may_change
from backend.anchoring.jobs.writer import Writer
from backend.anchoring.rules import DEATHS_MAX, Call, Carrier, IntentKind, Relay, device_key, party_key, territory_of
from backend.capture import service as capture
from backend.identity import keys_learned
from backend.identity import service as identity
from backend.identity.rules_keys import Change, ChangeKind
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.mirror import queries
from scanner.device.names import party_id

_log = logging.getLogger(__name__)
IDLE_CHAIN = timedelta(seconds=15)
"""A chain without new blocks for so long buries nothing deeper, and takes nothing back: what is in a block stands."""


def enrol(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Enrol parties that the chain does not know yet, and let keys join, each party's in their order."""
    if not store.lock(session):
        return False
    return _write_all(session, carrier.first, IntentKind.ENROL, _enrolments(session, carrier.deployment), now)


def sanction(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Revoke devices and change standings, each when all that it bears upon and was said before stands on chain."""
    if not store.lock(session):
        return False
    quiet = [each for each in _next_changes(session) if each.is_barrier and is_quiet(session, each, now)]
    revoked = ((each.key, call_of(carrier.deployment, each)) for each in quiet if each.kind is not ChangeKind.STANDING)
    done = _write_all(session, carrier.first, IntentKind.SANCTION, revoked, now)
    standings = [each for each in quiet if each.kind is ChangeKind.STANDING and _is_time(session, carrier, each, now)]
    if not standings:
        return done
    changed = ((each.key, call_of(carrier.deployment, each)) for each in standings)
    return _write_all(session, carrier.sanctions_by, IntentKind.SANCTION, changed, now) or done


def _is_time(session: Session, carrier: Carrier, each: Change, now: datetime) -> bool:
    """Whether the chain takes a change of standing now."""
    assert each.standing is not None
    return may_change(session, carrier.deployment, each.party, each.standing, now)


def learn(session: Session, *, finality_depth: int, now: datetime) -> bool:
    """Take over from the mirror what our books cannot know by themselves: when notices end, and keys that were changed
    on chain by others' relayers, as every party may."""
    tip = queries.tip(session.connection())
    if tip is None or not store.lock(session):
        return False
    final_block = tip.number if is_idle(session, now) else tip.number - finality_depth
    mirrored = keys_learned.Mirrored(datetime.fromtimestamp(tip.block_time, UTC), final_block)
    return keys_learned.learn(session, queries.devices(session.connection()), mirrored, now=now)


def _write_all(
    session: Session, relay: Relay, kind: IntentKind, wanted: Iterator[tuple[str, Call]], now: datetime
) -> bool:
    room = store_intents.load(session, relay.relayer).room(now)
    writer: Writer | None = None
    for key, call in islice(wanted, room):
        writer = writer or Writer(session, relay, now)
        writer.write(kind, key, call)
    return writer is not None


def is_given_up(session: Session, key: str) -> bool:
    """Whether the chain refused something so often that nobody tries again."""
    if store_intents.count_dead(session, key) < DEATHS_MAX:
        return False
    _log.error("%s was refused by the chain %d times and is given up", key, DEATHS_MAX)
    return True


def _enrolments(session: Session, deployment: Deployment) -> Iterator[tuple[str, Call]]:
    for gln in store_enrolments.untold_parties(session):
        party = identity.get_party(session, gln)
        key = party_key(gln, party.bitmap, party.adcode)
        if not _is_enrolled(session, gln) and not is_given_up(session, key):
            yield key, calls.enrol_party(deployment, party_id(gln), party.bitmap, territory_of(party.adcode))
    enrolled = cache(lambda gln: _is_enrolled(session, gln))
    for each in _next_changes(session):
        # Who was taken on after the parties above were read comes with the next round: the chain takes a key only of
        # a party that it knows.
        if not each.is_barrier and enrolled(each.party):
            yield each.key, call_of(deployment, each)


def _is_enrolled(session: Session, gln: str) -> bool:
    """Whether the chain knows a party, or is being told of it, with whatever roles: the contract takes each party once.

    That it knows it with others than our books is for the comparison of both to tell.
    """
    known = queries.party(session.connection(), party_id(gln)) is not None
    return known or bool(store_intents.find_intents(session, f"party:{gln}:"))


def _next_changes(session: Session) -> Iterator[Change]:
    """Changes that may be written now: of each party all up to its first barrier, or that barrier itself.

    Standings are a line of their own, since another key may carry them.
    """
    stopped = set[tuple[str, bool]]()
    for each in store_enrolments.untold_changes(session):
        line = (each.party, each.kind is ChangeKind.STANDING)
        if line in stopped or is_given_up(session, each.key):
            continue
        yield each
        if each.is_barrier:
            stopped.add(line)


def call_of(deployment: Deployment, each: Change) -> Call:
    """A change as a call of the register."""
    party = party_id(each.party)
    if each.kind is ChangeKind.INVITE:
        assert each.by is not None
        return calls.invite(deployment, party, each.by)
    if each.kind is ChangeKind.STANDING:
        assert each.standing is not None
        return calls.set_standing(deployment, party, each.standing)
    assert each.signer is not None
    if each.kind is ChangeKind.REVOKE:
        if each.by is None or each.signature is None:
            return calls.revoke_device(deployment, each.signer)
        return calls.revoke(deployment, each.signer, each.by, each.signature)
    assert each.possession is not None
    if each.kind is ChangeKind.PROPOSE:
        return calls.propose(deployment, party, each.signer, each.possession)
    assert each.signature is not None
    if each.kind is ChangeKind.REDEEM:
        return calls.redeem(deployment, party, each.signer, each.possession, each.signature)
    assert each.by is not None
    return calls.admit(deployment, each.signer, each.possession, each.by, each.signature)


def barriers(session: Session, now: datetime) -> list[Barrier]:
    """Changes that do not stand on chain for good yet; what they bear upon and came later waits."""
    idle = is_idle(session, now)
    open_ones = store_enrolments.open_barriers(session, DEATHS_MAX, seen_is_enough=idle)
    return [barrier_of(each) for each in open_ones]


def is_idle(session: Session, now: datetime) -> bool:
    """Whether the chain makes no blocks."""
    tip = queries.tip(session.connection())
    return tip is not None and now - datetime.fromtimestamp(tip.block_time, UTC) > IDLE_CHAIN


def is_quiet(session: Session, each: Change, now: datetime) -> bool:
    """Whether everything said before a change, that it bears upon, stands on chain for good or can never go."""
    barrier, idle = barrier_of(each), is_idle(session, now)
    if barrier.signer is not None and _has_leaves(session, each.seq, barrier.signer, idle):
        return False
    before = store_enrolments.under_way_before(session, each.seq, seen_is_enough=idle)
    stored = capture.list_by_evidence(session, before)
    parties = parties_of(session, stored)
    return not any(
        barrier.bears_upon(parties[one.evidence], one.signer)
        and store_intents.count_dead(session, device_key(one.signer)) < DEATHS_MAX
        for one in stored
    )


def _has_leaves(session: Session, seq: int, signer: bytes, idle: bool) -> bool:
    """Whether leaves of a device may still come under a head on chain, which a proof asks to be before its revocation.

    Nobody waits for the leaves of a device that the chain never took, nor for heads that it takes no more.
    """
    if not store_enrolments.has_leaves_before(session, seq, signer, seen_is_enough=idle):
        return False
    if store_intents.count_reverted_lately(session, DEATHS_MAX, IntentKind.HEAD) == DEATHS_MAX:
        _log.error("device %s is revoked before its leaves are under a head: heads are refused", signer.hex())
        return False
    return store_intents.count_dead(session, device_key(signer)) < DEATHS_MAX


def is_party_mirrored(session: Session, gln: str, roles: int, adcode: str) -> bool:
    """Whether the mirror shows a party with these roles and this territory."""
    found = queries.party(session.connection(), party_id(gln))
    return found is not None and (found.roles, found.territory) == (roles, territory_of(adcode))
