"""SQL that lays the books beside the mirror: a statement a thing, each giving only rows that are not plainly equal.

Ids are hashed by PostgreSQL as ARCHITECTURE.md, 2 says; all of it reads one snapshot, the caller's transaction.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.db.tables.reconciliation import reconciliation
from backend.identity.rules import PARTY_ROLES
from backend.reconciliation.rules import PARTS, PLACES, Doubtful, Names, Pair, Run, row_of
from ledger_indexer import tables as mirror

_AT_ONCE = 2000
_BALANCES = (mirror.holding, mirror.consignment, mirror.batch_total)


def _batch_id(gtin: str, batch: str) -> str:
    return f"sha256(convert_to('01' || {gtin} || '10' || {batch}, 'UTF8'))"


def _party_id(gln: str) -> str:
    return f"sha256(convert_to({gln}, 'UTF8'))"


_BATCHES = f"(select gtin, batch, {_batch_id('gtin', 'batch')} as id from batch_account)"
_PARTIES = f"(select gln, {_party_id('gln')} as id from party)"
_NOTHING = "decode(repeat('00', 32), 'hex')"

_WAITS = "a.kind = 'record' and a.state in ('captured', 'bundled', 'anchored')"
# A declaration does what its event did, with the quantity turned; it has no movement of its own.
_UNDER_WAY = f"""
with told as (
  select a.seq, a.evidence, 1 as sign from anchor a
  where {_WAITS} and not exists (select from mirror.captured c where c.evidence = a.evidence)
  union all
  select a.seq, e.voided, -1 from anchor a join correction e on e.declaration = a.evidence
  where {_WAITS} and not exists (select from mirror.capture_voided v where v.evidence = a.evidence)
)
select m.evidence, m.line, m.step, t.sign * m.quantity as quantity, m.ref, {_batch_id("m.gtin", "m.batch")} as batch,
  {_party_id("m.party")} as party, {_party_id("m.counterparty")} as counterparty, {_party_id("s.sender")} as sender
from told t join movement m on m.evidence = t.evidence left join consignment s on s.evidence = m.ref
order by t.seq, m.line
"""
# A key counts as known once the mirror shows it, and until then while the change that tells the chain of it is kept.
_STRANGE = f"""
not exists (select from mirror.device_enrolled e where e.signer = x.signer and e.party = {_party_id("x.party")})
and not exists (select from key_change k where k.signer = x.signer and k.party = x.party
  and k.kind in ('redeem', 'admit', 'propose'))
"""
_DOUBTFUL = f"""
with waiting as (
  select c.evidence, c.seq, c.gtin, c.batch, c.party, c.signer, a.kind, a.queued_at
  from anchor a join capture c on c.evidence = a.evidence
  where ({_WAITS} and not exists (select from mirror.captured m where m.evidence = a.evidence)
      and not exists (select from mirror.capture_voided v where v.evidence = a.evidence))
    or (a.kind = 'leaf' and a.state in ('captured', 'bundled'))
), strange as materialized (select signer, party from device x where way <> 'witness' and {_STRANGE}
), late as (select x.*, queued_at as since from waiting x where queued_at < now() - cast(:patience as interval)
), unknown as (
  select evidence, seq, gtin, batch, party, signer from waiting x where kind = 'record' and {_STRANGE}
  union
  select c.evidence, c.seq, c.gtin, c.batch, c.party, c.signer from strange s
  join capture c on c.party = s.party and c.signer = s.signer
)
select coalesce(l.evidence, u.evidence) as evidence, coalesce(l.gtin, u.gtin) as gtin,
  coalesce(l.batch, u.batch) as batch, coalesce(l.party, u.party) as party, l.since, u.signer
from late l full join unknown u on u.evidence = l.evidence order by coalesce(l.seq, u.seq)
"""
_REFUSED = """
select a.evidence, a.refusal from anchor a where a.kind = 'record' and a.state = 'refused'
  and not exists (select from mirror.captured c where c.evidence = a.evidence)
  and not exists (select from mirror.capture_voided v where v.evidence = a.evidence)
