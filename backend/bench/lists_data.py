"""A large company for `jiulian bench lists`, written by SQL inside the database. Its evidence proves nothing.

Every number is made from a row's own number, so that two fillings are the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5, sha256
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.catalog import service as catalog
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.identity import store
from backend.risk.scoring import BASE_HUNDREDTHS
from scanner.gs1.check_digit import check_digit

Say = Callable[[str], None]
FIRST_WAREHOUSE, FIRST_DEALER = 10, 1_000


def gln(number: int) -> str:
    """The GLN of the company with a number."""
    body = f"690{number:09d}"
    return body + check_digit(body)


def lot(number: int) -> str:
    """GTIN and batch of bottles with a number, as a page's address names them."""
    return f"{GTINS[number % len(GTINS)]}/YL{number:06d}"


def order(number: int) -> UUID:
    """The order with a number."""
    return UUID(md5(f"order{number}".encode(), usedforsecurity=False).hexdigest())


def _gtin(number: int) -> str:
    body = f"0690{number:09d}"
    return body + check_digit(body)


BRAND, PRODUCER = gln(1), gln(2)
GTINS, GRAIN, SPIRIT = [_gtin(number) for number in range(1, 6)], _gtin(6), _gtin(7)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is in the database; `small` is what the same run compares with."""

    orders: int = 100_000
    stores: int = 100_000
    units: int = 2_000_000

    @property
    def dealers(self) -> int:
        """One for some three hundred stores."""
        return max(10, self.stores // 300)

    @property
    def batches(self) -> int:
        """Batches of bottles; each was made of one of spirit, and that of one of grain."""
        return max(50, self.units // 1_000)


def fingerprint(size: Size) -> str:
    """What tells one filling from another."""
    return sha256(repr((size, _PREPARE, _PARTS)).encode()).hexdigest()[:12]


_PREPARE = """
create or replace function pg_temp.gln(n bigint) returns text language sql immutable as
  $$ select '690' || lpad(n::text, 9, '0') || (10 - (33 + 3 * (n / 100000000 + n / 1000000 % 10 + n / 10000 % 10
    + n / 100 % 10 + n % 10) + n / 10000000 % 10 + n / 100000 % 10 + n / 1000 % 10 + n / 10 % 10) % 10) % 10 $$;
create or replace function pg_temp.ev(kind text, n bigint) returns bytea language sql immutable as
  $$ select sha256(convert_to(kind || n, 'UTF8')) $$;
create or replace function pg_temp.gtin(n bigint) returns text language sql immutable as
  $$ select (array[{gtins}])[1 + (n % 5)::int] $$;
create or replace function pg_temp.batch(n bigint) returns text language sql immutable as
  $$ select 'YL' || lpad(n::text, 6, '0') $$;
create temp table place_of (i serial primary key, adcode text, name text);
"""
_TRADERS = """
insert into product (gtin, name, name_en, volume_ml, abv_permille, case_size, added_at)
  select pg_temp.gtin(n), '基准陈酿 ' || n, 'Bench aged ' || n, 500, 520, 6, now() from generate_series(0, 4) n;
insert into party (gln, name, roles, adcode, supplier, enrolled_at) values
  ('{brand}', '云岭酒业股份有限公司', '{{brand}}', '511500', null, now()),
  ('{producer}', '云岭酒厂', '{{producer}}', '511500', '{brand}', now());
insert into party (gln, name, roles, adcode, supplier, enrolled_at)
  select pg_temp.gln(n), p.name || '中心仓 ' || n, '{{warehouse}}', p.adcode, '{brand}', now()
  from generate_series({warehouse}, {warehouse} + 9) n join place_of p on p.i = 1 + n % {places};
insert into party (gln, name, roles, adcode, supplier, enrolled_at, standing)
  select pg_temp.gln(n), p.name || '酒业有限公司 ' || n, '{{dealer}}', p.adcode, '{brand}', now(),
    case when n % 97 = 0 then 'suspended' else 'active' end
  from generate_series({dealer}, {dealer} + {dealers} - 1) n
  join place_of p on p.i = 1 + n % {places};
