"""Everything the product starts with."""

from alembic import op

import backend.db.tables  # noqa: F401
from backend.db.base import metadata
from ledger_indexer.tables import metadata as mirror

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    mirror.create_all(op.get_bind())


def downgrade() -> None:
    mirror.drop_all(op.get_bind())
    metadata.drop_all(op.get_bind())
