"""Statements that compare the books with the mirror: one a thing, each giving only rows that are not plainly equal.

Ids are hashed by PostgreSQL as ARCHITECTURE.md, 2 says.
"""

from collections.abc import Collection

from backend.db.views import anchoring, as_text, capture, custody, identity, units
from backend.identity.rules import PARTY_ROLES
from backend.reconciliation.rules import PARTS, PLACES

_ANCHORED, _INTENDED = as_text(anchoring.on_its_way), as_text(anchoring.intended)
_KEPT, _CORRECTED = as_text(capture.kept), as_text(units.corrected)
_ACCOUNT, _HELD, _CONSIGNED = as_text(custody.account), as_text(custody.held), as_text(custody.consigned)
_MOVED, _RECALLED = as_text(custody.moved), as_text(custody.recalled)
_PARTY, _DEVICE, _KEY_CHANGE = as_text(identity.party), as_text(identity.device), as_text(identity.key_change)


def _batch_id(gtin: str, batch: str) -> str:
    return f"sha256(convert_to('01' || {gtin} || '10' || {batch}, 'UTF8'))"


def party_id(gln: str) -> str:
    return f"sha256(convert_to({gln}, 'UTF8'))"


_BATCHES = f"(select gtin, batch, {_batch_id('gtin', 'batch')} as id from {_ACCOUNT} a)"
_PARTIES = f"(select gln, {party_id('gln')} as id from {_PARTY} p)"
_NOTHING = "decode(repeat('00', 32), 'hex')"

