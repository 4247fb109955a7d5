"""SQL that finds captures on chain that nobody gave us: their parties told the contract past our desk.

Nothing can forbid that, and nothing of it is kept here: the page asks the mirror each time, so that what a rewind takes
back, or what its party gives us after all, is gone.
"""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.db.views import anchoring, as_text, capture, identity
from backend.units.told import KeptFinding
from scanner.device.capture import Step
from scanner.device.events import class_uri

KIND = "PastOurDesk"
_KEPT, _ANCHORED, _PARTY = as_text(capture.kept), as_text(anchoring.on_its_way), as_text(identity.party)
_PAST = f"""
with past as (
  select evidence, batch, party, step, block_time, block_number, log_index, false as declares from mirror.captured m
  where not exists (select from {_KEPT} c where c.evidence = m.evidence)
  union all
  select evidence, batch, party, step, block_time, block_number, log_index, true from mirror.capture_voided m
  where not exists (select from {_KEPT} c where c.evidence = m.evidence)
), shown as (
  select *, count(*) over () as total from past order by block_number desc, log_index desc limit :limit
)
select s.evidence, s.batch as batch_id, s.party as party_id, s.step, s.declares, s.block_time, s.total, p.gln, b.gtin,
  b.batch, (
    select a.evidence from {_ANCHORED} a join movement m on m.evidence = a.evidence and m.line = 0
    where a.state = 'refused' and m.gtin = b.gtin and m.batch = b.batch order by a.seq limit 1
  ) as refused
from shown s left join {_PARTY} p on sha256(convert_to(p.gln, 'UTF8')) = s.party
left join batch_account b on sha256(convert_to('01' || b.gtin || '10' || b.batch, 'UTF8')) = s.batch
order by s.block_number desc, s.log_index desc
"""


def list_past_desk(session: Session, limit: int) -> tuple[int, list[KeptFinding]]:
    """How many captures are on chain that we were never given, and the newest of them, each as a finding against its
    party; `against` is the first capture of the batch that we took and the contract refused."""
    rows = session.execute(text(_PAST), {"limit": limit}).all()
    found = [
        KeptFinding(
            bytes(r.evidence),
            KIND,
            class_uri(r.gtin, r.batch) if r.gtin else bytes(r.batch_id).hex(),
            bytes(r.refused) if r.refused else None,
            r.gln or bytes(r.party_id).hex(),
            {"step": Step(r.step).name.lower(), "declares_error": r.declares},
            datetime.fromtimestamp(r.block_time, UTC),
            0,
        )
        for r in rows
    ]
    return (rows[0].total if rows else 0), found
