"""SQL that finds what the books know of ids of the chain: batches, parties, and who said which capture."""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from backend.db.views import as_text, capture, custody, identity
from backend.reconciliation.view import Known

_KEPT, _BATCH, _PARTY = as_text(capture.kept), as_text(custody.known_batch), as_text(identity.party)
_NAMES = f"""
with known as (select gtin, batch, sha256(convert_to('01' || gtin || '10' || batch, 'UTF8')) as id from {_BATCH} b)
select id, gtin, batch from known where id = any(:ids)
"""
_GLNS = f"""
with known as (select gln, sha256(convert_to(gln, 'UTF8')) as id from {_PARTY} p)
select id, gln from known where id = any(:ids)
"""
# Whoever said it by the books; else by the contract, whose word for a party is an id.
_SPEAKERS = f"""
with told as (
  select evidence, party as id from mirror.captured where evidence = any(:ids)
  union all select evidence, party from mirror.capture_voided where evidence = any(:ids)
), ours as (select evidence, party from {_KEPT} c where evidence = any(:ids))
select coalesce(o.evidence, t.evidence) as evidence, coalesce(o.party, p.gln) as gln, o.evidence is not null as is_ours
from ours o full join told t on t.evidence = o.evidence
left join {_PARTY} p on sha256(convert_to(p.gln, 'UTF8')) = t.id
"""


def find_known(
    session: Session, batches: Collection[bytes], parties: Collection[bytes], captures: Collection[bytes]
) -> Known:
    """What the books know of ids of the chain."""
    return Known(
        {bytes(r.id): (r.gtin, r.batch) for r in _any(session, _NAMES, batches)},
        {bytes(r.id): r.gln for r in _any(session, _GLNS, parties)},
        {bytes(r.evidence): (r.gln, r.is_ours) for r in _any(session, _SPEAKERS, captures)},
    )


def _any(session: Session, query: str, ids: Collection[bytes]) -> Sequence[Row[object]]:
    return session.execute(text(query), {"ids": list(ids)}).all() if ids else []
