"""SQL of who takes part but is not on the chain's way yet: one look at both sides, however many take part."""

from sqlalchemy import String, any_, case, cast, func, literal, select, union
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from backend.anchoring.rules import ALIVE
from backend.db.tables.anchoring import anchor, intent
from backend.db.tables.identity import key_change, party
from backend.identity.rules import PARTY_ROLES
from backend.identity.rules_keys import BARRIERS, Change

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
    return [Change(**row._mapping) for row in session.execute(query)]


def open_barriers(session: Session, deaths_most: int, *, seen_is_enough: bool) -> list[Change]:
    """Revocations and changes of standing that do not stand on chain for good, nor were given up."""
    stands = ("anchored", "final") if seen_is_enough else ("final",)
    about = select(intent.c.id).where(intent.c.key == key_change.c.key)
    dead = select(func.count()).select_from(intent).where(intent.c.key == key_change.c.key)
    dead = dead.where(intent.c.state.not_in(ALIVE))
    query = select(key_change).join(party, party.c.gln == key_change.c.party)
    query = query.where(_HAS_ROLES, key_change.c.kind.in_(BARRIERS), ~about.where(intent.c.state.in_(stands)).exists())
    query = query.where(dead.scalar_subquery() < deaths_most).order_by(key_change.c.seq)
    return [Change(**row._mapping) for row in session.execute(query)]


def under_way_before(session: Session, seq: int, *, seen_is_enough: bool) -> list[bytes]:
    """Evidences of records that came before a change and do not stand on chain for good yet."""
    record = (anchor.c.kind == "record") & (anchor.c.seq < seq)
    waiting = select(anchor.c.evidence).where(record, anchor.c.state == "captured")
    states = ("written", "sent") if seen_is_enough else ("written", "sent", "anchored")
    carried = select(anchor.c.evidence).join(intent, intent.c.id == anchor.c.intent)
    carried = carried.where(record, intent.c.state.in_(states), anchor.c.state != "refused")
    return list(session.execute(union(waiting, carried)).scalars())


def _is_told(key: ColumnElement[str]) -> ColumnElement[bool]:
    return select(intent.c.id).where(intent.c.key == key, intent.c.state.in_(ALIVE)).exists()
