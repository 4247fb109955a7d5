"""Steps that carry sanctions: announced on chain, put in force in our books when the chain would take them too.

Durable steps, and what a crash after each leaves:

1. confirmed by a second person             it is announced by the next `announce_sanctions`
2. the announcement is written              it is sent; the AccessManager takes one of a kind
3. the mirror shows it, with its time       `put_in_force` waits for that time, as often as need be
4. in force in our books                    the next `sanction` writes the change itself, once
5. withdrawn after it was announced         the announcement is taken back by the next `announce_sanctions`

Without a delay there is nothing to announce, and a confirmed sanction is in force at once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from backend.anchoring import calls, service, store, store_enrolments, store_intents
from backend.anchoring.jobs.writer import Writer
from backend.anchoring.rules import DEATHS_MAX, UNSEEN, Call, Carrier, Intent, IntentKind
from backend.identity import sanctions as identity
from backend.identity.rules import Standing
from backend.identity.rules_sanctions import Sanction, SanctionState
from backend.identity.service import get_party
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.mirror import queries
from scanner.device.names import party_id

_EXPIRES_AFTER = timedelta(days=6)
"""An announcement that was not made use of by then is made again; the AccessManager forgets it after seven days."""
_IDLE_CHAIN = timedelta(seconds=15)
"""A chain without blocks has no time of its own: so long after the time announced, a new block bears a later one."""
_REMEMBERED = timedelta(days=30)


@dataclass(frozen=True)
class Announced:
    """The newest announcement of a sanction; `ready_at` is from when the chain takes it, None while it is under way."""

    number: int
    intent: Intent
    ready_at: datetime | None

    def is_usable(self, now: datetime) -> bool:
        """Whether the chain still knows it."""
        return self.ready_at is None or now < self.ready_at + _EXPIRES_AFTER


def announce_sanctions(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Announce what was confirmed, and take back what was withdrawn since it was announced."""
    if not carrier.deployment.sanction_delay_s or not store.lock(session):
        return False
    wanted = _withdrawals(session, carrier, now) + _announcements(session, carrier, now)
    wanted = [(key, call) for key, call in wanted if store_intents.count_dead(session, key) < DEATHS_MAX]
    if wanted:
        writer = Writer(session, carrier.sanctions_by, now)
        for key, call in wanted:
            writer.write(IntentKind.SANCTION, key, call)
    return bool(wanted)


def _announcements(session: Session, carrier: Carrier, now: datetime) -> list[tuple[str, Call]]:
    """What waits, and what is in force in our books but not on chain, each without an announcement that holds.

    A kind of announcement waits while an earlier one of the same kind is not used up or taken back yet.
    """
    wanted = []
    for each in _due(session):
        last = find_announced(session, each)
        if last is not None and last.is_usable(now):
            continue
        if _is_occupied(session, each, now):
            continue
        key = f"{_key('announce', each)}:{last.number + 1 if last else 1}"
        wanted.append((key, calls.schedule_standing(carrier.deployment, party_id(each.party), each.standing)))
    return wanted


def _due(session: Session) -> list[Sanction]:
    waiting = identity.list_sanctions(session, states=(SanctionState.CONFIRMED,))
    in_force = [
        each for each in store_enrolments.newest_in_force(session) if not is_party_standing(session, each.party)
    ]
    return in_force + waiting


def is_party_standing(session: Session, gln: str) -> bool:
    """Whether the mirror shows a party with the standing of our books; one that is not enrolled yet is active."""
    found = queries.party(session.connection(), party_id(gln))
    return (found.standing if found else calls.STANDINGS[Standing.ACTIVE]) == calls.STANDINGS[
        get_party(session, gln).standing
    ]


def _is_occupied(session: Session, each: Sanction, now: datetime) -> bool:
    """Whether the chain holds the same change by an earlier sanction still, or has not followed our books yet."""
    if each.state is SanctionState.CONFIRMED and not is_party_standing(session, each.party):
        return True
    for other in identity.list_withdrawn_after_confirmation(session, now - _REMEMBERED):
        if (other.party, other.standing) == (each.party, each.standing):
            announced = find_announced(session, other)
            if (
                announced
                and announced.is_usable(now)
                and not store_intents.find_intents(session, _key("withdraw", other))
            ):
                return True
    return False


def _withdrawals(session: Session, carrier: Carrier, now: datetime) -> list[tuple[str, Call]]:
    wanted = []
    for each in identity.list_withdrawn_after_confirmation(session, now - _REMEMBERED):
        announced, key = find_announced(session, each), _key("withdraw", each)
        if announced is not None and announced.is_usable(now) and not store_intents.keys_alive(session, (key,)):
            by = carrier.sanctions_by.relayer
            wanted.append((key, calls.cancel_standing(carrier.deployment, by, party_id(each.party), each.standing)))
    return wanted


def put_in_force(session: Session, carrier: Carrier, *, now: datetime) -> bool:
    """Change standings in our books, of those sanctions that the chain would take now."""
    if not store.lock(session):
        return False
    changed = False
    waiting = identity.list_sanctions(session, states=(SanctionState.CONFIRMED,))
    if waiting:
        carrier.sanctions_by  # noqa: B018  (raises Unavailable: without its key the chain could not follow our books)
    for each in waiting:
        if carrier.deployment.sanction_delay_s:
            announced = find_announced(session, each)
            if announced is None or announced.ready_at is None:
                continue
            identity.postpone(session, each.id, announced.ready_at)
            if not _is_ready(session, announced, now):
                continue
        changed = identity.put_in_force(session, each.id, now=now) or changed
    return changed


def may_change(session: Session, deployment: Deployment, gln: str, standing: str, now: datetime) -> bool:
    """Whether the chain takes a change of standing now: without a delay always, else after its announcement."""
    if not deployment.sanction_delay_s:
        return True
    for each in identity.list_sanctions(session, party_gln=gln, states=(SanctionState.IN_FORCE,)):
        if each.standing == standing:
            announced = find_announced(session, each)
            return announced is not None and _is_ready(session, announced, now)
    return False


def _is_ready(session: Session, announced: Announced, now: datetime) -> bool:
    if announced.ready_at is None or not announced.is_usable(now):
        return False
    tip = queries.tip(session.connection())
    is_past = tip is not None and tip.block_time >= announced.ready_at.timestamp()
    return is_past or now >= announced.ready_at + _IDLE_CHAIN


def find_announced(session: Session, each: Sanction) -> Announced | None:
    """The newest announcement of a sanction that is not dead, as the mirror shows it."""
    intents = store_intents.find_intents(session, _key("announce", each) + ":")
    if not intents:
        return None
    intent = intents[-1]
    logs = () if intent.state in UNSEEN else store_enrolments.logs_of(session, intent)
    ready_at = datetime.fromtimestamp(int.from_bytes(logs[-1].data[:32]), UTC) if logs else None
    return Announced(int(intent.key.rpartition(":")[2]), intent, ready_at)


def _key(what: str, each: Sanction) -> str:
    return f"{what}:{each.party}:{each.standing}:{each.id.hex}"


def keep_decisions(session: Session, *, now: datetime) -> bool:
    """Hand what was decided on standings to the evidence log; the same again changes nothing."""
    records = store_enrolments.untold_decisions(session)
    for record in records:
        service.add_leaf(session, "sanction", record, now=now)
    return bool(records)
