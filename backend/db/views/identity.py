"""Read-views of identity: people's names, and what anchoring tells the chain of parties and their keys."""

from sqlalchemy import select

from backend.db.tables import identity

person = select(identity.user.c.id, identity.user.c.name).subquery("person")
party = select(
    identity.party.c.gln, identity.party.c.roles, identity.party.c.adcode, identity.party.c.standing
).subquery("known_party")
key_change = select(identity.key_change).subquery("told_key_change")
sanction = select(identity.sanction).subquery("told_sanction")
_LOG = identity.identity_log.c
identity_record = select(_LOG.id, _LOG.record, _LOG.evidence).subquery("identity_record")
