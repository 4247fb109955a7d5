"""Read-views of identity: people's names, parties and their devices, and what the chain is told of them."""

from sqlalchemy import select

from backend.db.tables import identity

person = select(identity.user.c.id, identity.user.c.name).subquery("person")
_P = identity.party.c
party = select(_P.gln, _P.name, _P.roles, _P.adcode, _P.standing).subquery("known_party")
_D = identity.device.c
device = select(_D.signer, _D.party, _D.way).subquery("known_device")
key_change = select(identity.key_change).subquery("told_key_change")
sanction = select(identity.sanction).subquery("told_sanction")
_LOG = identity.identity_log.c
identity_record = select(_LOG.id, _LOG.record, _LOG.evidence).subquery("identity_record")
