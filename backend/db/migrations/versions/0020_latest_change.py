"""When anything last changed in a case, and since when a capture waits for the chain."""

from alembic import op

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None

_NEWEST = """
update unit_custody u set latest = s.at, latest_by = s.evidence from (
    select distinct on (unit) unit, at, evidence from unit_step t
    where kind not in ('recall', 'lift', 'correct') and not exists (
        select from correction c where c.voided = t.evidence or c.declaration = t.evidence
    )
    order by unit, at desc, id desc
) s where s.unit = u.unit
"""
# What a movement took a bottle out of has a step of unpacking beside those of the movement.
_INSIDE = """
update unit_step s set inside = true where kind = 'unpack'
    and exists (select from unit_step o where o.evidence = s.evidence and o.kind not in ('unpack', 'correct'))
"""


def upgrade() -> None:
    """New columns, filled from the steps; `jiulian units rebuild` gives the exact ones."""
    op.execute("alter table unit_custody add column latest timestamp with time zone, add column latest_by bytea")
    op.execute(_NEWEST)
    op.execute("update unit_custody set latest = at, latest_by = evidence where latest is null")
    op.execute("alter table unit_custody alter column latest set not null, alter column latest_by set not null")
    op.execute("alter table unit_step add column inside boolean not null default false")
    op.execute("alter table unit_step disable trigger user")
    op.execute(_INSIDE)
    op.execute("alter table unit_step enable trigger user")
    op.execute("alter table anchor add column queued_at timestamp with time zone not null default now()")
    for column, comment in (
        ("unit_custody.latest", "latest event time told of it or of what came into it or left it"),
        ("unit_custody.latest_by", "evidence of that"),
        ("unit_step.inside", "only what lies in it changed"),
        ("anchor.queued_at", "by the database's clock"),
    ):
        quoted = comment.replace("'", "''")
        op.execute(f"comment on column {column} is '{quoted}'")


def downgrade() -> None:
    """Without them."""
    op.execute("alter table anchor drop column queued_at")
    op.execute("alter table unit_step drop column inside")
    op.execute("alter table unit_custody drop column latest, drop column latest_by")
