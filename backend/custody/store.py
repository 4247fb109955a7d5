"""SQL of custody. What may run out is taken by conditional updates, never by looking first and writing then."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.custody.rules import Account, Consignment, Holding, Movement
from backend.db.tables.custody import batch_account, consigned_unit, consignment, holding

_PLACES = {name: batch_account.c[name] for name in ("born", "held", "in_transit", "sold", "lost", "consumed")}


def _is(key: BatchKey) -> ColumnElement[bool]:
    return and_(batch_account.c.gtin == key.gtin, batch_account.c.batch == key.batch)


def bear(session: Session, key: BatchKey, party: str, quantity: int) -> bool:
    """Bear a batch at a party; False when it was born before. Its codes may have been commissioned earlier."""
    born = upsert(batch_account).values(gtin=key.gtin, batch=key.batch, born=quantity, held=quantity)
    done = session.execute(
        born.on_conflict_do_update(
            index_elements=["gtin", "batch"],
            set_={"born": born.excluded.born, "held": born.excluded.held},
            where=batch_account.c.born == 0,
        ).returning(batch_account.c.born)
    ).one_or_none()
    if done is not None:
        give(session, key, party, quantity)
    return done is not None


def commission(session: Session, key: BatchKey, units: bytes) -> bool:
    """Set the root of a batch's unit codes; False when it has one."""
    fresh = upsert(batch_account).values(gtin=key.gtin, batch=key.batch, units=units)
    done = session.execute(
        fresh.on_conflict_do_update(
            index_elements=["gtin", "batch"],
            set_={"units": fresh.excluded.units},
            where=batch_account.c.units.is_(None),
        ).returning(batch_account.c.units)
    )
    return done.one_or_none() is not None


def book(session: Session, key: BatchKey, frm: str, to: str, quantity: int, *, also_recalled: bool) -> bool:
    """Move a quantity between two places of a batch's account; False when it is unborn, recalled or has less."""
    source, target = _PLACES[frm], _PLACES[to]
    where = [_is(key), batch_account.c.born > 0, source >= quantity]
    if not also_recalled:
        where.append(batch_account.c.recalled.is_(False))
    done = session.execute(
        update(batch_account)
        .where(*where)
        .values({source: source - quantity, target: target + quantity})
        .returning(batch_account.c.born)
    )
    return done.one_or_none() is not None


def set_recalled(session: Session, key: BatchKey, recalled: bool) -> bool:
    """Stop or free a batch; False when it is unborn or already so."""
    done = session.execute(
        update(batch_account)
        .where(_is(key), batch_account.c.born > 0, batch_account.c.recalled.is_(not recalled))
        .values(recalled=recalled)
        .returning(batch_account.c.born)
    )
    return done.one_or_none() is not None


def lock_account(session: Session, key: BatchKey) -> Account | None:
    """The account of a batch, as nobody else changes it before this transaction ends."""
    row = session.execute(select(batch_account).where(_is(key)).with_for_update()).one_or_none()
    return _account(row) if row else None


def find_account(session: Session, key: BatchKey) -> Account | None:
    """The account of a batch."""
    return next(iter(list_accounts(session, [key])), None)


def list_accounts(session: Session, keys: Collection[BatchKey] | None = None) -> list[Account]:
    """Accounts of batches, all or some, by GTIN and batch."""
    query = select(batch_account).order_by(batch_account.c.gtin, batch_account.c.batch)
    if keys is not None:
        pairs = [(key.gtin, key.batch) for key in keys]
        query = query.where(tuple_(batch_account.c.gtin, batch_account.c.batch).in_(pairs))
    return [_account(row) for row in session.execute(query)]


def _account(r: Row[tuple[object, ...]]) -> Account:
    key = BatchKey(r.gtin, r.batch)
    return Account(key, r.born, r.held, r.in_transit, r.sold, r.lost, r.consumed, r.units, r.recalled)


def give(session: Session, key: BatchKey, party: str, quantity: int) -> None:
    """A party holds so much more of a batch."""
    more = upsert(holding).values(gtin=key.gtin, batch=key.batch, party=party, held=quantity)
    session.execute(
        more.on_conflict_do_update(
            index_elements=["gtin", "batch", "party"], set_={"held": holding.c.held + more.excluded.held}
        )
    )


