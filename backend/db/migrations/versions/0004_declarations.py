"""The mirror has declarations: what they void, and the inputs that they give back."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column[object], indexed: tuple[str, ...]) -> None:
    op.create_table(
        name,
        sa.Column("block_number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("log_index", sa.Integer, primary_key=True, autoincrement=False),
        _hash("tx_hash"),
        sa.Column("block_time", sa.BigInteger, nullable=False),
        *columns,
        schema="mirror",
    )
    for column in indexed:
        op.create_index(f"{name}_by_{column}", name, [column], schema="mirror")


def _hash(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary(32), nullable=False)


def _whole(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Numeric(39, 0), nullable=False)


def upgrade() -> None:
    """Empty: the contracts that a mirror followed so far know no declarations."""
    _table(
        "capture_voided",
        *map(_hash, ("evidence", "batch", "party", "voids")),
        sa.Column("step", sa.SmallInteger, nullable=False),
        _whole("quantity"),
        *map(_hash, ("counterparty", "location")),
        _whole("time"),
        *map(_hash, ("ref", "device")),
        indexed=("evidence", "voids", "batch"),
    )
    _table("input_restored", *map(_hash, ("evidence", "batch")), _whole("quantity"), indexed=("evidence", "batch"))


def downgrade() -> None:
    """Without declarations; balances that they moved are right again after a rebuild."""
    op.drop_table("input_restored", schema="mirror")
    op.drop_table("capture_voided", schema="mirror")
