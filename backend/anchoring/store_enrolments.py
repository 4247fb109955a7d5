"""SQL of who takes part but is not on the chain's way yet: one look at both sides, however many take part."""

from collections.abc import Collection, Sequence

from sqlalchemy import ScalarSelect, String, any_, case, cast, func, literal, select, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from backend.anchoring import store_intents
from backend.anchoring.rules import ALIVE, OPEN, SEEN, UNSEEN, EvidenceKind, Intent, IntentState
from backend.capture.rules import EvidenceState
from backend.db.tables.anchoring import anchor, head, intent, leaf, leaf_record
from backend.db.views.capture import signed
from backend.db.views.identity import identity_record, key_change, party, sanction
from backend.identity.rules import PARTY_ROLES
from backend.identity.rules_keys import BARRIERS, Change, ChangeKind, change_from
from backend.identity.rules_sanctions import Sanction, SanctionState, sanction_from
from ledger_indexer.mirror import queries
from ledger_indexer.rows.decode import RawLog

_HAS_ROLES = func.cardinality(party.c.roles) > 0


def untold_parties(session: Session) -> list[str]:
    """GLNs of parties without an intent that enrols them with the roles and the territory they have now."""
    bits = [case((literal(role) == any_(party.c.roles), bit), else_=0) for role, bit in PARTY_ROLES.items()]
    bitmap = sum(bits[1:], start=bits[0])
    key = func.concat("party:", party.c.gln, ":", cast(bitmap, String), ":", party.c.adcode)
    query = select(party.c.gln).where(_HAS_ROLES, ~_is_told(key)).order_by(party.c.gln)
    return list(session.execute(query).scalars())


def untold_changes(session: Session) -> list[Change]:
    """Changes of who may speak without an intent that carries them, in their order."""
    query = select(key_change).join(party, party.c.gln == key_change.c.party)
    query = query.where(_HAS_ROLES, ~_is_told(key_change.c.key)).order_by(key_change.c.seq)
    return [change_from(row) for row in session.execute(query)]


def open_barriers(session: Session, deaths_most: int, *, seen_is_enough: bool) -> list[Change]:
    """Revocations and changes of standing that do not stand on chain for good, nor were given up."""
    stands = SEEN if seen_is_enough else (IntentState.FINAL,)
    about = select(intent.c.id).where(intent.c.key == key_change.c.key)
    query = select(key_change).join(party, party.c.gln == key_change.c.party)
    query = query.where(_HAS_ROLES, key_change.c.kind.in_(BARRIERS), ~about.where(intent.c.state.in_(stands)).exists())
    query = query.where(_deaths() < deaths_most).order_by(key_change.c.seq)
    return [change_from(row) for row in session.execute(query)]


def under_way_before(session: Session, seq: int, *, seen_is_enough: bool) -> list[bytes]:
    """Evidences of records that came before a change and do not stand on chain for good yet."""
    record = (anchor.c.kind == EvidenceKind.RECORD) & (anchor.c.seq < seq)
    waiting = select(anchor.c.evidence).where(record, anchor.c.state == EvidenceState.CAPTURED)
    states = UNSEEN if seen_is_enough else OPEN
    carried = select(anchor.c.evidence).join(intent, intent.c.id == anchor.c.intent)
    carried = carried.where(record, intent.c.state.in_(states), anchor.c.state != EvidenceState.REFUSED)
    return list(session.execute(union(waiting, carried)).scalars())


def has_leaves_before(session: Session, seq: int, signer: bytes, *, seen_is_enough: bool) -> bool:
    """Whether leaves that a device signed, and that came before a change, stand under no head on chain for good yet.

    Those of a head that died are such again, since only what the newest head that stands covers is left out.
    """
    stands = SEEN if seen_is_enough else (IntentState.FINAL,)
    covered = select(head.c.size).join(intent, intent.c.id == head.c.intent).where(intent.c.state.in_(stands))
    newest = func.coalesce(covered.order_by(head.c.size.desc()).limit(1).scalar_subquery(), 0)
    in_tree = select(leaf.c.evidence).where(leaf.c.index >= newest)
    waiting = select(anchor.c.evidence).where(
        anchor.c.kind == EvidenceKind.LEAF, anchor.c.state == EvidenceState.CAPTURED
    )
    under_way = union(in_tree, waiting).subquery()
    query = select(anchor.c.seq).join(under_way, under_way.c.evidence == anchor.c.evidence)
    query = query.join(signed, signed.c.evidence == anchor.c.evidence)
    query = query.where(anchor.c.seq < seq, signed.c.signer == signer).limit(1)
    return session.execute(query).one_or_none() is not None


def untold_signers(session: Session, deaths_most: int) -> set[bytes]:
    """Devices whose joining no transaction carries to the chain yet, unless it was given up."""
    joins = key_change.c.kind.not_in((*BARRIERS, ChangeKind.INVITE))
    query = select(key_change.c.signer).join(party, party.c.gln == key_change.c.party)
    query = query.where(_HAS_ROLES, joins, ~_is_told(key_change.c.key), _deaths() < deaths_most)
    return set(session.execute(query).scalars())


def list_waiting_leaves(session: Session, limit: int, without: Collection[bytes]) -> list[bytes]:
    """Evidences that are to be leaves, in the order they were captured; those that some devices signed are left out."""
    query = select(anchor.c.evidence).where(
        anchor.c.kind == EvidenceKind.LEAF, anchor.c.state == EvidenceState.CAPTURED
    )
    if without:
        signers = select(signed.c.signer).where(signed.c.evidence == anchor.c.evidence)
        query = query.where(~signers.where(signed.c.signer.in_(without)).exists())
    return list(session.execute(query.order_by(anchor.c.seq).limit(limit)).scalars())


def _deaths() -> ScalarSelect[int]:
    dead = select(func.count()).select_from(intent).where(intent.c.key == key_change.c.key)
    return dead.where(intent.c.state.not_in(ALIVE)).scalar_subquery()


def _is_told(key: ColumnElement[str]) -> ColumnElement[bool]:
    return select(intent.c.id).where(intent.c.key == key, intent.c.state.in_(ALIVE)).exists()


def logs_of(session: Session, each: Intent) -> Sequence[RawLog]:
    """What the called contract itself said in an intent's transaction, whichever of its versions was mined."""
    final = each.seen_block if each.state is IntentState.FINAL else None
    blocks = (store_intents.last_seen_block(session, each) if final is None else final, final)
    return queries.logs_of(session.connection(), each.hashes, each.call.to, blocks)


def newest_in_force(session: Session) -> list[Sanction]:
    """Of each party the sanction that came into force last, if the party has that standing still."""
    newest = select(sanction).where(sanction.c.state == SanctionState.IN_FORCE).ext(distinct_on(sanction.c.party))
    each = newest.order_by(sanction.c.party, sanction.c.in_force_at.desc()).subquery()
    query = select(each).join(party, party.c.gln == each.c.party).where(party.c.standing == each.c.standing)
    return [sanction_from(row) for row in session.execute(query)]


def untold_decisions(session: Session, limit: int = 200) -> list[dict[str, object]]:
    """Records of the identity's log that are not kept as evidence yet, the oldest first."""
    kept = select(leaf_record.c.evidence).where(leaf_record.c.evidence == identity_record.c.evidence).exists()
    query = select(identity_record.c.record).where(identity_record.c.evidence.is_not(None), ~kept)
    return list(session.execute(query.order_by(identity_record.c.id).limit(limit)).scalars())
