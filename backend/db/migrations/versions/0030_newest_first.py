"""What pages show first of much: a party's newest movements, and consignments that have not been received whole."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_movement_party_number": "movement (party, number)",
    "ix_movement_returned_to": "movement (counterparty, number) where step = 11",
    "ix_alert_score_id": "alert (score_hundredths desc, id)",
    "ix_alert_opened_at_id": "alert (opened_at, id)",
    "ix_consignment_not_whole_sender": "consignment (sender, shipped_at) where shipped > received",
    "ix_consignment_not_whole_addressee": "consignment (addressee, shipped_at) where shipped > received",
}


def upgrade() -> None:
    """Indexes alone."""
    for name, of in _INDEXES.items():
        op.execute(f"create index {name} on {of}")
    op.execute("drop index ix_alert_score")


def downgrade() -> None:
    """Back to what one scans for."""
    op.execute("create index ix_alert_score on alert (score_hundredths desc)")
    for name in _INDEXES:
        op.execute(f"drop index {name}")