"""
_CAPTURES = f"""
with said as (
  select m.evidence, m.gtin, m.batch as name, m.step, m.quantity, coalesce(m.ref, {_NOTHING}) as ref,
    coalesce(b.id, {_batch_id("m.gtin", "m.batch")}) as batch, coalesce(p.id, {_party_id("m.party")}) as party,
    case when m.step in (9, 10) then coalesce(o.id, {_party_id("m.counterparty")}) else {_NOTHING} end as counterparty
  from movement m left join {_BATCHES} b on b.gtin = m.gtin and b.batch = m.batch
  left join {_PARTIES} p on p.gln = m.party left join {_PARTIES} o on o.gln = m.counterparty where m.line = 0
)
select coalesce(s.evidence, c.evidence) as key_0, coalesce(s.batch, c.batch) as key_1, s.gtin as gtin, s.name as batch,
  s.step as books_step, c.step as chain_step, s.batch as books_batch, c.batch as chain_batch,
  s.party as books_party, c.party as chain_party, s.quantity as books_quantity, c.quantity as chain_quantity,
  s.counterparty as books_counterparty, c.counterparty as chain_counterparty, s.ref as books_ref, c.ref as chain_ref
from said s full join mirror.captured c on c.evidence = s.evidence
where (s.step, s.batch, s.party, s.quantity, s.counterparty, s.ref)
  is distinct from (c.step, c.batch, c.party, c.quantity, c.counterparty, c.ref)
  -- Taken and declared an error in the books, and not on the chain at all: neither side has it.
  and not (c.evidence is null and exists (select from correction k where k.voided = s.evidence))
-- What the books know nothing of comes first: for want of it the contract refused what follows, whoever said that.
order by s.evidence is not null, (select seq from capture where evidence = s.evidence), c.block_number, c.log_index
"""
_DECLARATIONS = f"""
with said as (
  select c.declaration, c.voided, m.gtin, m.batch as name, {_batch_id("m.gtin", "m.batch")} as batch
  from correction c join movement m on m.evidence = c.voided and m.line = 0
)
select coalesce(s.declaration, v.evidence) as key_0, coalesce(s.batch, v.batch) as key_1, s.gtin as gtin,
  s.name as batch, s.voided as books_voids, v.voids as chain_voids
from said s full join mirror.capture_voided v on v.evidence = s.declaration
where s.voided is distinct from v.voids
  and not (v.evidence is null and not exists (select from mirror.captured c where c.evidence = s.voided))
order by s.declaration is not null, (select seq from capture where evidence = s.declaration), v.block_number,
  v.log_index
"""
_INPUTS = f"""
with said as (
  select evidence, gtin, batch as name, {_batch_id("gtin", "batch")} as batch, sum(quantity) as quantity
  from movement where line > 0 group by evidence, gtin, movement.batch
), told as (select evidence, batch, sum(quantity) as quantity from mirror.input_consumed group by evidence, batch)
select coalesce(s.evidence, c.evidence) as key_0, coalesce(s.batch, c.batch) as key_1, s.gtin as gtin, s.name as batch,
  s.quantity as books_quantity, c.quantity as chain_quantity
from said s full join told c on c.evidence = s.evidence and c.batch = s.batch
where s.quantity is distinct from c.quantity order by 1, 2
"""


def _both(names: Collection[str]) -> str:
    return ", ".join(f"s.{name} as books_{name}, c.{name} as chain_{name}" for name in names)


def _unequal(names: Collection[str]) -> str:
    return " or ".join(f"coalesce(s.{name}, 0) <> coalesce(c.{name}, 0)" for name in names)


_ACCOUNTS = f"""
with said as (select {_batch_id("gtin", "batch")} as id, * from batch_account)
select coalesce(s.id, c.batch) as key_0, s.gtin as gtin, s.batch as batch, {_both(PLACES)}
from said s full join mirror.batch_total c on c.batch = s.id
where {_unequal(PLACES)} or coalesce(s.id, c.batch) = any(:busy) order by 1
"""
_HOLDINGS = f"""
with said as (
  select b.id, h.gtin, h.batch, h.party, coalesce(p.id, {_party_id("h.party")}) as party_id, h.held
  from holding h join (select gtin, batch, {_batch_id("gtin", "batch")} as id from holding group by gtin, batch) b
  using (gtin, batch) left join {_PARTIES} p on p.gln = h.party
)
select coalesce(s.id, c.batch) as key_0, coalesce(s.party_id, c.party) as key_1, s.gtin as gtin, s.batch as batch,
  s.party as name_party, s.held as books_held, c.held as chain_held