_WAITS = "a.kind = 'record' and a.state in ('captured', 'bundled', 'anchored')"
# A declaration does what its event did, with the quantity turned; it has no movement of its own.
UNDER_WAY = f"""
with told as (
  select a.seq, a.evidence, 1 as sign from {_ANCHORED} a
  where {_WAITS} and not exists (select from mirror.captured c where c.evidence = a.evidence)
  union all
  select a.seq, e.voided, -1 from {_ANCHORED} a join {_CORRECTED} e on e.declaration = a.evidence
  where {_WAITS} and not exists (select from mirror.capture_voided v where v.evidence = a.evidence)
)
select m.evidence, m.line, m.step, t.sign * m.quantity as quantity, m.ref, {_batch_id("m.gtin", "m.batch")} as batch,
  {party_id("m.party")} as party, {party_id("m.counterparty")} as counterparty, {party_id("s.sender")} as sender
from told t join {_MOVED} m on m.evidence = t.evidence left join {_CONSIGNED} s on s.evidence = m.ref
order by t.seq, m.line
"""
# A key counts as known once the mirror shows it, and until then while the change that tells the chain of it is kept.
_STRANGE = f"""
not exists (select from mirror.device_enrolled e where e.signer = x.signer and e.party = {party_id("x.party")})
and not exists (select from {_KEY_CHANGE} k where k.signer = x.signer and k.party = x.party
  and k.kind in ('redeem', 'admit', 'propose'))
"""
DOUBTFUL = f"""
with waiting as (
  select c.evidence, c.seq, c.gtin, c.batch, c.party, c.signer, a.kind, a.queued_at
  from {_ANCHORED} a join {_KEPT} c on c.evidence = a.evidence
  where ({_WAITS} and not exists (select from mirror.captured m where m.evidence = a.evidence)
      and not exists (select from mirror.capture_voided v where v.evidence = a.evidence))
    or (a.kind = 'leaf' and a.state in ('captured', 'bundled'))
), strange as materialized (select signer, party from {_DEVICE} x where way <> 'witness' and {_STRANGE}
), late as (select x.*, queued_at as since from waiting x where queued_at < now() - cast(:patience as interval)
), unknown as (
  select evidence, seq, gtin, batch, party, signer from waiting x where kind = 'record' and {_STRANGE}
  union
  select c.evidence, c.seq, c.gtin, c.batch, c.party, c.signer from strange s
  join {_KEPT} c on c.party = s.party and c.signer = s.signer
)
select coalesce(l.evidence, u.evidence) as evidence, coalesce(l.gtin, u.gtin) as gtin,
  coalesce(l.batch, u.batch) as batch, coalesce(l.party, u.party) as party, l.since, u.signer
from late l full join unknown u on u.evidence = l.evidence order by coalesce(l.seq, u.seq)
"""
REFUSED = f"""
select a.evidence, a.refusal from {_ANCHORED} a where a.kind = 'record' and a.state = 'refused'
  and not exists (select from mirror.captured c where c.evidence = a.evidence)
  and not exists (select from mirror.capture_voided v where v.evidence = a.evidence)
"""
CAPTURES = f"""
with said as (
  select m.evidence, m.gtin, m.batch as name, m.step, m.quantity, coalesce(m.ref, {_NOTHING}) as ref,
    coalesce(b.id, {_batch_id("m.gtin", "m.batch")}) as batch, coalesce(p.id, {party_id("m.party")}) as party,
    case when m.step in (9, 10) then coalesce(o.id, {party_id("m.counterparty")}) else {_NOTHING} end as counterparty
  from {_MOVED} m left join {_BATCHES} b on b.gtin = m.gtin and b.batch = m.batch
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
  and not (c.evidence is null and exists (select from {_CORRECTED} k where k.voided = s.evidence))
-- What the books know nothing of comes first: for want of it the contract refused what follows, whoever said that.
order by s.evidence is not null, (select k.seq from {_KEPT} k where k.evidence = s.evidence), c.block_number,
  c.log_index
"""
DECLARATIONS = f"""
with said as (
  select c.declaration, c.voided, m.gtin, m.batch as name, {_batch_id("m.gtin", "m.batch")} as batch
  from {_CORRECTED} c join {_MOVED} m on m.evidence = c.voided and m.line = 0
)
select coalesce(s.declaration, v.evidence) as key_0, coalesce(s.batch, v.batch) as key_1, s.gtin as gtin,
  s.name as batch, s.voided as books_voids, v.voids as chain_voids
from said s full join mirror.capture_voided v on v.evidence = s.declaration
where s.voided is distinct from v.voids
  and not (v.evidence is null and not exists (select from mirror.captured c where c.evidence = s.voided))
order by s.declaration is not null, (select k.seq from {_KEPT} k where k.evidence = s.declaration), v.block_number,
  v.log_index
"""
INPUTS = f"""
with said as (
  select evidence, gtin, batch as name, {_batch_id("gtin", "batch")} as batch, sum(quantity) as quantity
  from {_MOVED} m where line > 0 group by evidence, gtin, m.batch
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


ACCOUNTS = f"""
with said as (select {_batch_id("gtin", "batch")} as id, * from {_ACCOUNT} a)
select coalesce(s.id, c.batch) as key_0, s.gtin as gtin, s.batch as batch, {_both(PLACES)}
from said s full join mirror.batch_total c on c.batch = s.id
where {_unequal(PLACES)} or coalesce(s.id, c.batch) = any(:busy) order by 1
"""
HOLDINGS = f"""
with said as (
  select b.id, h.gtin, h.batch, h.party, coalesce(p.id, {party_id("h.party")}) as party_id, h.held
  from {_HELD} h join (select gtin, batch, {_batch_id("gtin", "batch")} as id from {_HELD} x group by gtin, batch) b
  using (gtin, batch) left join {_PARTIES} p on p.gln = h.party
)
select coalesce(s.id, c.batch) as key_0, coalesce(s.party_id, c.party) as key_1, s.gtin as gtin, s.batch as batch,
  s.party as name_party, s.held as books_held, c.held as chain_held
