"""SQL of custody. What may run out is taken by conditional updates, never by looking first and writing then."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Protocol, get_args

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.custody.rules import Account, Holding, Movement, Place
from backend.db.prepared import Prepared, PreparedQuery
from backend.db.tables.custody import batch_account, consignment, holding
from scanner.device.capture import Step


class AccountRow(Protocol):
    """A row of the accounts of batches."""

    gtin: str
    batch: str
    born: int
    held: int
    in_transit: int
    sold: int
    lost: int
    consumed: int
    units: bytes | None
    recalled: bool
    born_at: datetime | None
    maker: str | None
    uom: str | None
    born_by: int | None


class HeldRow(Protocol):
    """How much of a batch a party holds."""

    held: int


_PLACES = {name: batch_account.c[name] for name in get_args(Place)}


_A, _H, _C = batch_account.c, holding.c, consignment.c
_BATCH = and_(_A.gtin == bindparam("key_gtin"), _A.batch == bindparam("key_batch"))
_HOLDS = and_(_H.gtin == bindparam("key_gtin"), _H.batch == bindparam("key_batch"), _H.party == bindparam("key_party"))
_ACCOUNT: PreparedQuery[AccountRow] = PreparedQuery(select(batch_account).where(_BATCH))
_HELD: PreparedQuery[HeldRow] = PreparedQuery(select(_H.held).where(_HOLDS))
_TAKE = Prepared(
    update(holding).where(_HOLDS, _H.held >= bindparam("quantity")).values(held=_H.held - bindparam("quantity"))
)
_MORE = upsert(holding)
_GIVE = Prepared(
    _MORE.on_conflict_do_update(
        index_elements=["gtin", "batch", "party"], set_={"held": _H.held + _MORE.excluded.held}
    ),
    ["gtin", "batch", "party", "held"],
)


@cache
def _book(frm: Place, to: Place, *, also_recalled: bool) -> Prepared:
    source, target, quantity = _PLACES[frm], _PLACES[to], bindparam("quantity", type_=BigInteger)
    free = true() if also_recalled else _A.recalled.is_(False)
    moved = update(batch_account).where(_BATCH, _A.born > 0, source >= quantity, free)
    return Prepared(moved.values({source: source - quantity, target: target + quantity}))


def _is(key: BatchKey) -> ColumnElement[bool]:
    return and_(batch_account.c.gtin == key.gtin, batch_account.c.batch == key.batch)


def bear(session: Session, movement: Movement) -> bool:
    """Bear a batch at a party; False when it was born before."""
    key, quantity = movement.batch, movement.quantity
    born = upsert(batch_account).values(
        gtin=key.gtin,
        batch=key.batch,
        born=quantity,
        held=quantity,
        born_at=movement.at,
        maker=movement.party,
        uom=next(iter(movement.uoms), None),
        born_by=int(movement.step),
    )
    done = session.execute(
        born.on_conflict_do_update(
            index_elements=["gtin", "batch"],
            set_={name: born.excluded[name] for name in ("born", "held", "born_at", "maker", "uom", "born_by")},
            where=batch_account.c.born == 0,
        ).returning(batch_account.c.born)
    ).one_or_none()
    if done is not None:
        give(session, key, movement.party, quantity)
    return done is not None


def unbear(session: Session, key: BatchKey, quantity: int) -> bool:
    """Take a birth back; False when something of the batch has moved since."""
    done = session.execute(
        update(batch_account)
        .where(
            _is(key),
            batch_account.c.born == quantity,
            batch_account.c.held == quantity,
            batch_account.c.units.is_(None),
            batch_account.c.recalled.is_(False),
        )
        .values(born=0, held=0, born_at=None, maker=None, uom=None, born_by=None)
        .returning(batch_account.c.born)
    )
    return done.one_or_none() is not None


def uncommission(session: Session, key: BatchKey) -> None:
    """Take the root of a batch's unit codes back."""
    session.execute(update(batch_account).where(_is(key)).values(units=None))


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


def book(session: Session, key: BatchKey, frm: Place, to: Place, quantity: int, *, also_recalled: bool) -> bool:
    """Move a quantity between two places of a batch's account; False when it is unborn, recalled or has less."""
    values = {"key_gtin": key.gtin, "key_batch": key.batch, "quantity": quantity}
    return _book(frm, to, also_recalled=also_recalled).run(session, values) > 0


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
    row = _ACCOUNT.one(session, {"key_gtin": key.gtin, "key_batch": key.batch})
    return _account(row) if row else None


def list_accounts(session: Session, keys: Collection[BatchKey] | None = None) -> list[Account]:
    """Accounts of batches, all or some, by GTIN and batch."""
    query = select(batch_account).order_by(batch_account.c.gtin, batch_account.c.batch)
    if keys is not None:
        pairs = [(key.gtin, key.batch) for key in keys]
        query = query.where(tuple_(batch_account.c.gtin, batch_account.c.batch).in_(pairs))
    return [_account(row) for row in session.execute(query)]


def _account(r: AccountRow) -> Account:
    key = BatchKey(r.gtin, r.batch)
    return Account(
        key, r.born, r.held, r.in_transit, r.sold, r.lost, r.consumed, r.units, r.recalled,
        r.born_at, r.maker, r.uom, None if r.born_by is None else Step(r.born_by),
    )  # fmt: skip


def give(session: Session, key: BatchKey, party: str, quantity: int) -> None:
    """A party holds so much more of a batch."""
    _GIVE.run(session, {"gtin": key.gtin, "batch": key.batch, "party": party, "held": quantity})


def take(session: Session, key: BatchKey, party: str, quantity: int) -> bool:
    """A party holds so much less of a batch; False when it has not that much."""
    values = {"key_gtin": key.gtin, "key_batch": key.batch, "key_party": party, "quantity": quantity}
    return _TAKE.run(session, values) > 0


def held(session: Session, party: str, gtin: str, batch: str) -> int:
    """How much of a batch a party holds."""
    found = _HELD.one(session, {"key_gtin": gtin, "key_batch": batch, "key_party": party})
    return found.held if found else 0


def list_holdings(
    session: Session, *, party: str | None = None, gtin: str | None = None, batch: str | None = None
) -> list[Holding]:
    """Who holds how much now; nothing held is left out."""
    query = select(holding).where(holding.c.held > 0).order_by(holding.c.gtin, holding.c.batch, holding.c.party)
    for column, value in ((holding.c.party, party), (holding.c.gtin, gtin), (holding.c.batch, batch)):
        if value is not None:
            query = query.where(column == value)
    return [Holding(BatchKey(r.gtin, r.batch), r.party, r.held) for r in session.execute(query)]


def sum_held(session: Session, groups: Select[tuple[str, str]], gtins: Collection[str]) -> dict[str, int]:
    """How much of some products is held by group: `groups` gives a `member` (GLN) and the group it is `of`."""
    group = groups.subquery()
    # Asked member by member, in an index that covers it: a join would read what everybody holds.
    of_member = select(func.sum(_H.held)).where(_H.party == group.c.member, _H.gtin.in_(set(gtins))).scalar_subquery()
    query = select(group.c.of, func.sum(of_member).label("held")).group_by(group.c.of)
    return {row.of: int(row.held) for row in session.execute(query) if row.held is not None}


def sum_held_by(session: Session, parties: Collection[str], gtins: Collection[str]) -> dict[str, int]:
    """How much of some products each of some parties holds."""
    query = select(_H.party, func.sum(_H.held).label("held")).where(_H.party.in_(set(parties)), _H.gtin.in_(set(gtins)))
    return {row.party: int(row.held) for row in session.execute(query.group_by(_H.party))}