from said s full join mirror.holding c on c.batch = s.id and c.party = s.party_id
where {_unequal(["held"])} or coalesce(s.id, c.batch) = any(:busy) order by 1, 2
"""
_WHO = ("batch", "sender", "addressee")
_CONSIGNMENTS = f"""
with said as (
  select s.evidence, s.gtin, s.batch as name, {", ".join(f"s.{part}" for part in PARTS)},
    coalesce(b.id, {_batch_id("s.gtin", "s.batch")}) as batch, coalesce(f.id, {_party_id("s.sender")}) as sender,
    coalesce(t.id, {_party_id("s.addressee")}) as addressee
  from consignment s left join {_BATCHES} b on b.gtin = s.gtin and b.batch = s.batch
  left join {_PARTIES} f on f.gln = s.sender left join {_PARTIES} t on t.gln = s.addressee
)
select coalesce(s.evidence, c.evidence) as key_0, coalesce(s.batch, c.batch) as key_1, s.gtin as gtin, s.name as batch,
  {_both((*_WHO, *PARTS))}
from said s full join mirror.consignment c on c.evidence = s.evidence
where ((s.batch, s.sender, s.addressee) is distinct from (c.batch, c.sender, c.addressee)
    and not (s.evidence is null and c.shipped = 0))  -- declared an error: nothing is left of it
  or {_unequal(PARTS)} or coalesce(s.evidence, c.evidence) = any(:moving) order by 1
"""
_RECALLS = f"""
select c.batch, c.step, c.quantity, c.units, c.block_number, c.log_index, c.units <> {_NOTHING} as of_units
from mirror.captured c where c.step in (14, 15)
"""
_MARKS = f"""
with recalls as ({_RECALLS}), ends as (
  select distinct on (batch) batch, step = 14 as recalled from recalls where not of_units
  order by batch, block_number desc, log_index desc
), codes as (
  select batch, units from mirror.captured c where step = 8
    and not exists (select from mirror.capture_voided v where v.voids = c.evidence)
), told as (
  select batch, coalesce(recalled, false) as recalled, units from ends full join codes using (batch)
), said as (select {_batch_id("gtin", "batch")} as id, gtin, batch, recalled, units from batch_account)
select coalesce(s.id, c.batch) as key_0, s.gtin as gtin, s.batch as batch,
  coalesce(s.recalled, false) as books_recalled, coalesce(c.recalled, false) as chain_recalled,
  s.units as books_codes, c.units as chain_codes
from said s full join told c on c.batch = s.id
where coalesce(s.recalled, false) <> coalesce(c.recalled, false) or s.units is distinct from c.units order by 1
"""
_RECALLED_UNITS = f"""
with recalls as ({_RECALLS}), told as (
  select distinct on (batch, units) batch, units, case when step = 14 then quantity else 0 end as quantity
  from recalls where of_units order by batch, units, block_number desc, log_index desc
), said as (
  select distinct on (gtin, batch, units) {_batch_id("gtin", "batch")} as id, gtin, batch, units,
    case when lifted then 0 else quantity end as quantity
  from recall where units is not null order by gtin, batch, units, seq desc
)
select coalesce(s.id, c.batch) as key_0, coalesce(s.units, c.units) as key_1, s.gtin as gtin, s.batch as batch,
  coalesce(s.quantity, 0) as books_quantity, coalesce(c.quantity, 0) as chain_quantity