insert into party (gln, name, roles, adcode, supplier, enrolled_at)
  select pg_temp.gln({first_store} + n), p.name || '烟酒店 ' || n, '{{store}}', p.adcode,
    pg_temp.gln({dealer} + n % {dealers}), now()
  from generate_series(0, {stores} - 1) n
  join place_of p on p.i = 1 + ({dealer} + n % {dealers}) % {places};
insert into location (gln, party, name, adcode, lat, lon)
  select gln, gln, name, adcode, 30, 104 from party where roles && '{{warehouse,dealer}}';
insert into territory (id, dealer, prefix, gtin, valid_from, granted_by, granted_at)
  select gen_random_uuid(), gln, left(adcode, 4), null, now() - interval '1 year', 'bench', now()
  from party where roles @> '{{dealer}}' and right(gln, 1) <> '7';
"""
_LOG_INS = """
insert into app_user (name, password_hash, roles, party, made_at, own_since)
  select 'u' || gln, 'none', '{{store}}', gln, now(), now() from party where roles @> '{{store}}';
insert into device (signer, party, label, enrolled_at, way, waits)
  select substr(sha256(convert_to(gln, 'UTF8')), 1, 20), gln, 'phone of ' || name, now(), 'invitation', false from party
  where roles && '{{store,dealer,warehouse}}';
insert into device (signer, party, label, enrolled_at, way, waits)
  select substr(pg_temp.ev('device', n), 1, 20), '{brand}', 'scanner ' || n, now(), 'invitation', false
  from generate_series(1, {stores} / 100) n;
"""
_BATCHES = """
insert into batch_account (gtin, batch, born, held, in_transit, sold, recalled, born_by, born_at, maker)
  select pg_temp.gtin(n), pg_temp.batch(n), 6000, 5000, 600, 400, n % 50 = 0, {bottle},
    now() - n * interval '1 hour', '{producer}' from generate_series(1, {batches}) n;
insert into batch_account (gtin, batch, born, held, consumed, born_by, born_at, maker, uom)
  select (array['{grain}', '{spirit}'])[k], pg_temp.batch(n), 1000, 400, 600,
    case k when 1 then {harvest} else {distil} end,
    now() - n * interval '1 hour' - k * interval '30 days', '{producer}', case k when 1 then 'KGM' else 'LTR' end
  from generate_series(1, {batches}) n, generate_series(1, 2) k;
insert into movement (evidence, line, step, gtin, batch, quantity, party, at, taken_at)
  select pg_temp.ev('bear' || gtin, row_number() over (order by gtin, batch)), 0,
    case uom when 'KGM' then {harvest} when 'LTR' then {distil} else {bottle} end, gtin, batch, born, maker, born_at,
    born_at from batch_account;
insert into code_run (gtin, batch, count, case_size, root, made_at)
  select pg_temp.gtin(n), pg_temp.batch(n), 6000, 6, '\\x00', now() from generate_series(1, {batches}) n;
"""
_HOLDINGS = """
insert into holding (gtin, batch, party, held)
  select pg_temp.gtin(b), pg_temp.batch(b), pg_temp.gln({first_store} + n), 6 * (1 + n % 9) from (
    select n, case when n % 100 = 0 then 1 else 1 + (n * k) % {batches} end as b
    from generate_series(0, {stores} - 1) n, generate_series(1, 2) k) s
  on conflict do nothing;
insert into holding (gtin, batch, party, held)
  select pg_temp.gtin(b), pg_temp.batch(b), pg_temp.gln({dealer} + n), 600 from (
    select n, 1 + (n * 7 + k) % {batches} as b from generate_series(0, {dealers} - 1) n, generate_series(1, 30) k) s
  on conflict do nothing;
