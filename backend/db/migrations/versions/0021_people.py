"""Log-ins say who made them, since when their password is their owner's, and who vouches for them."""

from alembic import op

revision = "0021"
down_revision = "0022"
branch_labels = None
depends_on = None

_COLUMNS = {
    "made_by": ("bigint references app_user (id)", "who chose its first password; null: made on the machine itself"),
    "made_at": ("timestamptz", None),
    "own_since": ("timestamptz", "when its owner first replaced the password that he was given"),
    "vouched_by": ("bigint references app_user (id)", "who says that it is a person of its own"),
    "vouched_at": ("timestamptz", None),
    "notice_until": ("timestamptz", "made for its party from outside: changes no keys before"),
}


def upgrade() -> None:
    """Log-ins of before count as made on the machine itself: nothing says who made them."""
    for name, (kind, comment) in _COLUMNS.items():
        op.execute(f"alter table app_user add column {name} {kind}")
        if comment:
            op.execute(f"comment on column app_user.{name} is '{comment}'")
    op.execute("create index ix_app_user_made_by on app_user (made_by)")
    op.execute(
        "alter table app_user add constraint ck_app_user_vouched_by_another"
        " check (vouched_by <> made_by and vouched_by <> id)"
    )


def downgrade() -> None:
    """Forget who made them."""
    op.execute("alter table app_user drop constraint ck_app_user_vouched_by_another")
    op.execute("drop index ix_app_user_made_by")
    for name in reversed(_COLUMNS):
        op.execute(f"alter table app_user drop column {name}")
