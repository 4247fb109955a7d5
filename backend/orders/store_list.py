"""SQL of lists of orders: sorted, filtered and counted by the sums that PostgreSQL keeps of each order's lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db import paging
from backend.db.paging import Listing
from backend.db.searching import is_among, typed
from backend.db.tables.orders import sales_order
from backend.orders import store
from backend.orders.rules import STATES, Order

_O = sales_order.c
_SORTS = {
    "placed": (_O.placed_at, _O.id),
    "bottles": (_O.bottles, _O.id),
    "amount": (_O.amount_fen, _O.id),
}
_HEX, _ID_DIGITS, _ID_LEAST = frozenset("0123456789abcdef"), 32, 4


@dataclass(frozen=True)
class Wanted:
    """Which orders are looked for: `sides` those that each of these parties buys or sells; None in it: nobody's."""

    sides: tuple[str | None, ...] = ()
    state: str | None = None
    words: str = ""
    parties: tuple[str, ...] = ()
    """GLNs of the companies that `words` mean."""


def listing(session: Session, wanted: Wanted) -> tuple[Listing[Order], dict[str, int]]:
    """The orders that are looked for, and how many there are of each state, whatever state is looked for."""
    conditions = _matches(wanted)
    query = select(_O.id).where(*conditions)
    counts = paging.count_by(session, query, _O.state, () if conditions else STATES)
    if wanted.state is None:
        return Listing(query, _SORTS, _load, lambda _: sum(counts.values())), counts
    state = wanted.state
    return Listing(query.where(_O.state == state), _SORTS, _load, lambda _: counts.get(state, 0)), counts


def companies_of(party: str | None) -> Select[tuple[str]]:
    """GLNs of the companies that a party's orders name: of what it buys and of what it sells; of nobody's, none."""
    bought = select(_O.buyer, _O.seller).where(_is_side(party)).subquery()
    return select(bought.c.buyer).union(select(bought.c.seller)).subquery().select()


def _matches(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [_is_side(side) for side in wanted.sides]
    if words := typed(wanted.words):
        found.append(_is_named(words, wanted.parties))
    return found


def _is_side(side: str | None) -> ColumnElement[bool]:
    return false() if side is None else or_(_O.buyer == side, _O.seller == side)


def _is_named(words: str, parties: Sequence[str]) -> ColumnElement[bool]:
    """By the beginning of its number, or by a company that buys or sells."""
    named: list[ColumnElement[bool]] = []
    digits = words.lower().replace("-", "")
    if _ID_LEAST <= len(digits) <= _ID_DIGITS and set(digits) <= _HEX:
        first, last = (UUID(digits.ljust(_ID_DIGITS, filler)) for filler in "0f")
        named.append(_O.id.between(first, last))
    if parties:
        named += [is_among(_O.buyer, parties), is_among(_O.seller, parties)]
    return or_(false(), *named)


def _load(session: Session, keys: Sequence[Row[tuple[UUID]]]) -> list[Order]:
    ids = [row.id for row in keys]
    found = {order.id: order for order in store.list_orders(session, ids=ids)}
    return [found[id] for id in ids]