insert into holding (gtin, batch, party, held)
  select pg_temp.gtin(n), pg_temp.batch(n), pg_temp.gln({warehouse} + n % 10), 2400
  from generate_series(1, {batches}) n;
insert into consignment (evidence, gtin, batch, sender, addressee, shipped, received, shipped_at)
  select pg_temp.ev('ship', n), pg_temp.gtin(b), pg_temp.batch(b), pg_temp.gln({dealer} + n % {dealers}),
    pg_temp.gln({first_store} + n), 60, case when n % 20 = 0 then 0 else 60 end, now() - n * interval '3 minutes'
  from (select n, case when n % 100 = 0 then 1 else 1 + n % {batches} end as b
    from generate_series(0, {stores} - 1) n) s;
insert into consignment (evidence, gtin, batch, sender, addressee, shipped, received, shipped_at)
  select pg_temp.ev('out', n), pg_temp.gtin(b), pg_temp.batch(b), pg_temp.gln({warehouse} + n % 10),
    pg_temp.gln({dealer} + n % {dealers}), 600, case when n < 3 * {dealers} then 0 else 600 end,
    now() - n * interval '3 minutes'
  from (select n, 1 + n * 7 % {batches} as b from generate_series(0, {stores} - 1) n) s;
insert into movement (evidence, line, step, gtin, batch, quantity, party, counterparty, at, taken_at)
  select evidence, 0, {ship}, gtin, batch, shipped, sender, addressee, shipped_at, shipped_at from consignment;
insert into movement (evidence, line, step, gtin, batch, quantity, party, counterparty, ref, at, taken_at)
  select sha256(evidence), 0, {receive}, gtin, batch, received, addressee, sender, evidence, shipped_at + interval
  '1 day', shipped_at + interval '1 day' from consignment where received > 0;
insert into movement (evidence, line, step, gtin, batch, quantity, party, at, taken_at)
  select sha256(sha256(evidence)), 0, {sell}, gtin, batch, 2, addressee, now() - (get_byte(evidence, 0) % 30) * interval
  '1 day', now() from consignment where received > 0 and addressee >= pg_temp.gln({first_store});
"""
_ORDERS = """
insert into sales_order (id, buyer, seller, location, placed_by, placed_at, submitted_at, approved_at, cancelled_at)
  select md5('order' || n)::uuid,
    case when w then pg_temp.gln({dealer} + n % {dealers}) else pg_temp.gln({first_store} + n % {stores}) end, s, s,
    'bench', at, case when n % 40 <> 1 then at end, case when n % 10 > 2 then at end,
    case when n % 50 = 4 then at end
  from (select n, n % 3 = 0 as w, now() - n * interval '4 minutes' as at,
    pg_temp.gln(case when n % 3 = 0 then {warehouse} + n % 10 else {dealer} + n % {dealers} end) as s
    from generate_series(1, {orders}) n) o;
insert into order_line ("order", gtin, bottles, price_fen, allocated, dispatched, received)
  select md5('order' || n)::uuid, pg_temp.gtin(n + k), b, 50000 + 100 * (n % 700),
    case when n % 10 > 4 then b else 0 end, case when n % 10 > 6 then b else 0 end,
    case when n % 10 > 7 then b else 0 end
  from (select n, k, 6 * (1 + n % 40) as b from generate_series(1, {orders}) n, generate_series(0, 1) k) l;
insert into allocation ("order", gtin, batch, bottles, dispatched)
  select "order", gtin, pg_temp.batch(1 + abs(hashtext("order"::text)) % {batches}), allocated, dispatched
  from order_line where allocated > 0;
insert into allocated_stock (party, gtin, batch, bottles)
  select pg_temp.gln({warehouse} + n % 10), pg_temp.gtin(n), pg_temp.batch(n), 120 from generate_series(1, {batches}) n;
insert into timeline ("order", kind, at, actor, details)
  select id, 'placed', placed_at, placed_by, '{{"bottles": 12}}' from sales_order;