from said s full join mirror.holding c on c.batch = s.id and c.party = s.party_id
where {_unequal(["held"])} or coalesce(s.id, c.batch) = any(:busy) order by 1, 2
"""
_WHO = ("batch", "sender", "addressee")
CONSIGNMENTS = f"""
with said as (
  select s.evidence, s.gtin, s.batch as name, {", ".join(f"s.{part}" for part in PARTS)},
    coalesce(b.id, {_batch_id("s.gtin", "s.batch")}) as batch, coalesce(f.id, {party_id("s.sender")}) as sender,
    coalesce(t.id, {party_id("s.addressee")}) as addressee
  from {_CONSIGNED} s left join {_BATCHES} b on b.gtin = s.gtin and b.batch = s.batch
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
MARKS = f"""
with recalls as ({_RECALLS}), ends as (
  select distinct on (batch) batch, step = 14 as recalled from recalls where not of_units
  order by batch, block_number desc, log_index desc
), codes as (
  select batch, units from mirror.captured c where step = 8
    and not exists (select from mirror.capture_voided v where v.voids = c.evidence)
), told as (
  select batch, coalesce(recalled, false) as recalled, units from ends full join codes using (batch)
), said as (select {_batch_id("gtin", "batch")} as id, gtin, batch, recalled, units from {_ACCOUNT} a)
select coalesce(s.id, c.batch) as key_0, s.gtin as gtin, s.batch as batch,
  coalesce(s.recalled, false) as books_recalled, coalesce(c.recalled, false) as chain_recalled,
  s.units as books_codes, c.units as chain_codes
from said s full join told c on c.batch = s.id
where coalesce(s.recalled, false) <> coalesce(c.recalled, false) or s.units is distinct from c.units order by 1
"""
RECALLED_UNITS = f"""
with recalls as ({_RECALLS}), told as (
  select distinct on (batch, units) batch, units, case when step = 14 then quantity else 0 end as quantity
  from recalls where of_units order by batch, units, block_number desc, log_index desc
), said as (
  select distinct on (gtin, batch, units) {_batch_id("gtin", "batch")} as id, gtin, batch, units,
    case when lifted then 0 else quantity end as quantity
  from {_RECALLED} r where units is not null order by gtin, batch, units, seq desc
)
select coalesce(s.id, c.batch) as key_0, coalesce(s.units, c.units) as key_1, s.gtin as gtin, s.batch as batch,
  coalesce(s.quantity, 0) as books_quantity, coalesce(c.quantity, 0) as chain_quantity
from said s full join told c on c.batch = s.id and c.units = s.units
where {_unequal(["quantity"])} order by 1, 2
"""

_BITS = " + ".join(f"case when '{role}' = any(p.roles) then {bit} else 0 end" for role, bit in PARTY_ROLES.items())
_STANDINGS = "case p.standing when 'active' then 1 when 'suspended' then 2 else 3 end"
# A standing that waits for the chain is no difference yet.
WHO_TAKES_PART = f"""
with told as (
  select distinct on (party) party, roles, territory from mirror.party_enrolled
  order by party, block_number desc, log_index desc
), stood as (
  select distinct on (party) party, standing from mirror.standing_changed
  order by party, block_number desc, log_index desc
), said as (
  select p.gln, {party_id("p.gln")} as id, {_BITS} as roles, {party_id("p.adcode")} as territory,
    {_STANDINGS} as standing,
    exists (select from {_KEY_CHANGE} k where k.party = p.gln and k.kind = 'standing'
      and not exists (select from {_INTENDED} i where i.key = k.key and i.state in ('anchored', 'final'))) as waits
  from {_PARTY} p where cardinality(p.roles) > 0
)
select t.party as key_0, null as gtin, null as batch, s.gln as name_party,
  s.roles as books_roles, t.roles as chain_roles, s.territory as books_territory, t.territory as chain_territory,
  case when s.waits then o.standing else s.standing end as books_standing, o.standing as chain_standing
from said s join told t on t.party = s.id join stood o on o.party = s.id
where (s.roles, s.territory) is distinct from (t.roles, t.territory)
  or (s.standing <> o.standing and not s.waits) order by s.gln
"""