from said s full join told c on c.batch = s.id and c.units = s.units
where {_unequal(["quantity"])} order by 1, 2
"""

_BITS = " + ".join(f"case when '{role}' = any(p.roles) then {bit} else 0 end" for role, bit in PARTY_ROLES.items())
_STANDINGS = "case p.standing when 'active' then 1 when 'suspended' then 2 else 3 end"
# A standing that waits for the chain is no difference yet.
_WHO_TAKES_PART = f"""
with told as (
  select distinct on (party) party, roles, territory from mirror.party_enrolled
  order by party, block_number desc, log_index desc
), stood as (
  select distinct on (party) party, standing from mirror.standing_changed
  order by party, block_number desc, log_index desc
), said as (
  select p.gln, {_party_id("p.gln")} as id, {_BITS} as roles, {_party_id("p.adcode")} as territory,
    {_STANDINGS} as standing,
    exists (select from key_change k where k.party = p.gln and k.kind = 'standing'
      and not exists (select from intent i where i.key = k.key and i.state in ('anchored', 'final'))) as waits
  from party p where cardinality(p.roles) > 0
)
select t.party as key_0, null as gtin, null as batch, s.gln as name_party,
  s.roles as books_roles, t.roles as chain_roles, s.territory as books_territory, t.territory as chain_territory,
  case when s.waits then o.standing else s.standing end as books_standing, o.standing as chain_standing
from said s join told t on t.party = s.id join stood o on o.party = s.id
where (s.roles, s.territory) is distinct from (t.roles, t.territory)
  or (s.standing <> o.standing and not s.waits) order by s.gln
"""


def list_under_way(session: Session) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], dict[bytes, bytes]]:
    """Captures and inputs that the mirror does not show yet, in its shape of rows; and senders of consignments."""
    captures: list[tuple[Any, ...]] = []
    inputs: list[tuple[Any, ...]] = []
    senders: dict[bytes, bytes] = {}
    for r in session.execute(text(_UNDER_WAY)):
        if r.line:
            inputs.append((0, 0, bytes(32), 0, r.evidence, r.batch, r.quantity))
            continue
        captures.append(row_of(r.evidence, r.batch, r.party, r.step, r.quantity, r.counterparty, r.ref))
        if r.sender is not None:
            senders[r.ref] = r.sender
    return captures, inputs, senders


def list_doubtful(session: Session, patience: timedelta) -> list[Doubtful]:
    """Captures that the chain should have taken by now, or will hardly take: see `Doubtful`. In their order."""
    rows = session.execute(text(_DOUBTFUL), {"patience": patience})
    return [Doubtful(bytes(r.evidence), Names(r.gtin, r.batch, r.party), r.since, r.signer) for r in rows]


def list_refused(session: Session) -> dict[bytes, str]:
    """Captures that we took and the contract refused, with its word."""
    return {bytes(row.evidence): _word(row.refusal) for row in session.execute(text(_REFUSED))}


def _word(refusal: Mapping[str, Any]) -> str:
    """The contract's reason with its numbers; ids of 32 bytes are said otherwise."""
    numbers = [f"{name} {value}" for name, value in refusal.items() if name != "kind" and str(value).isdecimal()]
    return ", ".join([refusal["kind"], *numbers])


def pair_captures(session: Session) -> Iterator[Pair]:
    """Captures that do not say the same on both sides, by (evidence, batch): those of the chain alone, then the rest,
    the earliest first."""
    return _pairs(session, _CAPTURES, 2)


def pair_declarations(session: Session) -> Iterator[Pair]:
    """Declarations of error that one side alone has, by (declaration, batch); the earliest first."""
    return _pairs(session, _DECLARATIONS, 2)


def pair_inputs(session: Session) -> Iterator[Pair]:
    """What captures used up, where it differs, by (evidence, batch)."""
    return _pairs(session, _INPUTS, 2)


def pair_accounts(session: Session, busy: Collection[bytes]) -> Iterator[Pair]:
    """Accounts that differ, and all of `busy` batches, by (batch)."""
    return _pairs(session, _ACCOUNTS, 1, busy=list(busy))