insert into dispatch (evidence, "order", sender, addressee, gtin, batch, bottles, received, shipped_at)
  select sha256(convert_to(l."order"::text || l.gtin, 'UTF8')), l."order", o.seller, o.buyer, l.gtin, a.batch,
    l.dispatched, l.received, o.placed_at + interval '1 day'
  from order_line l join sales_order o on o.id = l."order"
  join allocation a on a."order" = l."order" and a.gtin = l.gtin
  where l.dispatched > 0;
"""
_UNITS = """
insert into unit_custody (unit, gtin, batch, bottles, holder, state, evidence, at, latest, latest_by)
  select 'https://id.gs1.org/01/' || pg_temp.gtin(b) || '/21/S' || n, pg_temp.gtin(b), pg_temp.batch(b), 1,
    pg_temp.gln({first_store} + n % {stores}), 'held', '\\x01', now(), now(), '\\x01'
  from (select n, 1 + n % {batches} as b from generate_series(1, {units}) n) u;
insert into unit (gtin, serial, run, index, sscc, inner_hash)
  select r.gtin, 'S' || n, r.id, n / {batches}, '', '\\x00'
  from generate_series(1, {units}) n join code_run r on r.batch = pg_temp.batch(1 + n % {batches});
"""
_DESKS = """
insert into unit_finding (evidence, line, kind, unit, party, details, found_at)
  select pg_temp.ev('finding', n), 0,
    (array['PackedElsewhere','NotInside','ShippedTwice','Gone','OtherSender'])[1 + n % 5],
    'https://id.gs1.org/01/' || pg_temp.gtin(1 + n % {batches}) || '/21/S' || n, pg_temp.gln({dealer} + n % {dealers}),
    '{{}}', now() - n * interval '1 minute' from generate_series({batches}, {batches} + {orders} / 5) n;
insert into reconciliation (ran_at, block, compared, waiting, differences)
  select now() - n * interval '1 hour', 1000000 - n, 5000000, n % 7, 0 from generate_series({orders} / 10, 1, -1) n;
insert into risk_run (ran_at, model, inputs_hash, evidence, scans, candidates, findings)
  select now() - n * interval '1 day', 'bench', pg_temp.ev('in', n), pg_temp.ev('run', n), 1000, 100, 10
  from generate_series({orders} / 100, 1, -1) n;
insert into alert (dealer, kind, window_on, opened_at, changed_at, version, score_hundredths, places, carton, run)
  select dealer, kind, on_day, opened_at, opened_at, 1, score, jsonb_build_array(jsonb_build_object(
      'adcode', '520100', 'seen', seen, 'expected', 0.5, 'travellers', seen - 1, 'hundredths', score,
      'weekly', jsonb_build_array(0, 1, 0, 2, seen - 3), 'terms', jsonb_build_array(
        jsonb_build_object('name', 'base', 'hundredths', {base}, 'numbers', jsonb_build_object()),
        jsonb_build_object('name', case kind when 'resold' then 'sold' else 'flow' end, 'hundredths', score - {base},
          'numbers', jsonb_build_object('weeks', 8, 'seen', seen, 'expected', 0.5, 'sold', 3 * seen, 'km', 900))))),
    jsonb_build_object('gtin', pg_temp.gtin(n), 'batch', pg_temp.batch(1 + n % {batches}), 'serial', 'S' || n,
      'sscc', lpad(n::text, 18, '0'), 'cases', seen, 'bottles', 6 * seen, 'unsigned', 0, 'returned', 0,
      'given_back', 0, 'suspended', null, 'way', (
        select jsonb_agg(jsonb_build_object('evidence', encode(pg_temp.ev(step, n), 'hex'), 'step', step,
          'at', opened_at - (6 - i) * interval '3 days', 'actor', case step when 'ship' then '{brand}' when 'receive'
          then dealer else '{producer}' end, 'sender', case step when 'ship' then '{brand}' end,
          'addressee', case step when 'ship' then dealer end) order by i)
        from unnest(array['bottle', 'ship', 'receive']) with ordinality s(step, i)), 'readings', (
        select jsonb_agg(jsonb_build_object('at', opened_at - i * interval '5 hours', 'adcode', '520100',
          'serial', 'S' || n, 'source', 'ip') order by i desc) from generate_series(1, 4) i)), run
  from (select n, pg_temp.gln({dealer} + n % {dealers}) as dealer,
      case when n % 3 = 0 then 'resold' else 'diversion' end as kind,
      (now() - (n / {dealers} / 2) * interval '7 days')::date - (n % 2) * 3 as on_day,
      now() - n * interval '1 hour' as opened_at, 300 + n % 900 as score, 4 + n % 20 as seen, r.id as run
    from generate_series(1, {orders} / 5) n cross join (select max(id) as id from risk_run) r) a
  on conflict do nothing;
