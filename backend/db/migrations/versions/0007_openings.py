"""A bottle can be opened once; wrong inner codes are counted."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No bottle was opened before."""
    op.execute(
        """
        create table opening (
            gtin varchar(14) not null,
            serial varchar(20) not null,
            batch varchar(20) not null,
            opened_at timestamp with time zone not null,
            adcode varchar(6),
            phone_hash bytea,
            request_id varchar(64),
            evidence bytea not null,
            constraint pk_opening primary key (gtin, serial)
        )
        """
    )
    op.execute("create index ix_opening_opened_at on opening (opened_at)")
    op.execute(
        "comment on column opening.phone_hash is"
        " 'tells a reload from another phone; forgotten with the scans of that time'"
    )
    op.execute(
        """
        create table wrong_code (
            gtin varchar(14) not null,
            serial varchar(20) not null,
            hour timestamp with time zone not null,
            tries bigint not null,
            constraint pk_wrong_code primary key (gtin, serial, hour),
            constraint ck_wrong_code_tries_positive check (tries > 0)
        )
        """
    )


def downgrade() -> None:
    """Forget them; their evidence stays in the log."""
    op.execute("drop table wrong_code")
    op.execute("drop table opening")
