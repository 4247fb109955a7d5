"""Use cases of orders: place, approve, allocate, cancel, look. What devices capture moves them on in `shipments`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.china_time import in_china
from backend.custody import service as custody
from backend.db.paging import Asked, Listing
from backend.errors import CommandReused, NotFound
from backend.identity import service as identity
from backend.identity.rules import OVERSEERS, PartySuspended, Principal, Standing
from backend.orders import matching, rights, rules, store, store_dispatches, store_list, store_promises
from backend.orders.documents import list_documents
from backend.orders.matching import Stock
from backend.orders.rules import Line, LineWish, Order, OrderState
from backend.orders.shipments import follow
from backend.orders.store_list import Wanted
from backend.orders.timeline import Happening, HappeningKind
from scanner.epcis.canonical import evidence
from scanner.epcis.json_text import Json

__all__ = [
    "allocate",
    "allocated",
    "approve",
    "cancel",
    "follow",
    "get_order",
    "list_allocated",
    "list_dispatches",
    "list_documents",
    "list_happenings",
    "list_orders",
    "list_owing",
    "listing",
    "place",
    "submit",
]

allocated = store_promises.allocated
list_allocated = store_promises.list_allocated
sum_allocated = store_promises.sum_allocated
sum_allocated_by = store_promises.sum_allocated_by
allocated_keys = store_promises.keys
allocated_of = store_promises.allocated_of
list_dispatches = store_dispatches.list_dispatches
list_happenings = store.list_happenings


_NOT_GONE = (OrderState.DRAFT, OrderState.SUBMITTED, OrderState.APPROVED, OrderState.ALLOCATED)


@dataclass(frozen=True)
class Command:
    """A command by a person about an order: an id that the client chose, and who."""

    id: UUID
    by: Principal


@dataclass(frozen=True)
class Wish:
    """An order to be placed. `draft`: it waits for its submission."""

    id: UUID
    buyer: str
    location: str
    lines: tuple[LineWish, ...]
    draft: bool = False

    @property
    def asked(self) -> dict[str, Json]:
        """All that is asked but the id, as one command is compared with another."""
        return {
            "buyer": self.buyer,
            "location": self.location,
            "lines": [{"gtin": each.gtin, "bottles": each.bottles, "price_fen": each.price_fen} for each in self.lines],
            "draft": self.draft,
        }


def _claim(
    session: Session, command: Command, kind: str, order: UUID, now: datetime, asked: Mapping[str, Json] | None = None
) -> bool:
    """True the first time; False when the same command is repeated. `asked`: what the command says beside its kind.

    Raises:
        CommandReused: the id was used before for something else.
    """
    wanted = evidence({"kind": kind, "order": str(order), "payload": dict(asked or {})})
    known = store.add_command(session, command.id, kind, order, command.by.name, wanted, now)
    if known is not None and known != wanted:
        raise CommandReused(id=str(command.id))
    return known is None


def place(session: Session, wish: Wish, *, by: Principal, now: datetime) -> tuple[Order, bool]:
    """Place an order; its id is the command's. Gives the order, and whether it is new.

    Raises:
        Malformed: no lines, or a product twice.
        NotFound: no such buyer, location or product.
        NotYours: the person may not order for the buyer.
        PartySuspended: buyer or seller is suspended.
        NotWholeCases, NoPrice, BelowFloor, OrdersFromItself: a rule of the trade says no.
        CommandReused: the id was used before for something else.
    """
    rights.check_buys(by, wish.buyer)
    rules.check_lines(wish.lines)
    if not _claim(session, Command(wish.id, by), "place", wish.id, now, wish.asked):
        return get_order(session, wish.id, by=by), False
    buyer = identity.get_party(session, wish.buyer)
    location = identity.find_location(session, wish.location)
    if location is None:
        raise NotFound(f"no location with GLN {wish.location}", gln=wish.location)
    seller = identity.get_party(session, location.party)
    if seller.gln == buyer.gln:
        raise rules.OrdersFromItself(gln=buyer.gln)
    for party in (buyer, seller):
        if party.standing != Standing.ACTIVE:
            raise PartySuspended(gln=party.gln, standing=party.standing)
    lines = tuple(_priced(session, line, buyer.adcode, now) for line in wish.lines)
    submitted = None if wish.draft else now
    order = Order(wish.id, buyer.gln, seller.gln, location.gln, by.name, now, submitted, lines=lines)
    store.add_order(session, order)
    kind = HappeningKind.DRAFTED if wish.draft else HappeningKind.PLACED
    store.add_happening(session, order.id, Happening(kind, now, by.name, details={"bottles": order.bottles}))
    return order, True


def _priced(session: Session, line: LineWish, adcode: str, now: datetime) -> Line:
    product = catalog.get_product(session, line.gtin)
    rules.check_cases(line.gtin, line.bottles, product.case_size)
    price = catalog.price_at(session, line.gtin, adcode, now)
    listed, floor = (price.amount_fen, price.floor_fen) if price else (None, None)
    return Line(line.gtin, line.bottles, rules.line_price(line.gtin, line.price_fen, listed, floor))


def get_order(session: Session, id: UUID, *, by: Principal, lock: bool = False) -> Order:
    """The order with this id, for a person who may know of it.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    order = store.find_order(session, id, lock=lock)
    if order is None or not rights.may_see(by, order.buyer, order.seller):
        raise NotFound(f"no order {id}", order=str(id))
    return order


