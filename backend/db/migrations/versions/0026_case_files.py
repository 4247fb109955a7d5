"""Every alert has a case file: those raised before alerts opened one at once get theirs."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("insert into case_file (alert) select id from alert on conflict do nothing")


def downgrade() -> None:
    pass
