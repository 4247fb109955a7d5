"""Several keys carry captures: an intent says which batches it has, so that no other key overtakes it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Intents of before have no batches: one key carried them all, and it stays the first lane."""
    op.execute("alter table intent add column batches bytea[] not null default '{}'")
    op.execute("alter table intent alter column batches drop default")
    op.execute("comment on column intent.batches is 'of its captures; in no other lane before it is final'")


def downgrade() -> None:
    """Forget which batches an intent has."""
    op.execute("alter table intent drop column batches")