def listing(
    session: Session, *, by: Principal, state: str | None = None, party: str | None = None, words: str = ""
) -> tuple[Listing[Order], dict[str, int]]:
    """Orders a person may know of, and how many there are of each state; `state`, `party` and `words` narrow them.

    `words` begin the order's number or a company's GLN, or stand in the name of a company that buys or sells.

    Raises:
        SearchTooWide: too many companies are meant by `words`.
    """
    sides = [] if by.has(*OVERSEERS) else [by.party]
    if party is not None:
        sides.append(party)
    known = None if by.has(*OVERSEERS) else store_list.companies_of(by.party)
    parties = identity.list_matching(session, words, among=known) if words.strip() else []
    wanted = Wanted(tuple(sides), state, words, tuple(parties))
    return store_list.listing(session, wanted)


def list_orders(session: Session, *, by: Principal, party: str | None = None, limit: int = 1_000) -> list[Order]:
    """The newest orders that a person may know of, all or a party's."""
    found, _ = listing(session, by=by, party=party)
    return list(found.page(session, Asked(1, limit, "placed", descending=True)).items)


def list_owing(session: Session, seller: str, *, by: Principal) -> list[Order]:
    """Orders of which a seller has promised bottles that have not left, the newest first; those a person may see."""
    found = store.list_orders(session, seller=seller, states=rules.OWING_STATES)
    seen = (order for order in found if rights.may_see(by, order.buyer, order.seller))
    return [order for order in seen if any(each.open for each in order.allocations)]


def submit(session: Session, id: UUID, command: Command, *, now: datetime) -> Order:
    """Send a draft off.

    Raises:
        NotFound, NotYours, CommandReused, OrderCancelled, OrderUnderWay: as named.
        OrderNotSubmitted: it is no draft any more.
    """
    order = get_order(session, id, by=command.by, lock=True)
    rights.check_buys(command.by, order.buyer)
    if _claim(session, command, "submit", id, now) and order.state is not OrderState.SUBMITTED:
        rules.check_state(order, (OrderState.DRAFT,), rules.OrderNotSubmitted)
        _decide(session, id, HappeningKind.SUBMITTED, command, now)
    return get_order(session, id, by=command.by)


