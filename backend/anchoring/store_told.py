"""SQL of who takes part but is not on the chain's way yet: one look at both sides, however many take part."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, any_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from backend.anchoring import store
from backend.anchoring.rules import ALIVE, Intent
from backend.db.tables.anchoring import intent, leaf_record
from backend.db.tables.identity import device, identity_log, party, sanction
from backend.identity.rules import PARTY_ROLES
from backend.identity.rules_sanctions import Sanction
from ledger_indexer import queries
from ledger_indexer.decode import RawLog

_HAS_ROLES = func.cardinality(party.c.roles) > 0


def untold_parties(session: Session) -> list[str]:
    """GLNs of parties without an intent that enrols them with the roles and the territory they have now."""
    bits = [case((literal(role) == any_(party.c.roles), bit), else_=0) for role, bit in PARTY_ROLES.items()]
    bitmap = sum(bits[1:], start=bits[0])
    key = func.concat("party:", party.c.gln, ":", cast(bitmap, String), ":", party.c.adcode)
    query = select(party.c.gln).where(_HAS_ROLES, ~_is_told(key)).order_by(party.c.gln)
    return list(session.execute(query).scalars())


def untold_devices(session: Session) -> list[tuple[bytes, str]]:
    """Signers without an intent that enrols them, each with its party's GLN."""
    key = func.concat("device:", func.encode(device.c.signer, "hex"))
    query = select(device.c.signer, device.c.party).join(party, party.c.gln == device.c.party)
    query = query.where(_HAS_ROLES, ~_is_told(key)).order_by(device.c.party, device.c.label)
    return [(signer, gln) for signer, gln in session.execute(query)]


def _is_told(key: ColumnElement[str]) -> ColumnElement[bool]:
    return select(intent.c.id).where(intent.c.key == key, intent.c.state.in_(ALIVE)).exists()


def logs_of(session: Session, each: Intent) -> Sequence[RawLog]:
    """What the called contract itself said in an intent's transaction, whichever of its versions was mined."""
    final = each.seen_block if each.state == "final" else None
    blocks = (store.last_seen_block(session, each) if final is None else final, final)
    return queries.logs_of(session.connection(), each.hashes, each.call.to, blocks)


def newest_in_force(session: Session) -> list[Sanction]:
    """Of each party the sanction that came into force last, if the party has that standing still."""
    newest = select(sanction).where(sanction.c.state == "in_force").ext(distinct_on(sanction.c.party))
    each = newest.order_by(sanction.c.party, sanction.c.in_force_at.desc()).subquery()
    query = select(each).join(party, party.c.gln == each.c.party).where(party.c.standing == each.c.standing)
    return [Sanction(**row._mapping) for row in session.execute(query)]


def untold_decisions(session: Session, limit: int = 200) -> list[dict[str, Any]]:
    """Records of the identity's log that are not kept as evidence yet, the oldest first."""
    kept = select(leaf_record.c.evidence).where(leaf_record.c.evidence == identity_log.c.evidence).exists()
    query = select(identity_log.c.record).where(identity_log.c.evidence.is_not(None), ~kept)
    return list(session.execute(query.order_by(identity_log.c.id).limit(limit)).scalars())
