"""SQL of who takes part but is not on the chain's way yet: one look at both sides, however many take part."""

from sqlalchemy import String, any_, case, cast, func, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from backend.anchoring.rules import ALIVE
from backend.db.tables.anchoring import intent
from backend.db.tables.identity import device, party
from backend.identity.rules import PARTY_ROLES

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
