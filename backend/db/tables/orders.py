"""Written by backend.orders: orders, what is promised to them, what left and arrived for them, and every command."""

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    String,
    Table,
    event,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, UUID

from backend.db.base import Moment, append_only, metadata


def _bottles(name: str, default: str | None = "0") -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=default)


# The same words as `orders.rules.Order.state`; a test holds the two together over every order it can think of.
_STATE = (
    "case when cancelled_at is not null then 'cancelled' when submitted_at is null then 'draft'"
    " when approved_at is null then 'submitted' when dispatched = 0 and allocated = 0 then 'approved'"
    " when dispatched = 0 then 'allocated' when ended = bottles then 'received' when ended > 0 then 'partly_received'"
    " when dispatched = bottles then 'dispatched' else 'partly_dispatched' end"
)

sales_order = Table(
    "sales_order",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("buyer", ForeignKey("party.gln"), nullable=False),
    Column("seller", ForeignKey("party.gln"), nullable=False),
    Column("location", ForeignKey("location.gln"), nullable=False),
    Column("currency", String(3), nullable=False, server_default="CNY"),
    Column("placed_by", String, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("submitted_at", Moment),
    Column("approved_at", Moment),
    Column("cancelled_at", Moment),
    _bottles("bottles"),
    _bottles("amount_fen"),
    _bottles("allocated"),
    _bottles("dispatched"),
    _bottles("ended"),
    Column("state", String, Computed(_STATE, persisted=True), nullable=True, comment="told from times and sums"),
)
_S = sales_order.c
Index("ix_sales_order_placed_at_id", _S.placed_at, _S.id)
Index("ix_sales_order_state_placed_at_id", _S.state, _S.placed_at, _S.id)
Index("ix_sales_order_buyer_placed_at_id", _S.buyer, _S.placed_at, _S.id)
Index("ix_sales_order_seller_placed_at_id", _S.seller, _S.placed_at, _S.id)
Index("ix_sales_order_bottles_id", _S.bottles, _S.id)
Index("ix_sales_order_amount_fen_id", _S.amount_fen, _S.id)

order_line = Table(
    "order_line",
    metadata,
    Column("order", ForeignKey("sales_order.id"), primary_key=True),
    Column("gtin", ForeignKey("product.gtin"), primary_key=True),
    _bottles("bottles", None),
    Column("price_fen", BigInteger, nullable=False),
    _bottles("allocated"),
    _bottles("dispatched"),
    _bottles("received"),
    _bottles("returned"),
    _bottles("lost"),
    CheckConstraint("bottles > 0 and price_fen > 0", name="positive"),
    CheckConstraint("dispatched <= allocated and allocated <= bottles", name="never_more_than_ordered"),
    CheckConstraint("received + returned + lost <= dispatched", name="never_more_than_dispatched"),
)

# An order's sums over its lines have one writer: PostgreSQL itself, in the transaction that changes a line. Who changes
# a line has locked its order before, so that this waits for nobody; the lock here lets it see what others committed.
# They are told anew from all lines each time, never counted on: whatever they were before, a restored copy's included,
# they come out right. Old lines may have prices without a bound: a sum too large stands as the largest there is.
_SUM_FUNCTION = """
create or replace function sum_order_lines() returns trigger language plpgsql as $$ begin
  perform from sales_order where id = new."order" for update;
  update sales_order set
    bottles = l.bottles, amount_fen = least(9223372036854775807, l.amount_fen), allocated = l.allocated,
    dispatched = l.dispatched, ended = l.ended
  from (
    select sum(bottles) as bottles, sum(bottles::numeric * price_fen) as amount_fen, sum(allocated) as allocated,
      sum(dispatched) as dispatched, sum(received + returned + lost) as ended
    from order_line where "order" = new."order"
  ) l where id = new."order";
  return null;
end $$"""
_SUM_TRIGGER = (
    "create trigger order_line_summed after insert or update on order_line for each row execute"
    " function sum_order_lines()"
)
for _statement in (_SUM_FUNCTION, _SUM_TRIGGER):
    event.listen(order_line, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]

allocation = Table(
    "allocation",
    metadata,
    Column("order", ForeignKey("sales_order.id"), primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("batch", String(20), primary_key=True),
    _bottles("bottles", None),
    _bottles("dispatched"),
    CheckConstraint("dispatched >= 0 and dispatched <= bottles", name="never_more_than_allocated"),
)

# The one home of "allocated": changed by conditional UPDATE only, in the transaction that changes an allocation.
allocated_stock = Table(
    "allocated_stock",
    metadata,
    Column("party", String(13), primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("batch", String(20), primary_key=True),
    _bottles("bottles"),
    CheckConstraint("bottles >= 0", name="never_negative"),
)

dispatch = Table(
    "dispatch",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("order", ForeignKey("sales_order.id"), nullable=True, index=True, comment="none: shipped without an order"),
    Column("sender", String(13), nullable=False),
    Column("addressee", String(13), nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    _bottles("bottles", None),
    _bottles("received"),
    _bottles("returned"),
    _bottles("lost"),
    Column("shipped_at", Moment, nullable=False),
    CheckConstraint("bottles > 0 and received + returned + lost <= bottles", name="never_more_than_shipped"),
)
Index("ix_dispatch_sender_shipped_at", dispatch.c.sender, dispatch.c.shipped_at)

timeline = Table(
    "timeline",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("order", ForeignKey("sales_order.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False, comment="name of the person, or GLN of the device's party"),
    Column("evidence", BYTEA),
    Column("details", JSONB, nullable=False, server_default="{}"),
)
append_only(timeline)

command = Table(
    "command",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("kind", String, nullable=False),
    Column("order", UUID(as_uuid=True), nullable=False),
    Column("actor", String, nullable=False),
    Column("payload_hash", BYTEA, nullable=False),
    Column("at", Moment, nullable=False),
)
append_only(command)
