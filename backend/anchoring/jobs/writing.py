"""Steps that write intents: who takes part, what was captured, how the evidence log has grown."""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice

from sqlalchemy.orm import Session

from backend.anchoring import calls, store, store_tree
from backend.anchoring.rules import (
    CAPTURES_MAX,
    DEATHS_MAX,
    LEAVES_MAX,
    LOG,
    Call,
    Carrier,
    Relay,
    SignedCapture,
    Stuck,
    chunks,
    device_key,
    is_time,
    party_key,
    share_out,
    territory_of,
)
from backend.capture import service as capture
from backend.capture.rules import Stored
from backend.identity import service as identity
from backend.identity.rules import Party
from ledger_indexer import queries
from scanner.device.capture import Step, capture_of
from scanner.device.names import party_id
from scanner.evidence.proof import consistency_path
from scanner.evidence.tree import Frontier, Node, leaf_hash

_log = logging.getLogger(__name__)
_RUN_MAX = 8
"""Transactions of a lane that one step writes before it commits."""


class _Writer:
    """Writes a lane's intents one after the other; asks the chain for its nonce and fee once."""

    def __init__(self, session: Session, relay: Relay, now: datetime) -> None:
        self._session, self._relay, self._now = session, relay, now
        self.quote = relay.quote()
        self.nonce = store.next_nonce(session, relay.relayer, self.quote.nonce)

    def write(self, kind: str, key: str, call: Call, batches: Collection[bytes] = ()) -> int:
        """Sign a call and write it down, to be sent once this is committed."""
        signed = self._relay.sign(call, self.nonce, self.quote.fee)
        intent = store.add_intent(
            self._session, kind, key, self._relay.relayer, self.nonce, call, signed, self.quote.fee, self._now, batches
        )
        self.nonce += 1
        return intent