def pair_holdings(session: Session, busy: Collection[bytes]) -> Iterator[Pair]:
    """Holdings that differ, and all of `busy` batches, by (batch, party)."""
    return _pairs(session, _HOLDINGS, 2, busy=list(busy))


def pair_consignments(session: Session, moving: Collection[bytes]) -> Iterator[Pair]:
    """Consignments that differ, and all `moving` ones, by (evidence, batch)."""
    return _pairs(session, _CONSIGNMENTS, 2, moving=list(moving))


def pair_marks(session: Session) -> Iterator[Pair]:
    """Batches that one side alone calls recalled, or whose code runs differ, by (batch)."""
    return _pairs(session, _MARKS, 1)


def pair_recalled_units(session: Session) -> Iterator[Pair]:
    """Units recalled without the rest of their batch, where the sides differ, by (batch, units root)."""
    return _pairs(session, _RECALLED_UNITS, 2)


def pair_parties(session: Session) -> Iterator[Pair]:
    """Parties that may do something else on chain than in the books, by (party)."""
    return _pairs(session, _WHO_TAKES_PART, 1)


def find_party_name(session: Session, id_: bytes) -> str | None:
    """The name of the party with this id on chain."""
    query = text(f"select name from party where {_party_id('gln')} = :id")
    found: str | None = session.execute(query, {"id": id_}).scalar_one_or_none()
    return found


def _pairs(session: Session, query: str, keys: int, **values: Any) -> Iterator[Pair]:
    rows = session.execute(text(query), values, execution_options={"yield_per": _AT_ONCE}).mappings()
    for row in rows:
        names = Names(row["gtin"], row["batch"], row.get("name_party"))
        books = {name[6:]: _number(value) for name, value in row.items() if name.startswith("books_")}
        chain = {name[6:]: _number(value) for name, value in row.items() if name.startswith("chain_")}
        yield Pair(tuple(bytes(row[f"key_{n}"]) for n in range(keys)), names, books, chain)


def _number(value: Any) -> Any:
    return value if value is None or isinstance(value, bytes | bool) else int(value)


def mirror_tables(session: Session) -> list[int]:
    """Which tables the mirror's names mean now: a rebuild swaps them, which no snapshot holds back."""
    names = [table.fullname for table in (mirror.captured, mirror.capture_voided, mirror.input_consumed, *_BALANCES)]
    query = text("select n::regclass::oid::bigint from unnest(cast(:names as text[])) n")
    return list(session.execute(query, {"names": names}).scalars())


def count_rows(session: Session) -> int:
    """Rows of the books that are compared."""
    tables = ("movement", "batch_account", "holding", "consignment", "recall")
    counted = " + ".join(f"(select count(*) from {table})" for table in tables)
    return int(session.execute(text(f"select {counted}")).scalar_one())


def add_run(session: Session, run: Run) -> None:
    """Keep what came of a comparison."""
    values = {name: getattr(run, name) for name in ("ran_at", "block", "compared", "waiting", "differences", "first")}
    session.execute(insert(reconciliation).values(values))


def listing() -> Listing[Run]:
    """Comparisons; `ran` sorts by when they were made."""
    return Listing(select(reconciliation.c.id), {"ran": (reconciliation.c.id,)}, _load)


def _load(session: Session, keys: Sequence[Row[Any]]) -> list[Run]:
    r = reconciliation.c
    query = select(r.id, r.ran_at, r.block, r.compared, r.waiting, r.differences, r.first)
    found = {row.id: Run(*row[1:]) for row in session.execute(query.where(r.id.in_([key.id for key in keys])))}
    return [found[key.id] for key in keys]


def find_last_run(session: Session) -> Run | None:
    """The newest comparison."""
    newest = session.execute(select(reconciliation.c.id).order_by(reconciliation.c.id.desc()).limit(1)).all()
    return next(iter(_load(session, newest)), None)


def find_last_run_at(session: Session) -> datetime | None:
    """When the books were compared last."""
    newest = find_last_run(session)
    return newest.ran_at if newest else None
