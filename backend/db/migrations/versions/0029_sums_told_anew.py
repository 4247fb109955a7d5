"""An order's sums are told anew from all its lines at each change, so that lines which are restored count once."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_HEAD = "create or replace function sum_order_lines() returns trigger language plpgsql as $$ begin\n"
_TOLD_ANEW = """  perform from sales_order where id = new."order" for update;
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
_COUNTED_ON = """  update sales_order set
    bottles = bottles + new.bottles - coalesce(old.bottles, 0),
    amount_fen = least(9223372036854775807,
      amount_fen + new.bottles::numeric * new.price_fen - coalesce(old.bottles::numeric * old.price_fen, 0)),
    allocated = allocated + new.allocated - coalesce(old.allocated, 0),
    dispatched = dispatched + new.dispatched - coalesce(old.dispatched, 0),
    ended = ended + new.received + new.returned + new.lost - coalesce(old.received + old.returned + old.lost, 0)
  where id = new."order";
  return null;
end $$"""


def upgrade() -> None:
    """Tell sums anew, also those that a restore counted twice."""
    op.execute(_HEAD + _TOLD_ANEW)
    op.execute(
        "update sales_order o set bottles = l.bottles, amount_fen = l.amount_fen, allocated = l.allocated,"
        ' dispatched = l.dispatched, ended = l.ended from (select "order", sum(bottles) as bottles,'
        " least(9223372036854775807, sum(bottles::numeric * price_fen)) as amount_fen,"
        " sum(allocated) as allocated, sum(dispatched) as dispatched,"
        ' sum(received + returned + lost) as ended from order_line group by "order") l where l."order" = o.id'
        " and (o.bottles, o.amount_fen, o.allocated, o.dispatched, o.ended)"
        " is distinct from (l.bottles, l.amount_fen, l.allocated, l.dispatched, l.ended)"
    )


def downgrade() -> None:
    """Count on from what stands."""
    op.execute(_HEAD + _COUNTED_ON)
