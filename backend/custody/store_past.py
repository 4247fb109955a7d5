"""SQL that finds captures on chain that nobody gave us: their parties told the contract past our desk.

Nothing can forbid that, and nothing of it is kept here: the page asks the mirror each time, so that what a rewind takes
back, or what its party gives us after all, is gone.
"""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import BigInteger, Boolean, ColumnElement, LargeBinary, SmallInteger, false, func, select, text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.db.searching import typed
from backend.db.views import anchoring, as_text, capture, identity
from backend.units.foreign import Wanted
from backend.units.told import KeptFinding
from scanner.device.capture import Step
from scanner.device.events import class_uri

KIND = "PastOurDesk"
_KEPT, _ANCHORED, _PARTY = as_text(capture.kept), as_text(anchoring.on_its_way), as_text(identity.party)
_ID = re.compile(r"[0-9a-f]{64}")
_BYTES, _NUMBER = LargeBinary(), BigInteger()
_past = (
    text(
        f"""
select evidence, batch, party, step, block_time, block_number, log_index, false as declares from mirror.captured m
where not exists (select from {_KEPT} c where c.evidence = m.evidence)
union all
select evidence, batch, party, step, block_time, block_number, log_index, true from mirror.capture_voided m
where not exists (select from {_KEPT} c where c.evidence = m.evidence)
"""
    )
    .columns(
        evidence=_BYTES, batch=_BYTES, party=_BYTES, step=SmallInteger(), block_time=_NUMBER, block_number=_NUMBER,
        log_index=_NUMBER, declares=Boolean(),
    )
    .subquery("past")
)  # fmt: skip
_SORTS = {"found": (_past.c.block_number, _past.c.log_index)}
_PARTIES = text(
    f"select gln, sha256(convert_to(gln, 'UTF8')) as id from {_PARTY} p"
    " where sha256(convert_to(gln, 'UTF8')) = any(:ids)"
)
_BATCHES = text(
    f"""
select b.gtin, b.batch, sha256(convert_to('01' || b.gtin || '10' || b.batch, 'UTF8')) as id, (
    select a.evidence from {_ANCHORED} a join movement m on m.evidence = a.evidence and m.line = 0
    where a.state = 'refused' and m.gtin = b.gtin and m.batch = b.batch order by a.seq limit 1
  ) as refused
from batch_account b where sha256(convert_to('01' || b.gtin || '10' || b.batch, 'UTF8')) = any(:ids)
"""
)
_SPELT = text(
    "select sha256(convert_to('01' || gtin || '10' || batch, 'UTF8')) as id from batch_account"
    " where lower(batch) = lower(:batch)"
)


def listing(wanted: Wanted) -> Listing[KeptFinding]:
    """What was told past our desk, each as a finding against its party; `found` sorts by its place on chain.

    `against` is the first capture of the batch that we took and the contract refused.
    """
    return Listing(select(_past).where(*_matches(wanted)), _SORTS, _load)


def _matches(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None and wanted.kind != KIND:
        found.append(false())
    if wanted.party is not None:
        found.append(_past.c.party == _id_of(wanted.party))
    if wanted.batch is not None:
        spelt = _SPELT.bindparams(batch=typed(wanted.batch)).columns(id=_BYTES).subquery("spelt")
        found.append(_past.c.batch.in_(select(spelt.c.id)))
    return found


def _id_of(party: str) -> bytes:
    """Id on chain of a GLN; a party that is none of ours goes by its id itself."""
    return bytes.fromhex(party) if _ID.fullmatch(party) else sha256(party.encode()).digest()


def count_by_party(session: Session) -> dict[str, int]:
    """How many captures each party told past our desk, by its GLN or, where that is none of ours, its id."""
    rows = session.execute(select(_past.c.party, func.count().label("number")).group_by(_past.c.party)).all()
    glns = _glns(session, [row.party for row in rows])
    return {_name(row.party, glns): row.number for row in rows}


def _glns(session: Session, ids: Collection[bytes]) -> dict[bytes, str]:
    if not ids:
        return {}
    return {bytes(row.id): row.gln for row in session.execute(_PARTIES, {"ids": list(ids)})}


def _name(id: bytes, glns: dict[bytes, str]) -> str:
    return glns.get(bytes(id)) or bytes(id).hex()


def _load(session: Session, keys: Sequence[Row[tuple[object, ...]]]) -> list[KeptFinding]:
    glns = _glns(session, {bytes(each.party) for each in keys})
    ids = list({bytes(each.batch) for each in keys})
    batches = {bytes(row.id): row for row in session.execute(_BATCHES, {"ids": ids})}
    found = []
    for each in keys:
        batch = batches.get(bytes(each.batch))
        unit = class_uri(batch.gtin, batch.batch) if batch else bytes(each.batch).hex()
        refused = bytes(batch.refused) if batch and batch.refused else None
        details = {"step": Step(each.step).name.lower(), "declares_error": each.declares}
        at = datetime.fromtimestamp(each.block_time, UTC)
        party = _name(each.party, glns)
        found.append(KeptFinding(bytes(each.evidence), KIND, unit, refused, party, details, at, 0))
    return found
