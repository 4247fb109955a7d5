"""What parties hold can be added up in an index alone; changing it costs the index an entry more."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index covers what is added up."""
    op.execute("drop index ix_holding_party")
    op.execute("create index ix_holding_party on holding (party) include (gtin, batch, held)")


def downgrade() -> None:
    """Parties alone."""
    op.execute("drop index ix_holding_party")
    op.execute("create index ix_holding_party on holding (party)")
