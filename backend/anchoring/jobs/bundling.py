"""Steps that write evidence: captures by the hundred, and the heads of the log in which all the rest stands."""

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from backend.anchoring import calls, store, store_enrolments, store_intents, store_tree
from backend.anchoring.jobs.bearing import parties_of
from backend.anchoring.jobs.enrolling import IDLE_CHAIN, barriers
from backend.anchoring.jobs.writer import Writer
from backend.anchoring.lanes import CAPTURES_MAX, chunks, hopeless, is_time, share_out
from backend.anchoring.rules import (
    DEATHS_MAX,
    LEAVES_MAX,
    LOG,
    STUCK_AFTER,
    Carrier,
    EvidenceKind,
    IntentKind,
    SignedCapture,
    TransactionsKeepFailing,
    device_key,
)
from backend.capture import service as capture
from backend.capture.rules import Stored
from ledger_indexer.mirror import queries
from scanner.device.capture import Step
from scanner.device.names import party_id
from scanner.evidence.proof import consistency_path
from scanner.evidence.tree import Frontier, Node, leaf_hash

_log = logging.getLogger(__name__)
_RUN_MAX = 8
"""Transactions of a lane that one step writes before it commits."""


def bundle_records(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Write captures that change custody into transactions, in the order in which they were taken.

    They wait until there are enough for a transaction, or the first has waited for as long as the carrier's patience.

    Raises:
        TransactionsKeepFailing: transactions of records revert, whatever they carry.
    """
    if not store.lock(session):
        return False
    stored = _waiting_captures(session)
    oldest = stored[0].captured_at if stored else None
    if not is_time(len(stored), CAPTURES_MAX, oldest, carrier.patience, now):
        return False
    if store_intents.count_reverted_lately(session, STUCK_AFTER) == STUCK_AFTER:
        raise TransactionsKeepFailing("transactions of captures reverted, one after the other")
    reverts = store.count_reverts(session, [each.evidence for each in stored])
    waiting = [SignedCapture(each.capture, each.signer, each.signature) for each in stored]
    lines = share_out(
        waiting,
        lanes_of=_Known(session, carrier, stored, waiting, now),
        under_way=_lanes_under_way(session, carrier),
        room=[store_intents.load(session, relay.relayer).room(now) for relay in carrier.lanes],
        each_takes=CAPTURES_MAX,
    )
    for relay, line in zip(carrier.lanes, lines, strict=True):
        if line:
            _write_records(session, carrier, Writer(session, relay, now), line, reverts)
    return any(lines)


def _with_hope(
    session: Session, waiting: list[SignedCapture], gas: int, reverts: dict[bytes, int]
) -> list[SignedCapture]:
    """Without the captures that no transaction can carry; why is kept with them, and their batches go on."""
    found = []
    for each in waiting:
        why = hopeless(each, gas=gas, reverts=reverts.get(each.capture.evidence, 0))
        if why is None:
            found.append(each)
        else:
            _log.error("capture %s is given up: %s", each.capture.evidence.hex(), why)
            store.refuse(session, each.capture.evidence, why)
    return found


def _write_records(
    session: Session, carrier: Carrier, writer: Writer, line: list[SignedCapture], reverts: dict[bytes, int]
) -> None:
    gas = writer.quote.block_gas // 2
    hopeful = _with_hope(session, line, gas, reverts)
    for group in chunks(hopeful, gas=gas, most=CAPTURES_MAX, reverts=reverts)[:_RUN_MAX]:
        intent = writer.write(
            IntentKind.RECORD,
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
    waiting = store.list_waiting(session, EvidenceKind.RECORD, CAPTURES_MAX * _RUN_MAX)
    stored = {each.evidence: each for each in capture.list_by_evidence(session, waiting)}
    return [stored[evidence] for evidence in waiting]


class _Known:
    """The lanes that may carry a capture: all when the chain knows its device and addressee; the first one when it is
    told of them by an earlier intent; none when neither is so, or while a change of somebody's right to speak, that
    bears upon the capture and came before it, does not stand on chain for good."""

    def __init__(
        self, session: Session, carrier: Carrier, stored: list[Stored], waiting: list[SignedCapture], now: datetime
    ) -> None:
        self._first, self._all = range(1), range(len(carrier.lanes))
        self._behind = _behind(session, stored, now)
        told = store_intents.keys_open(session, ("party:", "device:"))
        self._devices = {key for key in told if key.startswith("device:")}
        self._parties = {party_id(key.split(":")[1]) for key in told if key.startswith("party:")}
        connection = session.connection()
        tip = queries.tip(connection)
        time = tip.block_time if tip else 0

        found = queries.devices_by_signer(connection, {each.signer for each in waiting})
        self._mirrored_devices = {signer for signer, each in found.items() if each.since <= max(time, each.enrolled_at)}
        addressees = {each.capture.counterparty for each in waiting if each.capture.step is Step.SHIP}
        self._mirrored_parties = queries.enrolled_parties(connection, addressees)

    def __call__(self, each: SignedCapture) -> Collection[int]:
        if each.capture.evidence in self._behind:
            return range(0)
        device = self._lanes(device_key(each.signer) in self._devices, each.signer in self._mirrored_devices)
        if each.capture.step is not Step.SHIP:
            return device
        addressee = each.capture.counterparty
        return min(device, self._lanes(addressee in self._parties, addressee in self._mirrored_parties), key=len)

    def _lanes(self, told: bool, mirrored: bool) -> range:
        return self._first if told else self._all if mirrored else range(0)


def _behind(session: Session, stored: list[Stored], now: datetime) -> set[bytes]:
    """Captures that wait behind a change of somebody's right to speak."""
    open_ones = barriers(session, now)
    if not open_ones:
        return set()
    parties, seqs = parties_of(session, stored), store.seqs_of(session, [each.evidence for each in stored])
    return {
        each.evidence
        for each in stored
        if any(
            one.seq < seqs[each.evidence] and one.bears_upon(parties[each.evidence], each.signer) for one in open_ones
        )
    }


def bundle_leaves(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Append waiting evidence to the log's tree and write its next head, with the proof that it only grew.

    One head at a time is under way: what comes meanwhile goes into the next one together. The next is written when
    there are enough leaves, or the carrier's patience has passed since the last. A leaf waits for its device.

    Raises:
        TransactionsKeepFailing: the contract does not take the head.
    """
    if not store.lock(session) or store_intents.count_unseen(session, IntentKind.HEAD):
        return False
    waiting = store_enrolments.list_waiting_leaves(session, LEAVES_MAX, _unproven_signers(session, now))
    if waiting and carrier.patience:
        since = store_intents.last_written(session, IntentKind.HEAD)
        if not is_time(len(waiting), LEAVES_MAX, since, carrier.patience, now):
            return False
    _append_leaves(session, waiting)
    size, (last, _) = store_tree.size(session), store_tree.newest_head(session)
    if size == last:
        return False
    key = f"head:{size}"
    if store_intents.count_dead(session, key) >= DEATHS_MAX:
        raise TransactionsKeepFailing(f"the evidence log's head of {size} leaves was refused {DEATHS_MAX} times")
    node = store_tree.get_node(session)
    root = Frontier.load(size, node).root()
    proof = consistency_path(last, size, node) if last else []
    intent = Writer(session, carrier.first, now).write(
        IntentKind.HEAD, key, calls.append(carrier.deployment, LOG, size, root, proof)
    )
    store_tree.add_head(session, intent, last, size, root)
    return True


def _unproven_signers(session: Session, now: datetime) -> set[bytes]:
    """Devices whose leaves wait: under a head before the device, or before its notice is over, nothing could be proven
    of them. An enrolment that is written comes before the head, since one lane carries both. A chain without blocks has
    no time of its own; its next one is of now."""
    tip, next_block = queries.tip(session.connection()), int((now - IDLE_CHAIN).timestamp())
    time = max(tip.block_time, next_block) if tip else next_block
    on_notice = queries.signers_on_notice(session.connection(), time)
    return store_enrolments.untold_signers(session, DEATHS_MAX) | on_notice


def _append_leaves(session: Session, evidences: list[bytes]) -> None:
    if not evidences:
        return
    size = store_tree.size(session)
    frontier, nodes = Frontier.load(size, store_tree.get_node(session)), list[Node]()
    for evidence in evidences:
        nodes += frontier.append(leaf_hash(evidence))
    store_tree.add_leaves(session, size, evidences, nodes)
