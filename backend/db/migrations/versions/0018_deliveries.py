"""What senders show to have been delivered, and of which units."""

from alembic import op

revision = "0018"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables that only grow."""
    op.execute(
        """
        create table delivery (
            evidence bytea not null constraint pk_delivery primary key,
            consignment bytea not null,
            sender varchar(13) not null,
            addressee varchar(13) not null,
            gtin varchar(14) not null,
            batch varchar(20) not null,
            quantity bigint not null,
            at timestamp with time zone not null,
            taken_at timestamp with time zone not null,
            late boolean not null,
            papers varchar[] not null default '{}'
        )
        """
    )
    op.execute("create index ix_delivery_consignment on delivery (consignment)")
    op.execute(
        "create table delivered_unit (evidence bytea not null, unit varchar(120) not null, "
        "constraint pk_delivered_unit primary key (evidence, unit))"
    )
    op.execute("create index ix_delivered_unit_unit on delivered_unit (unit)")
    for column, comment in (
        ("delivery.evidence", "of the proof of delivery"),
        ("delivery.at", "of the arrival, by the word of who sent"),
        ("delivery.taken_at", "when the capture was taken, by our clock"),
        ("delivery.late", "told more than a day after it happened"),
        ("delivery.papers", "transport documents that it names"),
        ("delivered_unit.unit", "named by the proof of delivery, or lying in what it names"),
    ):
        op.execute(f"comment on column {column} is '{comment}'")
    for table in ("delivery", "delivered_unit"):
        op.execute(
            f"create trigger {table}_append_only before update or delete on {table} "
            "for each row execute function append_only()"
        )


def downgrade() -> None:
    """Forget deliveries; the captures that tell of them stay."""
    op.execute("drop table delivered_unit")
    op.execute("drop table delivery")
