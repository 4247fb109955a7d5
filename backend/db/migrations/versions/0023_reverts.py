"""How often a transaction with an evidence reverted is kept, so that one bad capture does not hold up the others."""

from alembic import op

revision = "0023"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A count for each evidence."""
    op.execute("alter table anchor add column reverts smallint not null default 0")
    op.execute("comment on column anchor.reverts is 'transactions with it that reverted'")


def downgrade() -> None:
    """Forget the counts."""
    op.execute("alter table anchor drop column reverts")
