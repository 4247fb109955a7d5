"""Steps that bring written intents to the node, and look after those that stay away."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from backend.anchoring import store, store_intents
from backend.anchoring.lanes import bumped
from backend.anchoring.rules import BUMP_AFTER, EXAMINE_AFTER, RESEND_AFTER, Carrier, Intent, IntentState, Relay
from backend.errors import Unavailable
from ledger_indexer.mirror import queries

_log = logging.getLogger(__name__)
_SENT_MAX = 64
"""Transactions of a lane that one step hands over."""


def _in_each_lane(session: Session, carrier: Carrier, step: Callable[[Relay], bool]) -> bool:
    """Do a step in every lane; one whose key the node refuses (no funds) holds up no other that has work.

    Raises:
        Unavailable: a lane has trouble, and no other one had anything to do.
    """
    if not store.lock(session):
        return False
    busy, troubles = False, list[Unavailable]()
    for relay in carrier.relays:
        try:
            busy = step(relay) or busy
        except Unavailable as trouble:
            troubles.append(trouble)
    if troubles and not busy:
        raise troubles[0]
    for each in troubles:
        _log.warning("a lane waits: %s", each)
    return busy


def send(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Hand over what is written and in no block, in the order of nonces; again after a while, in case it was forgotten.

    The bytes are those written down: whatever was handed over before a crash is the same transaction, not another.
    Nodes count questions, so none is asked while nothing waits, and none before what no node was given yet: with a node
    that soon has enough, it would be the last one answered.
    """

    def step(relay: Relay) -> bool:
        fresh = store_intents.list_unsent(session, relay.relayer, _SENT_MAX)
        sent = _hand_over(session, relay, fresh, now)
        again = store_intents.is_to_resend(session, relay.relayer, now - RESEND_AFTER)
        return (again and _send(session, relay, now)) or sent

    return _in_each_lane(session, carrier, step)


def send_again(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Hand over once more what a deep rewind took back, although our books have it as final."""
    return _in_each_lane(session, carrier, lambda relay: _send(session, relay, now))


def _send(session: Session, relay: Relay, now: datetime) -> bool:
    """All that is in no block by the node's word and was not handed over lately."""
    found = store_intents.list_unmined(session, relay.relayer, relay.confirmed_nonce(), _SENT_MAX)
    due = [each for each in found if each.sent_at is None or now - each.sent_at >= RESEND_AFTER]
    return _hand_over(session, relay, due, now)


def _hand_over(session: Session, relay: Relay, intents: Sequence[Intent], now: datetime) -> bool:
    """What a node took before it had enough of us is written down: else the next round would begin at the beginning,
    and with a node that soon has enough never come to the end. True when one was new, or others are left."""
    sent = False
    for handed, intent in enumerate(intents):
        try:
            relay.send(intent.raw)
        except Unavailable as trouble:
            if handed == 0:
                raise
            _log.info("%d transactions handed over, the next ones wait: %s", handed, trouble)
            return True
        sent = sent or intent.sent_at is None
        store_intents.set_intent(
            session,
            intent.id,
            sent_at=now,
            state=IntentState.SENT if intent.state is IntentState.WRITTEN else intent.state,
        )
    return sent


def bump(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Sign the next transaction of a lane again with a higher fee, when blocks have passed it by for too long.

    Blocks of the mirror: on a chain that stood still nobody was preferred to us, and a higher fee buys nothing.
    """
    tip = queries.tip(session.connection())
    if tip is None:
        return False
    last_block = datetime.fromtimestamp(tip.block_time, UTC)
    return _in_each_lane(session, carrier, lambda relay: _bump(session, relay, last_block, now))


def _bump(session: Session, relay: Relay, last_block: datetime, now: datetime) -> bool:
    if not _waits(session, relay, last_block - BUMP_AFTER):
        return False
    for intent in store_intents.list_unmined(session, relay.relayer, relay.confirmed_nonce(), 1):
        if intent.state is not IntentState.SENT or last_block - intent.signed_at < BUMP_AFTER:
            continue
        fee = bumped(intent.fee, relay.quote().fee)
        store_intents.resign(session, intent.id, relay.sign(intent.call, intent.nonce, fee), fee, now)
        _log.warning("transaction %d waits for a block since %s; fee raised", intent.nonce, intent.signed_at)
        return True
    return False


def examine(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Find out why a transaction whose nonce is spent left no trace in the mirror: it failed, or was never mined."""
    return _in_each_lane(session, carrier, lambda relay: _examine(session, relay, now))


def _examine(session: Session, relay: Relay, now: datetime) -> bool:
    if not _waits(session, relay, now - EXAMINE_AFTER):
        return False
    died, confirmed = False, relay.confirmed_nonce()
    for intent in store_intents.list_unseen_below(session, relay.relayer, confirmed, now - EXAMINE_AFTER):
        outcomes = [relay.outcome(tx_hash) for tx_hash in intent.hashes]
        if True in outcomes:
            continue  # it went well; the mirror will show it
        if False in outcomes:
            _mark_dead(session, intent, IntentState.REVERTED)
        elif now - intent.signed_at > 3 * EXAMINE_AFTER:
            _mark_dead(session, intent, IntentState.LOST)
        else:
            continue
        died = True
    return died


def _waits(session: Session, relay: Relay, since: datetime) -> bool:
    """Whether anything of a lane, signed by then, is not in the mirror."""
    oldest = store_intents.oldest_unseen(session, relay.relayer)
    return oldest is not None and oldest <= since


def _mark_dead(session: Session, intent: Intent, state: IntentState) -> None:
    """Mark an intent as dead: what it carried waits again."""
    _log.error("transaction 0x%s (%s) %s", intent.hashes[-1].hex(), intent.key, state)
    store_intents.set_intent(session, intent.id, state=state)
    store.release(session, intent.id, reverted=state is IntentState.REVERTED)