def enrol(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Enrol parties and devices that the chain does not know yet, parties first."""
    return store.lock(session) and _write_all(session, carrier, "enrol", _enrolments(session, carrier), now)


def sanction(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Revoke devices and change standings, once everything that was captured before is on its way before it.

    Other lanes' captures must be in blocks: between lanes there is no order. `bundle_records` gives those lanes nothing
    new while a sanction is due, so this comes soon.
    """
    if not store.lock(session) or store.list_waiting(session, "record", 1):
        return False
    if any(store.load(session, relay.relayer).unseen for relay in carrier.lanes[1:]):
        return False
    return _write_all(session, carrier, "sanction", _sanctions(session, carrier), now)


def _write_all(
    session: Session, carrier: Carrier, kind: str, wanted: Iterator[tuple[str, Call]], now: datetime
) -> bool:
    room = store.load(session, carrier.first.relayer).room(now)
    writer: _Writer | None = None
    for key, call in islice(_worth_a_try(session, wanted), room):
        writer = writer or _Writer(session, carrier.first, now)
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
    alive = store.keys_alive(session, ("party:", "device:"))
    parties = {party.gln: party for party in identity.list_parties(session) if party.roles}
    for party in parties.values():
        key = party_key(party.gln, party.bitmap, party.adcode)
        if key not in alive and not is_party_mirrored(session, party.gln, party.bitmap, party.adcode):
            territory = territory_of(party.adcode)
            yield key, calls.enrol_party(deployment, party_id(party.gln), party.bitmap, territory)
    for device in identity.list_devices(session):
        key = device_key(device.signer)
        if device.party in parties and key not in alive and queries.device(connection, device.signer) is None:
            yield key, calls.enrol_device(deployment, party_id(device.party), device.signer)


def is_party_mirrored(session: Session, gln: str, roles: int, adcode: str) -> bool:
    """Whether the mirror shows a party with these roles and this territory."""
    found = queries.party(session.connection(), party_id(gln))
    return found is not None and (found.roles, found.territory) == (roles, territory_of(adcode))


def _sanctions(session: Session, carrier: Carrier) -> Iterator[tuple[str, Call]]:
    connection, deployment = session.connection(), carrier.deployment
    alive = store.keys_alive(session, ("revoke:", "standing:", "device:", "party:"))
    for device in identity.list_devices(session):
        key = f"revoke:{device.signer.hex()}"
        if device.revoked_at is None or key in alive:
            continue
        known = queries.device(connection, device.signer)
        if known.revoked is False if known else device_key(device.signer) in alive:
            yield key, calls.revoke_device(deployment, device.signer)
    enrolled = {key.split(":")[1] for key in alive if key.startswith("party:")}
    said = _standings_said(alive)
    for party in identity.list_parties(session):
        number, standing = said.get(party.gln) or (0, _mirrored_standing(session, party))
        if party.gln in enrolled and standing != party.standing:
            key = f"standing:{party.gln}:{party.standing}:{number + 1}"
            yield key, calls.set_standing(deployment, party_id(party.gln), party.standing)


def _standings_said(alive: set[str]) -> dict[str, tuple[int, str]]:
    """The last standing that we told the chain, by GLN, with its number."""
    said: dict[str, tuple[int, str]] = {}
    for key in alive:
        if key.startswith("standing:"):
            _, gln, standing, number = key.split(":")
            said[gln] = max(said.get(gln, (0, "")), (int(number), standing))
    return said


def _mirrored_standing(session: Session, party: Party) -> str:
    if party.standing == "active":
        return "active"  # what everybody is enrolled as; only others are worth a look
    found = queries.party(session.connection(), party_id(party.gln))
    return next((name for name, value in calls.STANDINGS.items() if found and value == found.standing), "active")


def bundle_records(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Write captures that change custody into transactions, in the order in which they were taken.

    They wait until there are enough for a transaction, or the first has waited for as long as the carrier's patience.

    Raises:
        Stuck: transactions of records revert, even with one capture each.
    """
    if not store.lock(session):
        return False
    stored = _waiting_captures(session)
    oldest = stored[0].captured_at if stored else None
    if not is_time(len(stored), CAPTURES_MAX, oldest, carrier.patience, now):
        return False
    waiting = [SignedCapture(capture_of(each.event), each.signer, each.signature) for each in stored]
    most = CAPTURES_MAX >> store.count_reverted_lately(session)
    if most == 0:
        raise Stuck("transactions of captures reverted, one after the other")
    lines = share_out(
        waiting,
        lanes_of=_Known(session, carrier),
        under_way=_lanes_under_way(session, carrier),
        room=[store.load(session, relay.relayer).room(now) for relay in carrier.lanes],
        each_takes=most,
    )
    for relay, line in zip(carrier.lanes, lines, strict=True):
        if line:
            _write_records(session, carrier, _Writer(session, relay, now), line, most)
    return any(lines)


def _write_records(session: Session, carrier: Carrier, writer: _Writer, line: list[SignedCapture], most: int) -> None:
    for group in chunks(line, most=most, gas=writer.quote.block_gas // 2)[:_RUN_MAX]:
        intent = writer.write(
            "record",
            f"record:{group[0].capture.evidence.hex()}:{writer.nonce}",
            calls.record(carrier.deployment, group),
            set[bytes]().union(*(each.batches for each in group)),
        )
        store.bundle(session, [each.capture.evidence for each in group], intent)


def _lanes_under_way(session: Session, carrier: Carrier) -> dict[bytes, set[int]]:
    """In which lanes batches are; a relayer that is none of ours any more counts as a lane of its own."""
    number = {relay.relayer: at for at, relay in enumerate(carrier.lanes)}
    found = store.batches_under_way(session)
    return {batch: {number.get(relayer, -1) for relayer in relayers} for batch, relayers in found.items()}


def _waiting_captures(session: Session) -> list[Stored]:
    waiting = store.list_waiting(session, "record", CAPTURES_MAX * _RUN_MAX)
    stored = {each.evidence: each for each in capture.list_by_evidence(session, waiting)}
    return [stored[evidence] for evidence in waiting]


class _Known:
    """The lanes that may carry a capture: all when the chain knows its device and addressee; the first one when it is
    told of them by an earlier intent, or while somebody is to be silenced after it; none when neither is so."""

    def __init__(self, session: Session, carrier: Carrier) -> None:
        self._first, self._all = range(1), range(len(carrier.lanes))
        if len(carrier.lanes) > 1 and any(True for _ in _worth_a_try(session, _sanctions(session, carrier))):
            self._all = self._first
        told = store.keys_open(session, ("party:", "device:"))
        self._devices = {key for key in told if key.startswith("device:")}
        self._parties = {party_id(key.split(":")[1]) for key in told if key.startswith("party:")}
        connection = session.connection()
        self._mirrored_device = lru_cache(lambda signer: queries.device(connection, signer) is not None)
        self._mirrored_party = lru_cache(lambda party: queries.party(connection, party) is not None)

    def __call__(self, each: SignedCapture) -> Collection[int]:
        device = self._lanes(device_key(each.signer) in self._devices, self._mirrored_device(each.signer))
        if each.capture.step is not Step.SHIP:
            return device
        addressee = each.capture.counterparty
        return min(device, self._lanes(addressee in self._parties, self._mirrored_party(addressee)), key=len)

    def _lanes(self, told: bool, mirrored: bool) -> range:
        return self._first if told else self._all if mirrored else range(0)


def bundle_leaves(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Append waiting evidence to the log's tree and write its next head, with the proof that it only grew.

    One head at a time is under way: what comes meanwhile goes into the next one together. The next is written when
    there are enough leaves, or the carrier's patience has passed since the last.

    Raises:
        Stuck: the contract does not take the head.
    """
    if not store.lock(session) or store.count_unseen(session, "head"):
        return False
    waiting = store.list_waiting(session, "leaf", LEAVES_MAX)
    if waiting and carrier.patience:
        since = store.last_written(session, "head")
        if not is_time(len(waiting), LEAVES_MAX, since, carrier.patience, now):
            return False
    _append_leaves(session, waiting)
    size, (last, _) = store_tree.size(session), store_tree.newest_head(session)
    if size == last:
        return False
    key = f"head:{size}"
    if store.count_dead(session, key) >= DEATHS_MAX:
        raise Stuck(f"the evidence log's head of {size} leaves was refused {DEATHS_MAX} times")
    node = store_tree.get_node(session)
    root = Frontier.load(size, node).root()
    proof = consistency_path(last, size, node) if last else []
    intent = _Writer(session, carrier.first, now).write(
        "head", key, calls.append(carrier.deployment, LOG, size, root, proof)
    )
    store_tree.add_head(session, intent, last, size, root)
    return True


def _append_leaves(session: Session, evidences: list[bytes]) -> None:
    if not evidences:
        return
    size = store_tree.size(session)
    frontier, nodes = Frontier.load(size, store_tree.get_node(session)), list[Node]()
    for evidence in evidences:
        nodes += frontier.append(leaf_hash(evidence))
    store_tree.add_leaves(session, size, evidences, nodes)
