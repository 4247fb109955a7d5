"""A sender may object to what an addressee gave back by his word alone, or confirm it."""

from alembic import op

revision = "0024"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What a delivery objects to."""
    op.execute("alter table delivery add column against bytea")
    op.execute("comment on column delivery.against is 'the addressee''s return or write-off that it objects to'")
    op.execute("comment on column delivery.consignment is 'the shipment, or the return that is confirmed'")


def downgrade() -> None:
    """Forget what deliveries object to."""
    op.execute("alter table delivery drop column against")
    op.execute("comment on column delivery.consignment is null")