def approve(session: Session, id: UUID, command: Command, *, now: datetime) -> Order:
    """The selling side says yes.

    Raises:
        NotFound, NotYours, CommandReused, OrderCancelled, OrderUnderWay: as named.
        OrderNotSubmitted: it is a draft, or approved already.
    """
    order = get_order(session, id, by=command.by, lock=True)
    rights.check_sells(command.by, order.seller)
    if _claim(session, command, "approve", id, now):
        rules.check_state(order, (OrderState.SUBMITTED,), rules.OrderNotSubmitted)
        _decide(session, id, HappeningKind.APPROVED, command, now)
    return get_order(session, id, by=command.by)


def _decide(session: Session, id: UUID, kind: HappeningKind, command: Command, now: datetime) -> None:
    store.set_moment(session, id, f"{kind}_at", now)
    store.add_happening(session, id, Happening(kind, now, command.by.name))


def allocate(session: Session, id: UUID, command: Command, *, now: datetime) -> Order:
    """Promise batches to all lines of an order, or to none.

    Raises:
        NotFound, NotYours, CommandReused, OrderCancelled, OrderUnderWay: as named.
        OrderNotApproved: it is not approved, or allocated already.
        OutOfStock: the seller cannot promise as much; the details name product, wanted and available.
    """
    order = get_order(session, id, by=command.by, lock=True)
    rights.check_sells(command.by, order.seller)
    if not _claim(session, command, "allocate", id, now):
        return order
    rules.check_state(order, (OrderState.APPROVED,), rules.OrderNotApproved)
    for line in order.lines:
        _allocate_line(session, order, line, now)
    details = {"bottles": order.bottles}
    store.add_happening(session, id, Happening(HappeningKind.ALLOCATED, now, command.by.name, details=details))
    return get_order(session, id, by=command.by)


def _allocate_line(session: Session, order: Order, line: Line, now: datetime) -> None:
    """Rows are locked before custody is asked, so what it answers cannot be promised to another meanwhile."""
    batches = [each.batch.batch for each in custody.list_holdings(session, party=order.seller, gtin=line.gtin)]
    promised = store_promises.lock(session, order.seller, line.gtin, batches)
    held = {
        each.batch.batch: each.held
        for each in custody.list_holdings(session, party=order.seller, gtin=line.gtin)
        if each.batch.batch in promised and not custody.is_recalled(session, line.gtin, each.batch.batch)
    }
    stock = [_stock(session, line.gtin, batch, has - promised[batch]) for batch, has in held.items()]
    try:
        picks = matching.allocate(line.unallocated, stock, today=in_china(now).date())
    except matching.OutOfStock as error:
        raise matching.OutOfStock(gtin=line.gtin, **error.details) from error
    for pick in picks:
        if not store_promises.promise(
            session, order.seller, line.gtin, pick.batch, pick.bottles, held=held[pick.batch]
        ):
            raise matching.OutOfStock(gtin=line.gtin, wanted=pick.bottles, batch=pick.batch, available=0)
        store.add_allocation(session, order.id, line.gtin, pick.batch, pick.bottles)


def _stock(session: Session, gtin: str, batch: str, available: int) -> Stock:
    run = catalog.find_code_run(session, gtin, batch)
    if run is None:
        return Stock(batch, available)
    return Stock(batch, available, run.best_before, run.produced_on or run.made_at.date())


def cancel(session: Session, id: UUID, command: Command, *, now: datetime) -> Order:
    """Call an order off before anything has left; what was promised is free again.

    Raises:
        NotFound, NotYours, CommandReused: as named.
        OrderCancelled, OrderUnderWay: it is too late.
    """
    order = get_order(session, id, by=command.by, lock=True)
    if order.buyer != command.by.party or order.state not in (OrderState.DRAFT, OrderState.SUBMITTED):
        rights.check_sells(command.by, order.seller)
    if not _claim(session, command, "cancel", id, now):
        return order
    rules.check_state(order, _NOT_GONE, rules.OrderUnderWay)
    for each in order.allocations:
        store_promises.release(session, order.seller, each.gtin, each.batch, each.bottles)
    store.drop_allocations(session, id)
    _decide(session, id, HappeningKind.CANCELLED, command, now)
    return get_order(session, id, by=command.by)