def take(session: Session, key: BatchKey, party: str, quantity: int) -> bool:
    """A party holds so much less of a batch; False when it has not that much."""
    done = session.execute(
        update(holding)
        .where(
            holding.c.gtin == key.gtin,
            holding.c.batch == key.batch,
            holding.c.party == party,
            holding.c.held >= quantity,
        )
        .values(held=holding.c.held - quantity)
        .returning(holding.c.held)
    )
    return done.one_or_none() is not None


def held(session: Session, party: str, gtin: str, batch: str) -> int:
    """How much of a batch a party holds."""
    found = session.execute(
        select(holding.c.held).where(holding.c.gtin == gtin, holding.c.batch == batch, holding.c.party == party)
    )
    return found.scalar_one_or_none() or 0


def list_holdings(
    session: Session, *, party: str | None = None, gtin: str | None = None, batch: str | None = None
) -> list[Holding]:
    """Who holds how much now; nothing held is left out."""
    query = select(holding).where(holding.c.held > 0).order_by(holding.c.gtin, holding.c.batch, holding.c.party)
    for column, value in ((holding.c.party, party), (holding.c.gtin, gtin), (holding.c.batch, batch)):
        if value is not None:
            query = query.where(column == value)
    return [Holding(BatchKey(r.gtin, r.batch), r.party, r.held) for r in session.execute(query)]


def open_consignment(session: Session, said: Movement, addressee: str) -> None:
    """Put a shipment under way, with the units it names."""
    session.execute(
        insert(consignment).values(
            evidence=said.evidence,
            gtin=said.batch.gtin,
            batch=said.batch.batch,
            sender=said.party,
            addressee=addressee,
            ref=said.ref,
            shipped=said.quantity,
            shipped_at=said.at,
        )
    )
    if said.epcs:
        rows = [{"consignment": said.evidence, "epc": epc} for epc in dict.fromkeys(said.epcs)]
        session.execute(insert(consigned_unit), rows)


def close(session: Session, evidence: bytes, how: str, quantity: int) -> bool:
    """Take a quantity out of a consignment (`received`, `returned` or `lost`); False when less is under way."""
    c = consignment.c
    done = session.execute(
        update(consignment)
        .where(c.evidence == evidence, c.shipped - c.received - c.returned - c.lost >= quantity)
        .values({c[how]: c[how] + quantity})
        .returning(c.evidence)
    )
    return done.one_or_none() is not None


def _consignment(r: Row[tuple[object, ...]]) -> Consignment:
    return Consignment(
        r.evidence,
        BatchKey(r.gtin, r.batch),
        r.sender,
        r.addressee,
        r.ref,
        r.shipped,
        r.received,
        r.returned,
        r.lost,
        r.shipped_at,
    )


def find_consignment(session: Session, evidence: bytes) -> Consignment | None:
    """The consignment that the shipment with this evidence opened."""
    row = session.execute(select(consignment).where(consignment.c.evidence == evidence)).one_or_none()
    return _consignment(row) if row else None


def list_consignments(
    session: Session,
    *,
    to: str | None = None,
    frm: str | None = None,
    open: bool | None = None,
    gtin: str | None = None,
    batch: str | None = None,
    epcs: Collection[str] | None = None,
) -> list[Consignment]:
    """Consignments by the time of shipping; `open` asks for those with something, or nothing, still under way."""
    c = consignment.c
    query = select(consignment).order_by(c.shipped_at, c.evidence)
    for column, value in ((c.addressee, to), (c.sender, frm), (c.gtin, gtin), (c.batch, batch)):
        if value is not None:
            query = query.where(column == value)
    if open is not None:
        left = c.shipped > c.received + c.returned + c.lost
        query = query.where(left if open else ~left)
    if epcs is not None:
        named = select(consigned_unit.c.consignment).where(consigned_unit.c.epc.in_(epcs))
        query = query.where(c.evidence.in_(named))
    return [_consignment(row) for row in session.execute(query)]


def list_units(session: Session, evidence: bytes) -> list[str]:
    """EPCs that a shipment names."""
    return list(
        session.execute(
            select(consigned_unit.c.epc).where(consigned_unit.c.consignment == evidence).order_by(consigned_unit.c.epc)
        ).scalars()
    )