insert into case_file (alert, state) select id, case when id % 4 = 0 then 'filed' when id % 5 = 0 then 'closed' else
  'review' end from alert;
insert into decision (alert, number, outcome, reasons, note, "user", decided_at, alert_version, evidence)
  select c.alert, 1, case when c.state = 'filed' then 'confirmed' else 'dismissed' end, '{{}}', 'bench', u.id, now(), 1,
    pg_temp.ev('decision', c.alert) from case_file c cross join (select min(id) as id from app_user) u
  where c.state <> 'review';
update case_file set version = 1 where state <> 'review';
insert into refused_capture (kind, message, details, body, received_at)
  select (array['NotHolder','UnknownDevice','Gone'])[1 + n % 3], 'bench', '{{}}', '\\x00',
    now() - n * interval '1 minute'
  from generate_series(1, {orders} / 5) n;
"""


def fill(sessions: sessionmaker[Session], size: Size, say: Say) -> None:
    """Write everything into an empty database of the product's schema, and let PostgreSQL look at it."""
    values: dict[str, object] = {
        "brand": BRAND, "grain": GRAIN, "spirit": SPIRIT, "producer": PRODUCER, "warehouse": FIRST_WAREHOUSE,
        "dealer": FIRST_DEALER,
        "dealers": size.dealers, "first_store": FIRST_DEALER + size.dealers, "stores": size.stores,
        "orders": size.orders, "units": size.units, "batches": size.batches,
        "base": BASE_HUNDREDTHS, "harvest": 1, "distil": 3, "bottle": 6, "ship": 9, "receive": 10, "sell": 12,
    }  # fmt: skip
    with transaction(sessions) as session:
        session.connection().exec_driver_sql(
            _PREPARE.format(gtins=", ".join(f"'{each}'" for each in GTINS)).replace("%", "%%")
        )
        places = [{"adcode": each.adcode, "name": each.name} for each in catalog.list_places(session)]
        session.execute(text("insert into place_of (adcode, name) values (:adcode, :name)"), places)
        values["places"] = len(places)
        # A place for every row's foreign keys would be looked up one by one: they were made from each other.
        session.execute(text("set local session_replication_role = replica"))
        session.execute(text("alter table order_line enable always trigger order_line_summed"))
        for name, statements in _PARTS.items():
            say(f"filling {name}")
            session.connection().exec_driver_sql(statements.format(**values).replace("%", "%%"))
        session.execute(text("alter table order_line enable trigger order_line_summed"))
    with sessions() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("vacuum analyze"))


def add_person(session: Session, name: str, role: str, party: str | None, *, token: str, until: datetime) -> None:
    """Somebody who is logged in with a token."""
    store.add_user(session, name, "no password fits", [role], party)
    found = store.find_password_hash(session, name)
    assert found is not None
    store.add_session(session, identity.token_hash(token), found[0], until)


_PARTS = {
    "parties": _TRADERS,
    "log-ins and devices": _LOG_INS,
    "batches": _BATCHES,
    "holdings and shipments": _HOLDINGS,
    "orders": _ORDERS,
    "units": _UNITS,
    "desks": _DESKS,
}
