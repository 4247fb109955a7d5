"""What lists are sorted, filtered and counted by: an order's sums and state, a party's name as it is searched."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_SUMS = ("bottles", "amount_fen", "allocated", "dispatched", "ended")
_STATE = (
    "case when cancelled_at is not null then 'cancelled' when submitted_at is null then 'draft'"
    " when approved_at is null then 'submitted' when dispatched = 0 and allocated = 0 then 'approved'"
    " when dispatched = 0 then 'allocated' when ended = bottles then 'received' when ended > 0 then 'partly_received'"
    " when dispatched = bottles then 'dispatched' else 'partly_dispatched' end"
)
_FUNCTION = """
create or replace function sum_order_lines() returns trigger language plpgsql as $$ begin
  update sales_order set
    bottles = bottles + new.bottles - coalesce(old.bottles, 0),
    amount_fen = least(9223372036854775807,
      amount_fen + new.bottles::numeric * new.price_fen - coalesce(old.bottles::numeric * old.price_fen, 0)),
    allocated = allocated + new.allocated - coalesce(old.allocated, 0),
    dispatched = dispatched + new.dispatched - coalesce(old.dispatched, 0),
    ended = ended + new.received + new.returned + new.lost - coalesce(old.received + old.returned + old.lost, 0)
  where id = new."order";
  return null;
end $$"""
_INDEXES = {
    "ix_sales_order_placed_at_id": "sales_order (placed_at, id)",
    "ix_sales_order_state_placed_at_id": "sales_order (state, placed_at, id)",
    "ix_sales_order_buyer_placed_at_id": "sales_order (buyer, placed_at, id)",
    "ix_sales_order_seller_placed_at_id": "sales_order (seller, placed_at, id)",
    "ix_sales_order_bottles_id": "sales_order (bottles, id)",
    "ix_sales_order_amount_fen_id": "sales_order (amount_fen, id)",
    "ix_party_standing_gln": "party (standing, gln)",
    "ix_party_adcode_gln": "party (adcode, gln)",
    "ix_party_name_gln": "party (name, gln)",
    "ix_party_listed": "party (standing desc, name, gln)",
    "ix_party_roles": "party using gin (roles)",
    "ix_app_user_roles": "app_user using gin (roles)",
    "ix_app_user_party": "app_user (party)",
    "ix_app_user_listed": "app_user (active desc, party nulls first, name)",
    "ix_app_user_last_login_at": "app_user (last_login_at nulls first, id)",
}


def upgrade() -> None:
    """Sums of the lines that are there, kept by PostgreSQL from now on; the state follows from them."""
    for name in _SUMS:
        op.execute(f"alter table sales_order add column {name} bigint not null default 0")
    op.execute(
        "update sales_order o set bottles = l.bottles, amount_fen = l.amount_fen, allocated = l.allocated,"
        ' dispatched = l.dispatched, ended = l.ended from (select "order", sum(bottles) as bottles,'
        " least(9223372036854775807, sum(bottles::numeric * price_fen)) as amount_fen,"
        " sum(allocated) as allocated, sum(dispatched) as dispatched,"
        ' sum(received + returned + lost) as ended from order_line group by "order") l where l."order" = o.id'
    )
    op.execute(f"alter table sales_order add column state varchar generated always as ({_STATE}) stored")
    op.execute("comment on column sales_order.state is 'told from times and sums'")
    op.execute(_FUNCTION)
    op.execute(
        "create trigger order_line_summed after insert or update on order_line for each row execute"
        " function sum_order_lines()"
    )
    for table in ("party", "app_user"):
        folded = "generated always as (lower(normalize(name, NFKC))) stored"
        op.execute(f"alter table {table} add column folded varchar {folded}")
        op.execute(f"comment on column {table}.folded is 'name, to be searched'")
    op.execute("alter table batch_account add column born_by smallint")
    op.execute("comment on column batch_account.born_by is 'step of its birth'")
    op.execute(
        "update batch_account b set born_by = m.step from ("
        " select distinct on (gtin, batch) gtin, batch, step from movement m where line = 0 and step in (1, 2, 3, 5, 6)"
        " and not exists (select from correction c where c.voided = m.evidence) order by gtin, batch, number desc"
        ") m where m.gtin = b.gtin and m.batch = b.batch and b.born > 0"
    )
    op.execute("drop index ix_sales_order_buyer_placed_at")
    op.execute("drop index ix_sales_order_seller_placed_at")
    for name, what in _INDEXES.items():
        op.execute(f"create index {name} on {what}")


def downgrade() -> None:
    """Lines alone again."""
    for name in _INDEXES:
        op.execute(f"drop index {name}")
    op.execute("create index ix_sales_order_buyer_placed_at on sales_order (buyer, placed_at)")
    op.execute("create index ix_sales_order_seller_placed_at on sales_order (seller, placed_at)")
    op.execute("alter table batch_account drop column born_by")
    for table in ("party", "app_user"):
        op.execute(f"alter table {table} drop column folded")
    op.execute("drop trigger order_line_summed on order_line")
    op.execute("drop function sum_order_lines()")
    op.execute("alter table sales_order drop column state")
    for name in _SUMS:
        op.execute(f"alter table sales_order drop column {name}")
